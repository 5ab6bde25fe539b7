import { onOneMachine } from "../../../promises/terms/machine.js";
import { PAGING_EDIT } from "../../paged-plan.js";
import { defineRule } from "../../rule.js";

/** Alerts fire, and no one is paged. See docs/checks.md, Observability. */
export const alertUnrouted = defineRule({
  code: "observability/alert-unrouted",
  severity: "warning",
  summary: "critical alerts of an environment with real data have no receiver",
  help: "Without a route a critical alert is only visible on a dashboard. Predictions then count 30 minutes of on-call response instead of 5 minutes.",
  check({ plan }, report) {
    const { metrics, routes } = plan.observe;
    if (metrics === "none" || routes.critical !== undefined || plan.data !== "real" || onOneMachine(plan)) return;
    report("observe.routes", {
      why: "the data is real, but critical alerts have no receiver",
      advice: "set `routes: { critical: pagerduty }`, or another receiver that pages the on-call engineer",
      fix: { edits: [PAGING_EDIT], safe: false },
    });
  },
});
