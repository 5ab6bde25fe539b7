import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { z } from "zod";
import type { Plan } from "../src/plan/plan.js";
import type { Alert } from "../src/promises/alerts.js";
import { targets } from "../src/render/targets.js";
import { freePorts, startProgram } from "../test/support/cluster/process.js";
import { requirement } from "../test/support/requirements.js";
import { until } from "../test/support/until.js";

const run = promisify(execFile);

const ruleFile = z.object({
  groups: z.array(
    z.object({
      rules: z.array(z.looseObject({ alert: z.string().optional(), labels: z.object({ subject: z.string() }) })),
    }),
  ),
});

/** The rule as a user gets it. The others of the file would fire too, because nothing exports what they read. */
function ruleOf(plan: Plan, { name, subject }: Alert): unknown {
  const file = targets.prometheus.render(plan).files.find(({ path }) => path === "rules.yml");
  const rules = ruleFile.parse(parse(file?.text ?? "")).groups.flatMap((group) => group.rules);
  const rule = rules.find(({ alert, labels }) => alert === name && labels.subject === subject);
  if (!rule) throw new Error(`no rule is rendered for the alert ${name} of ${subject}`);
  return rule;
}

/** Prometheus and Alertmanager with one alert, and an on-call engineer's webhook. */
export interface Alerting {
  readonly versions: Readonly<Record<string, string>>;
  /** Notifications of a firing alert so far. */
  notifications(): number;
  /** Resolves when the rule was evaluated, the alert is not active, and Alertmanager has forgotten earlier ones: it would group a new one with them. */
  quiet(limitMs: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts both at the intervals of their defaults, with the rule that the target `prometheus` renders for an alert of the sheet. `exported` is what a scrape reads, in the
 * text format of Prometheus.
 */
export async function startAlerting(
  plan: Plan,
  alert: Alert,
  exported: () => string | Promise<string>,
): Promise<Alerting> {
  const folder = await mkdtemp(join(tmpdir(), "keelson-alerting-"));
  const [metricsPort = 0, webhookPort = 0, prometheusPort = 0, managerPort = 0] = await freePorts(4);
  let notifications = 0;
  const metrics = await serve(metricsPort, exported);
  const webhook = await serve(webhookPort, (body) => {
    if (body.includes('"status":"firing"')) notifications += 1;
    return "";
  });
  const local = (port: number) => `127.0.0.1:${port}`;
  await writeFile(
    join(folder, "rules.yml"),
    stringify({ groups: [{ name: "keelson", rules: [ruleOf(plan, alert)] }] }),
  );
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
  const read = (url: string): Promise<string> =>
    fetch(url).then(
      (response) => response.text(),
      () => "",
    );
  const isQuiet = async () =>
    (await read(`http://${local(prometheusPort)}/api/v1/rules`)).includes('"state":"inactive"') &&
    (await read(`http://${local(managerPort)}/api/v2/alerts/groups`)).trim() === "[]";
  return {
    versions: { Prometheus: await version("prometheus"), Alertmanager: await version("alertmanager") },
    notifications: () => notifications,
    quiet: (limitMs) => until(isQuiet, "no alert is active", limitMs),
    stop: async () => {
      await Promise.all([prometheus.stop(), manager.stop()]);
      for (const server of [metrics, webhook]) server.close().closeAllConnections();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function serve(port: number, answer: (body: string) => string | Promise<string>): Promise<Server> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => {
      body += part.toString();
    });
    request.on("end", () => {
      Promise.resolve(answer(body)).then(
        (text) => response.end(text),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
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
