import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { stringify } from "yaml";
import type { Plan } from "../../src/plan/plan.js";
import { alertExpression } from "../../src/promises/alert-condition.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { freePorts, startProgram } from "../../test/support/cluster/process.js";
import { requirement } from "../../test/support/requirements.js";
import { until } from "../../test/support/until.js";
import { defineCase, measured, ofRow, type Rig } from "../case.js";

const run = promisify(execFile);

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

/** Prometheus and Alertmanager with the intervals of their defaults, and the rule of the sheet's alert. */
async function start(plan: Plan): Promise<Rig<"notice">> {
  const row = promiseSheet(plan, []).rows.find(
    ({ fault, subject }) => fault === "process-crash" && subject === "database",
  );
  if (row?.alert.condition.kind !== "metric") throw new Error("the row has no alert on a metric");
  const { alert } = row;
  const expression = alertExpression(row.alert.condition);
  const folder = await mkdtemp(join(tmpdir(), "keelson-notice-"));
  const [metricsPort = 0, webhookPort = 0, prometheusPort = 0, managerPort = 0] = await freePorts(4);
  let ready = 1;
  let notifications = 0;
  const metrics = await serve(
    metricsPort,
    () => `${METRIC}{namespace="${plan.namespace}",statefulset="database"} ${ready}\n`,
  );
  const webhook = await serve(webhookPort, (body) => {
    if (body.includes('"status":"firing"')) notifications += 1;
    return "";
  });
  const local = (port: number) => `127.0.0.1:${port}`;
  const rule = {
    alert: alert.name,
    expr: expression,
    for: `${alert.for / 1000}s`,
    labels: { severity: alert.severity },
  };
  await writeFile(join(folder, "rules.yml"), stringify({ groups: [{ name: "keelson", rules: [rule] }] }));
  await writeFile(
    join(folder, "prometheus.yml"),
    stringify({
      rule_files: ["rules.yml"],
      scrape_configs: [
        { job_name: "calibration", honor_labels: true, static_configs: [{ targets: [local(metricsPort)] }] },
      ],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [local(managerPort)] }] }] },
    }),
  );
  await writeFile(
    join(folder, "alertmanager.yml"),
    stringify({
      route: { receiver: "on-call" },
      receivers: [{ name: "on-call", webhook_configs: [{ url: `http://${local(webhookPort)}/` }] }],
    }),
  );
  const manager = startProgram({
    path: pathOf("alertmanager"),
    args: [
      `--config.file=${join(folder, "alertmanager.yml")}`,
      `--storage.path=${join(folder, "alertmanager")}`,
      `--web.listen-address=${local(managerPort)}`,
      "--cluster.listen-address=",
    ],
    folder,
    name: "alertmanager",
  });
  const prometheus = startProgram({
    path: pathOf("prometheus"),
    args: [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=${local(prometheusPort)}`,
    ],
    folder,
    name: "prometheus",
  });
  const states = async (): Promise<string> =>
    fetch(`http://${local(prometheusPort)}/api/v1/rules`).then(
      (response) => response.text(),
      () => "",
    );
  let runs = 0;
  return {
    versions: { Prometheus: await version("prometheus"), Alertmanager: await version("alertmanager") },
    measure: async () => {
      ready = 1;
      await until(async () => (await states()).includes('"state":"inactive"'), "no alert is active", LIMIT_MS);
      // The fault comes at another moment of the scrape interval in each repetition.
      await sleep(runs * PHASE_STEP_MS);
      runs += 1;
      const before = notifications;
      const failed = performance.now();
      ready = 0;
      await until(() => notifications > before, "a notification", LIMIT_MS);
      return { notice: measured(performance.now() - failed) };
    },
    stop: async () => {
      await Promise.all([prometheus.stop(), manager.stop()]);
      for (const server of [metrics, webhook]) server.close().closeAllConnections();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function serve(port: number, answer: (body: string) => string): Promise<Server> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => {
      body += part.toString();
    });
    request.on("end", () => response.end(answer(body)));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function pathOf(name: "prometheus" | "alertmanager"): string {
  const answer = requirement(name);
  if (!answer.ok) throw new Error(answer.reason);
  return answer.path;
}

async function version(name: "prometheus" | "alertmanager"): Promise<string> {
  const { stdout, stderr } = await run(pathOf(name), ["--version"]);
  return /version (\S+)/.exec(stdout + stderr)?.[1] ?? "unknown";
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
