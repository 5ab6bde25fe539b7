import type { Plan } from "../plan/plan.js";

/** The remedy for a recovery that waits for a person whom no alert pages; empty where it would change nothing. */
export function pagingRemedy({ observe, provide }: Plan): readonly string[] {
  return provide !== "embedded" && observe.metrics !== "none" && observe.routes.critical === undefined
    ? ["page the on-call engineer (`observe: { routes: { critical: pagerduty } }`)"]
    : [];
}
