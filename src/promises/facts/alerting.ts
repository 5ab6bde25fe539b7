import type { Cited } from "../../plan/plan.js";

/** From a metric's change until its alert's condition is evaluated, and from firing until the notification is sent. */
export const alertNotice: Cited = {
  value: 60_000 + 60_000 + 30_000,
  source:
    "Prometheus scrapes and evaluates rules once a minute by default (scrape_interval, evaluation_interval); Alertmanager waits 30s for further alerts of the group (group_wait)",
};
