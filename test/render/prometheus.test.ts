import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { gpuOfMachine } from "../../src/plan/gpus.js";
import type { Plan } from "../../src/plan/plan.js";
import { alertRules } from "../../src/promises/alert-rules.js";
import { BURN_RATES } from "../../src/promises/burn-rate.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { targets } from "../../src/render/targets.js";
import { stringifyYaml } from "../../src/render/yaml.js";
import { planOf } from "../support/check/findings.js";
import { blueprintPlans } from "../support/cluster/plans.js";
import { describeWith } from "../support/requirements.js";

const shop = `platform: shop
cloud: aws
zones: 3
provide: in-cluster
services:
  web: { modules: [gateway, dashboard], replicas: 2, calls: [orders, sessions, jobs], expose: true, objectives: { availability: 99.9% } }
  indexer: { image: "shop/indexer:1.0.0", port: 80, replicas: 2, objectives: { availability: 99.5% } }
models:
  paid: { engine: openai, upstreams: https://api.example.com, objectives: { rto: 5m } }
stores:
  orders: { postgres: 17, standby: another-zone, backups: { full: daily keep 7d, log: 5m keep 7d, to: away }, objectives: { rpo: 1h } }
  sessions: { redis: 7, backups: { snapshot: 12h keep 7d } }
  jobs: { rabbitmq: "4.0" }
  away: { bucket: true }
entrance: { host: shop.example.com, controller: nginx, replicas: 2, tls: { issuer: letsencrypt }, objectives: { availability: 99% } }
objectives: { availability: 99.9% }
observe: { metrics: prometheus, alerts: { down: 2m }, routes: { critical: pagerduty, warning: slack, info: email } }
`;
const EMBEDDED = `platform: laptop
provide: embedded
services: { web: { modules: [gateway, dashboard], calls: [database] } }
stores: { database: { postgres: 17, backups: { full: daily keep 7d, log: 1m keep 7d } } }
observe: { metrics: prometheus, alerts: { backups: true, down: 2m } }
`;

const shopPlan = planOf(shop);
const laptopPlan = planOf(EMBEDDED);

const filesOf = (plan: Plan): ReadonlyMap<string, string> =>
  new Map(targets.prometheus.render(plan).files.map(({ path, text }) => [path, text]));

