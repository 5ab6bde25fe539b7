import { readFileSync } from "node:fs";
import pg from "pg";
import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/plan/plan.js";
import { alertExpression } from "../../src/promises/alert-condition.js";
import { type Alert, TARGETS_WITH_ALERT_RULES } from "../../src/promises/alerts.js";
import { explanationText } from "../../src/promises/explanation-text.js";
import { METRICS } from "../../src/promises/facts/metrics.js";
import type { Prediction } from "../../src/promises/prediction.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { renderObjects } from "../../src/render/kubernetes/index.js";
import { targets } from "../../src/render/targets.js";
import { watchRecovery } from "../../src/runtime/dashboard/control/recovery-metrics.js";
import { watchArchive } from "../../src/runtime/database/archive-metrics.js";
import { planOf } from "../support/check/findings.js";
import { rowOf, sheetOf, termOf } from "../support/promises/rows.js";

const platform = (provide: string, rest = ""): string => `platform: shop
cloud: aws
zones: 3
provide: ${provide}
services:
  web: { modules: [gateway], replicas: 2, calls: [orders] }
  indexer: { image: "shop/indexer:1.0.0", port: 80, volumes: { state: { size: 1Gi, persistent: true } } }
stores:
  orders: { postgres: 17, standby: another-zone, backups: { full: daily keep 7d, log: 5m keep 7d, to: away }, objectives: { rpo: 1h } }
  drafts: { postgres: 17, standby: none, backups: { full: daily keep 7d } }
  sessions: { redis: 7, backups: { snapshot: 12h keep 7d } }
  jobs: { rabbitmq: "4.0" }
  away: { bucket: true }
observe: { metrics: prometheus, alerts: { down: 2m } }
${rest}`;
const expressionOf = (condition: Alert["condition"]): string =>
  condition.kind === "unmeasured" ? `none: ${condition.why}` : alertExpression(condition);
const alertOf = (fault: string, subject: string, provide = "in-cluster"): string =>
  expressionOf(rowOf(sheetOf(platform(provide)), fault, subject).alert.condition);

describe("the expression of an alert", () => {
  it("counts ready replicas of the workload that is rendered, and counts a missing series as 0", () => {
    expect(alertOf("process-crash", "web")).toBe(
      '(sum(kube_deployment_status_replicas_available{namespace="shop", deployment="web"}) or vector(0)) < 2',
    );
    expect(alertOf("process-crash", "indexer")).toBe(
      '(sum(kube_statefulset_status_replicas_ready{namespace="shop", statefulset="indexer"}) or vector(0)) < 1',
    );
  });

  it("reads CloudNativePG's metrics for a database with a standby, and the StatefulSet's for one without", () => {
    expect(alertOf("node-loss", "orders")).toBe(
      '(sum(cnpg_collector_up{namespace="shop", pod=~"orders-[1-9][0-9]*"}) or vector(0)) < 1',
    );
    expect(alertOf("database-loss", "orders")).toBe(
      'max((cnpg_pg_stat_archiver_seconds_since_last_archival{namespace="shop", pod=~"orders-[1-9][0-9]*"} > 600' +
        ' or cnpg_pg_stat_archiver_seconds_since_last_archival{namespace="shop", pod=~"orders-[1-9][0-9]*"} < 0)' +
        " and on (namespace, pod)" +
        ' cnpg_collector_pg_wal_archive_status{namespace="shop", pod=~"orders-[1-9][0-9]*", value="ready"} > 0)',
    );
    expect(alertOf("node-loss", "drafts")).toContain('statefulset="drafts"');
  });

  it("counts the servers that a store needs: a majority of a broker, and all where nothing promotes a replica", () => {
    const ready = (store: string) =>
      `(sum(kube_statefulset_status_replicas_ready{namespace="shop", statefulset="${store}"})`;
    expect(alertOf("node-loss", "jobs")).toBe(`${ready("jobs")} or vector(0)) < 2`);
    expect(alertOf("node-loss", "sessions")).toBe(`${ready("sessions")} or vector(0)) < 2`);
    expect(alertOf("node-loss", "drafts")).toBe(`${ready("drafts")} or vector(0)) < 1`);
  });

  it("compares the age of the last successful backup job where a CronJob takes the backups, or else of the CronJob", () => {
    expect(alertOf("cache-loss", "sessions")).toBe(
      'time() - (max(kube_cronjob_status_last_successful_time{namespace="shop", cronjob="sessions-backup"})' +
        ' or max(kube_cronjob_created{namespace="shop", cronjob="sessions-backup"}) or vector(0)) > 86400',
    );
  });

  it("does not exist for a managed store or a supervised process, with the reason", () => {
    expect(alertOf("process-crash", "orders", "managed")).toBe(
      "none: Amazon RDS exports no metric of orders to Prometheus",
    );
    expect(alertOf("process-crash", "web", "embedded")).toMatch(/^none: `keelson up` supervises web/);
  });

  it("uses Keelson's own metrics on one machine", () => {
    expect(alertOf("database-loss", "orders", "embedded")).toBe("max(keelson_database_log_backlog_age_seconds) > 600");
    expect(alertOf("backup-corruption", "orders", "embedded")).toBe(
      "(max(keelson_backup_verified_age_seconds) or vector(Inf)) > 172800",
    );
  });

  it("is shown with the explanation of a row, with whether a target renders it", () => {
    const text = explanationText([rowOf(sheetOf(platform("in-cluster")), "node-loss", "orders")]);
    expect(text).toContain('(sum(cnpg_collector_up{namespace="shop"');
    expect(text).toContain("rule: keelson render -t prometheus");
  });
});

