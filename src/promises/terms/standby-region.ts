import { isDeclared } from "../../plan/origin.js";
import type { Plan, Region } from "../../plan/plan.js";
import { primaryRegion } from "../../plan/regions.js";
import type { Prediction } from "../prediction.js";
import { unbounded } from "../prediction.js";

/** The standby region that takes over: the first that is declared. One that is the primary itself fails with it. */
export function standbyOf(plan: Plan): Region | undefined {
  const primary = primaryRegion(plan);
  return plan.regions.find(({ role, name }) => role === "standby" && name !== primary);
}

/** Whether the file is about another region: it declares one, or the health checks of a failover to one. A TTL is that of any record. */
export function declaresFailover(plan: Plan): boolean {
  const checks = (["check", "failures"] as const).some((key) => isDeclared(plan, `regions.failover.${key}`));
  return standbyOf(plan) !== undefined || checks;
}

/** The file promises to survive its region, or declares a failover, and names no other region. */
export function withoutStandby(plan: Plan): Prediction {
  return unbounded(plan, "regions", "there is no standby region", {
    advice: "declare one, with copies of the data: `regions: { primary: REGION, standby: [REGION] }`",
  });
}