/** Runs `work` in a folder with the rendered files. */
function rendered<Result>(plan: Plan, work: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "keelson-rules-"));
  try {
    for (const [path, text] of filesOf(plan)) writeFileSync(join(folder, path), text);
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const run = (program: string, args: readonly string[], cwd: string): string => {
  try {
    return execFileSync(program, args, { cwd, stdio: "pipe", encoding: "utf8" });
  } catch (error) {
    throw new Error(error instanceof Error && "stdout" in error ? `${error.stdout}${String(error)}` : String(error));
  }
};

it("names a receiver and an instance type that are members of every JavaScript object", () => {
  const text = filesOf(planOf(shop.replace("pagerduty", "constructor"))).get("alertmanager.yml");
  expect(parse(text ?? "")).toMatchObject({ receivers: expect.arrayContaining([{ name: "constructor" }]) });
  expect(gpuOfMachine("constructor")).toBeUndefined();
});

describe("the rules", () => {
  it("contain the alert of every row of the promise sheet, or a note says why not", () => {
    for (const plan of [shopPlan, laptopPlan, ...blueprintPlans().values()]) {
      const { notes } = targets.prometheus.render(plan);
      const rules = alertRules(plan);
      const written = new Set(
        [...rules.faults, ...rules.objectives].map(({ name, subject }) => `${name} of ${subject}`),
      );
      for (const { alert } of promiseSheet(plan, []).rows) {
        const name = `${alert.name} of ${alert.subject}`;
        const noted = notes.some(({ message }) => message.startsWith(`no rule of the alert ${name}: `));
        if (plan.observe.metrics === "none") expect(written.size).toBe(0);
        else expect([written.has(name), noted], name).toContain(true);
        expect(written.has(name) && noted, name).toBe(false);
      }
    }
  });

  it("watch an availability that a single element promises", () => {
    const alone = (element: string, alerts = "") =>
      alertRules(
        planOf(`platform: shop
cloud: aws
services:
  web: { modules: [gateway], expose: true${element === "services" ? ", objectives: { availability: 99.9% }" : ""} }
entrance: { host: shop.example.com, controller: nginx${element === "entrance" ? ", objectives: { availability: 99.9% }" : ""} }
stores: { orders: { postgres: 17, provide: in-cluster${element === "stores" ? ", objectives: { availability: 99% }" : ""} } }
observe: { metrics: prometheus${alerts} }
`),
      ).objectives.map(({ subject }) => subject);
    expect(new Set(alone("services"))).toEqual(new Set(["web"]));
    expect(new Set(alone("entrance"))).toEqual(new Set(["entrance"]));
    expect(new Set(alone("stores"))).toEqual(new Set(["orders"]));
    expect(alone("")).toEqual([]);
    expect(alone("services", ", alerts: { availability: false }")).toEqual([]);
  });

  it("are off where the file disables them", () => {
    const off = planOf(
      shop.replace(
        "alerts: { down: 2m }",
        "alerts: { backups: false, database: false, oom: false, availability: false }",
      ),
    );
    const names = new Set([...alertRules(off).faults, ...alertRules(off).objectives].map(({ name }) => name));
    for (const name of [
      "backup-too-old",
      "log-shipping-late",
      "replica-lag",
      "container-killed",
      "availability-budget-1h",
    ])
      expect(names).not.toContain(name);
    expect(targets.prometheus.render(off).notes.map(({ message }) => message)).toContain(
      "no rule of the alert replica-lag of orders: the file disables it (observe.alerts.database)",
    );
  });

  it("burn the budget of 30 days as the SRE workbook has it: 2 % in an hour, 5 % in six, 10 % in three days", () => {
    const hours = { "1h": 1, "6h": 6, "3d": 72 };
    for (const { rate, spent, long } of BURN_RATES) {
      const window = Object.entries(hours).find(([name]) => name === long)?.[1] ?? Number.NaN;
      expect(rate * window).toBeCloseTo(spent * 30 * 24, 9);
    }
  });

  it("are an object of the Prometheus Operator where it finds the pods", () => {
    const plan = planOf(shop.replace("metrics: prometheus", "metrics: prometheus, discovery: pod-monitors"));
    const files = filesOf(plan);
    expect([...files.keys()]).toEqual(["prometheus-rule.yaml", "alertmanager.yml"]);
    const object = parse(files.get("prometheus-rule.yaml") ?? "");
    expect(object).toMatchObject({ kind: "PrometheusRule", metadata: { name: "shop-alerts", namespace: "shop" } });
    expect(object.spec).toEqual(parse(filesOf(shopPlan).get("rules.yml") ?? ""));
  });
});

/** Series of a metric, with the values of promtool: `1x10` is eleven times 1, `0+2x10` grows by 2. */
type Series = Readonly<Record<string, string>>;

interface RuleTest {
  readonly subject: string;
  readonly plan?: Plan;
  readonly fires: Series;
  readonly quiet: Series;
  /** Default 10m. */
  readonly after?: string;
  readonly interval?: string;
}

const deployment = (name: string, namespace = "shop") =>
  `kube_deployment_status_replicas_available{namespace="${namespace}", deployment="${name}"}`;
const statefulSet = (name: string) => `kube_statefulset_status_replicas_ready{namespace="shop", statefulset="${name}"}`;
const instance = (number: number) => `cnpg_collector_up{namespace="shop", pod="orders-${number}"}`;
const requests = (status: number) =>
  `keelson_gateway_requests_total{namespace="shop", pod="web-1", model="m", operation="chat", status="${status}"}`;
const traffic = (failed: number, samples = 80): Series => ({
  [requests(200)]: `0+${10_000 - failed}x${samples}`,
  [requests(503)]: `0+${failed}x${samples}`,
});
const archive = (ready: number): Series => ({
  'cnpg_pg_stat_archiver_seconds_since_last_archival{namespace="shop", pod="orders-1"}': "1200x20",
  'cnpg_collector_pg_wal_archive_status{namespace="shop", pod="orders-1", value="ready"}': `${ready}x20`,
});
const killed = (restarts: string): Series => ({
  'kube_pod_container_status_last_terminated_reason{namespace="shop", pod="p", container="c", reason="OOMKilled"}':
    "1x20",
  'kube_pod_container_status_restarts_total{namespace="shop", pod="p", container="c"}': restarts,
});
const single = (series: string, fires: string, quiet: string): Pick<RuleTest, "fires" | "quiet"> => ({
  fires: { [series]: fires },
  quiet: { [series]: quiet },
});

/** For each kind of alert, series with which it fires and series with which it does not. */
const RULE_TESTS: Readonly<Record<string, RuleTest>> = {
  "replicas-missing": { subject: "web", ...single(deployment("web"), "1x20", "2x20") },
  "server-down": {
    subject: "orders",
    fires: { [instance(1)]: "1x20", [instance(2)]: "0x20" },
    quiet: { [instance(1)]: "1x20", [instance(2)]: "1x20" },
  },
  // Nothing promotes a replica: the server that is not ready may be the primary.
  "store-down": { subject: "sessions", ...single(statefulSet("sessions"), "1x20", "2x20") },
  "data-deleted": { subject: "orders", fires: {}, quiet: { [instance(1)]: "1x20" } },
  "operator-down": {
    subject: "orders",
    ...single(deployment("cnpg-controller-manager", "cnpg-system"), "0x20", "1x20"),
  },
  "node-pressure": {
    subject: "web",
    ...single('kube_node_status_condition{node="n", condition="DiskPressure", status="true"}', "1x20", "0x20"),
  },
  "volume-nearly-full": {
    subject: "orders",
    ...single(
      'kubelet_volume_stats_available_bytes{namespace="shop", persistentvolumeclaim="orders-1"}',
      "1000000000x20",
      "5000000000x20",
    ),
  },
  "entrance-down": {
    subject: "entrance",
    ...single(deployment("ingress-nginx-controller", "ingress-nginx"), "1x20", "2x20"),
  },
  // The clock of promtool starts in 1970.
  "certificate-expires": {
    subject: "entrance",
    ...single(
      'certmanager_certificate_expiration_timestamp_seconds{name="web-tls"}',
      `${13 * 86_400}x20`,
      `${15 * 86_400}x20`,
    ),
  },
  "backup-too-old": {
    subject: "sessions",
    ...single(
      'kube_cronjob_status_last_successful_time{namespace="shop", cronjob="sessions-backup"}',
      "0x30",
      "86400x30",
    ),
    interval: "1h",
    after: "26h",
  },
  "backup-unverified": {
    subject: "database",
    plan: laptopPlan,
    ...single("keelson_backup_verified_age_seconds", "180000x20", "90000x20"),
  },
  "replica-lag": {
    subject: "orders",
    ...single('cnpg_pg_replication_lag{namespace="shop", pod="orders-2"}', "60x20", "5x20"),
  },
  // An idle database completes no file: nothing waits, and nothing is late.
  "log-shipping-late": { subject: "orders", fires: archive(3), quiet: archive(0) },
  "requests-failing": { subject: "web", fires: traffic(1_000), quiet: traffic(100) },
  "provider-down": {
    subject: "paid",
    ...single('keelson_gateway_target_up{namespace="shop", pod="web-1", model="paid", target="t"}', "0x20", "1x20"),
  },
  "container-killed": { subject: "shop", fires: killed("0x6 1x14"), quiet: killed("1x20") },
  "availability-budget-1h": { subject: "web", fires: traffic(200), quiet: traffic(100), after: "70m" },
  "availability-budget-6h": {
    subject: "web",
    fires: traffic(100, 90),
    quiet: traffic(50, 90),
    interval: "5m",
    after: "7h",
  },
  "availability-budget-3d": {
    subject: "web",
    fires: traffic(20, 150),
    quiet: traffic(5, 150),
    interval: "30m",
    after: "73h",
  },
};

describeWith(["promtool"], "the rules in Prometheus", ({ promtool }) => {
  /** Evaluates the rendered rules over series, and expects whether the alert fires at the end. */
  function expectAlert(
    plan: Plan,
    name: string,
    { subject, after = "10m", interval = "1m" }: RuleTest,
    series: Series,
    firing: 0 | 1,
  ): void {
    rendered(plan, (folder) => {
      const test = {
        rule_files: ["rules.yml"],
        evaluation_interval: interval,
        tests: [
          {
            interval,
            input_series: Object.entries(series).map(([each, values]) => ({ series: each, values })),
            promql_expr_test: [
              {
                expr: `count(ALERTS{alertname="${name}", subject="${subject}", alertstate="firing"}) or vector(0)`,
                eval_time: after,
                exp_samples: [{ labels: "{}", value: firing }],
              },
            ],
          },
        ],
      };
      writeFileSync(join(folder, "test.yml"), stringifyYaml(test));
      run(promtool, ["test", "rules", "test.yml"], folder);
    });
  }

  it("are valid, with the configuration that loads them", () => {
    for (const plan of [shopPlan, laptopPlan, ...blueprintPlans().values()]) {
      if (!filesOf(plan).has("rules.yml")) continue;
      rendered(plan, (folder) => {
        run(promtool, ["check", "rules", "rules.yml"], folder);
        // Debian's Prometheus has no discovery of Kubernetes: everything else is checked.
        const config = (filesOf(plan).get("prometheus.yml") ?? "").replaceAll(
          /kubernetes_sd_configs:(\n {6,}.*)+/g,
          "static_configs: []",
        );
        writeFileSync(join(folder, "prometheus.yml"), config);
        run(promtool, ["check", "config", "--syntax-only", "prometheus.yml"], folder);
      });
    }
  });

  it.each(Object.entries(RULE_TESTS))("%s fires, and does not", (name, test) => {
    const plan = test.plan ?? shopPlan;
    expectAlert(plan, name, test, test.fires, 1);
    expectAlert(plan, name, test, test.quiet, 0);
  });

  it("have a test of every kind of alert", () => {
    const all = [shopPlan, laptopPlan].map(alertRules).flatMap(({ faults, objectives }) => [...faults, ...objectives]);
    expect(Object.keys(RULE_TESTS).sort()).toEqual([...new Set(all.map(({ name }) => name))].sort());
  });

  const firesOnce = (name: string, test: RuleTest) => {
    expectAlert(test.plan ?? shopPlan, name, test, test.fires, 1);
    expectAlert(test.plan ?? shopPlan, name, test, test.quiet, 0);
  };
  const cronJob = (metric: string) => `kube_cronjob_${metric}{namespace="shop", cronjob="sessions-backup"}`;

  it("fire for a backup that never succeeded, once its interval has passed, and without its CronJob", () => {
    const late = { subject: "sessions", interval: "1h", after: "26h" };
    firesOnce("backup-too-old", { ...late, fires: {}, quiet: { [cronJob("created")]: "86400x30" } });
    firesOnce("backup-too-old", {
      ...late,
      fires: { [cronJob("created")]: "0x30" },
      quiet: RULE_TESTS["backup-too-old"]?.quiet ?? {},
    });
    firesOnce("backup-unverified", {
      subject: "database",
      plan: laptopPlan,
      fires: {},
      quiet: { keelson_backup_verified_age_seconds: "60x20" },
    });
  });

  const archiving = (pod: string, age: string, ready: string): Series => ({
    [`cnpg_pg_stat_archiver_seconds_since_last_archival{namespace="shop", pod="${pod}"}`]: age,
    [`cnpg_collector_pg_wal_archive_status{namespace="shop", pod="${pod}", value="ready"}`]: ready,
  });

  it("fire for WAL that was never archived, and not for what a former primary archived last", () => {
    const primary = archiving("orders-1", "5x20", "1x20");
    firesOnce("log-shipping-late", {
      subject: "orders",
      fires: archiving("orders-1", "-1x20", "3x20"),
      quiet: { ...primary, ...archiving("orders-2", "9000+60x20", "0x20") },
    });
  });

  const standby = (lag: string, receiving: string): Series => ({
    'cnpg_pg_replication_lag{namespace="shop", pod="orders-2"}': lag,
    'cnpg_pg_replication_in_recovery{namespace="shop", pod="orders-1"}': "0x20",
    'cnpg_pg_replication_in_recovery{namespace="shop", pod="orders-2"}': "1x20",
    'cnpg_pg_replication_is_wal_receiver_up{namespace="shop", pod="orders-1"}': "0x20",
    'cnpg_pg_replication_is_wal_receiver_up{namespace="shop", pod="orders-2"}': receiving,
  });

  it("fire for a standby that receives nothing, whose lag is 0", () => {
    firesOnce("replica-lag", { subject: "orders", fires: standby("0x20", "0x20"), quiet: standby("0x20", "1x20") });
  });

  it("spend the budget of an objective about time only from when it is first recorded", () => {
    const budget = { subject: "indexer", fires: {}, quiet: {}, after: "70m" };
    expectAlert(shopPlan, "availability-budget-1h", budget, { [deployment("indexer")]: "0x80" }, 1);
    expectAlert(shopPlan, "availability-budget-1h", budget, { [deployment("indexer")]: "2x80" }, 0);
    expectAlert(shopPlan, "availability-budget-3d", budget, { [deployment("indexer")]: "2x80" }, 0);
  });
});

describeWith(["amtool"], "the configuration of Alertmanager", ({ amtool }) => {
  it("is valid, and routes each severity to the receiver of the file", () => {
    rendered(shopPlan, (folder) => {
      run(amtool, ["check-config", "alertmanager.yml"], folder);
      const receiverOf = (severity: string) =>
        run(
          amtool,
          ["config", "routes", "test", "--config.file=alertmanager.yml", `severity=${severity}`],
          folder,
        ).trim();
      expect(["critical", "warning", "info", "none"].map(receiverOf)).toEqual(["pagerduty", "slack", "email", "none"]);
    });
    const notes = targets.prometheus.render(shopPlan).notes.map(({ message }) => message);
    expect(notes).toContain("the receiver pagerduty reads its routing key from /etc/alertmanager/secrets/pagerduty");
    expect(notes.find((message) => message.startsWith("the receiver email"))).toMatch(/sends no notification/);
  });
});
