import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** Alerts fire, and nobody is paged. */
export const alertUnrouted = defineRule({
  code: "observability/alert-unrouted",
  severity: "warning",
  summary: "critical alerts of an environment with real data go to nobody",
  help: "Without a route a critical alert is a red line on a dashboard. Predictions then count with somebody looking within half an hour instead of being paged within five minutes.",
  check(plan, report) {
    const { metrics, routes } = plan.observe;
    if (metrics === "none" || routes.critical !== undefined || plan.data !== "real" || onOneMachine(plan)) return;
    report("observe.routes", {
      why: "the data is real, but critical alerts are sent to nobody",
      advice: "`routes: { critical: pagerduty }`, or wherever somebody is woken up",
    });
  },
});
