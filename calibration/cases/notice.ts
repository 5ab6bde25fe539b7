import { setTimeout as sleep } from "node:timers/promises";
import type { Plan } from "../../src/plan/plan.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { until } from "../../test/support/until.js";
import { startAlerting } from "../alerting.js";
import { defineCase, measured, ofRow, type Rig } from "../case.js";

const platform = `platform: calibrated
provide: in-cluster
cluster: { kubernetes: "1.37" }
services: { web: { image: shop/web:1.0.0, port: 80, calls: [database] } }
stores: { database: { postgres: 17, backups: { full: daily keep 7d, log: 5m keep 7d } } }
observe: { metrics: prometheus }
`;

/** A database is unavailable when its StatefulSet has no ready replica, as kube-state-metrics exports it. */
const METRIC = "kube_statefulset_status_replicas_ready";
const LIMIT_MS = 400_000;
/** After a recovery the alert is resolved, and Alertmanager waits for its interval of groups. */
const PHASE_STEP_MS = 17_000;

async function start(plan: Plan): Promise<Rig<"notice">> {
  const row = promiseSheet(plan, []).rows.find(
    ({ fault, subject }) => fault === "process-crash" && subject === "database",
  );
  if (!row) throw new Error("the sheet has no such row");
  let ready = 1;
  const alerting = await startAlerting(
    plan,
    row.alert,
    () => `${METRIC}{namespace="${plan.namespace}",statefulset="database"} ${ready}\n`,
  );
  let runs = 0;
  return {
    versions: alerting.versions,
    measure: async () => {
      ready = 1;
      await alerting.quiet(LIMIT_MS);
      // The fault comes at another moment of the scrape interval in each repetition.
      await sleep(runs * PHASE_STEP_MS);
      runs += 1;
      const before = alerting.notifications();
      const failed = performance.now();
      ready = 0;
      await until(() => alerting.notifications() > before, "a notification", LIMIT_MS);
      return { notice: measured(performance.now() - failed) };
    },
    stop: () => alerting.stop(),
  };
}

export const notice = defineCase<"notice">({
  name: "alert-notice",
  title:
    "Prometheus and Alertmanager at the intervals of their defaults, with the alert of the sheet: the database has no ready server",
  platform,
  needs: ["prometheus", "alertmanager"],
  runs: 3,
  figures: {
    notice: {
      what: "from the fault to the notification",
      predicted: ofRow("database-loss", "database", "rto", ["alert fires", "alert evaluated and sent"]),
    },
  },
  start,
});