describe("the metrics of alerts", () => {
  it("have a source, and those of Keelson are exported by the program", () => {
    const registry = new Registry();
    watchArchive(registry, new pg.Pool());
    watchRecovery(registry, { json: () => Promise.reject(new Error("no supervisor")) });
    const gateway = readFileSync(new URL("../../src/runtime/gateway/metrics.ts", import.meta.url), "utf8");
    for (const [name, { source }] of Object.entries(METRICS)) {
      expect(source.length).toBeGreaterThan(10);
      if (name.startsWith("keelson_gateway_")) expect(gateway).toContain(`name: "${name}"`);
      else if (name.startsWith("keelson_")) expect(registry.getSingleMetric(name), name).toBeDefined();
    }
  });

  it("select Kubernetes objects that the kubernetes target renders", () => {
    const plan = planOf(platform("in-cluster"));
    const rendered = new Set(
      renderObjects(plan).manifests.map(({ object: { kind, metadata } }) => `${kind}/${metadata.name}`),
    );
    for (const object of selectedObjects(plan)) expect(rendered).toContain(object);
    expect(selectedObjects(plan)).toEqual(
      expect.arrayContaining(["Deployment/web", "StatefulSet/indexer", "CronJob/drafts-backup"]),
    );
  });
});

describe("a term that depends on an alert", () => {
  it("counts on the targets that write alert rules", () => {
    const writers = Object.values(targets).filter(({ writes }) => writes.has("alerts"));
    expect(TARGETS_WITH_ALERT_RULES).toEqual(writers.map(({ name }) => name));
  });

  it("names the alert and the targets that render it", () => {
    const { predicted } = rowOf(sheetOf(platform("in-cluster")), "database-loss", "orders").rto;
    const term = predicted.kind === "bounded" ? predicted.terms.find(({ name }) => name === "alert fires") : undefined;
    expect(term?.how).toBe("store-down, rendered by the target prometheus");
  });

  it.each([
    ["bad-release", "web", "rto", "requests-failing"],
    ["deletion", "shop", "rto", "platform-down"],
    ["deletion", "ledger", "rto", "data-deleted"],
    ["cluster-loss", "shop", "rto", "platform-down"],
    ["replica-lag", "ledger", "rpo", "replica-lag"],
    ["node-pressure", "ledger", "rto", "volume-nearly-full"],
  ] as const)("waits in %s of %s for the alert of its row", (fault, subject, of, alert) => {
    const row = rowOf(sheetOf(WATCHED), fault, subject);
    expect(row.alert.name).toBe(alert);
    expect(waitedFor(row[of].predicted)).toBe(`${alert}, rendered by the target prometheus`);
  });

  it("waits for no page where the alert is a warning", () => {
    const response = (replicas: number): number =>
      termOf(rowOf(sheetOf(indexers(replicas)), "volume-loss", "indexer/state").rto.predicted, "on-call response");
    expect(response(1)).toBe(5 * 60_000);
    expect(response(2)).toBe(30 * 60_000);
  });
});

const WATCHED = `platform: shop
provide: in-cluster
cloud: aws
zones: 3
data: real
services:
  web: { image: "shop/web:1.0.0", port: 80, calls: [ledger] }
stores:
  ledger: { postgres: 17, standby: another-zone, backups: { full: daily keep 7d, log: 5m keep 7d, to: away } }
  away: { bucket: { versions: true }, provide: managed }
objectives: { rto: 1d, rpo: 1d }
observe: { metrics: prometheus }
`;

const indexers = (replicas: number): string => `platform: shop
provide: in-cluster
cloud: aws
services:
  indexer:
    image: "shop/indexer:1.0.0"
    port: 80
    replicas: ${replicas}
    volumes: { state: { size: 1Gi, persistent: true, backups: { files: daily keep 7d, to: away } } }
stores:
  away: { bucket: { versions: true }, provide: managed }
objectives: { rto: 1d, rpo: 1d }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`;

function waitedFor(prediction: Prediction): string | undefined {
  return prediction.kind === "bounded" ? prediction.terms.find(({ name }) => name === "alert fires")?.how : undefined;
}

/** The workloads and jobs of the platform's namespace that the labels of alerts select, as `Kind/name`. */
function selectedObjects(plan: Plan): readonly string[] {
  const kinds: Readonly<Record<string, string>> = {
    deployment: "Deployment",
    statefulset: "StatefulSet",
    cronjob: "CronJob",
  };
  return promiseSheet(plan, []).rows.flatMap(({ alert: { condition } }) =>
    condition.kind === "metric" && condition.labels.some(({ value }) => value === plan.namespace)
      ? condition.labels.flatMap(({ label, value }) => (kinds[label] === undefined ? [] : [`${kinds[label]}/${value}`]))
      : [],
  );
}
