import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { prometheusMetric } from "../../src/contracts/gen-ai.js";
import type { Plan } from "../../src/plan/plan.js";
import { targets } from "../../src/render/targets.js";
import { planOf } from "../support/check/findings.js";

const platform = (services: string, observe = "metrics: prometheus") => `platform: shop
provide: in-cluster
image: registry.example.com/keelson:1.0.0
services:
  web: { modules: [gateway, dashboard], replicas: 2, calls: [jobs, cache, orders], expose: true }
${services}
stores: { jobs: { rabbitmq: "4.0" }, cache: { redis: 7 }, orders: { postgres: 17 } }
observe: { ${observe}, retention: 9d }
`;
const reports = `  reports: { image: "shop/reports:1.0.0", ports: { http: 80, stats: 9100 }, metrics: { path: /stats, port: stats } }
  plain: { image: "shop/plain:1.0.0", port: 80 }`;

const Service = z.object({
  image: z.string(),
  networks: z.array(z.string()),
  command: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
});
const ComposeFile = z.object({
  services: z.record(z.string(), Service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
});
const Scrape = z.object({
  scrape_configs: z.array(
    z.object({
      job_name: z.string(),
      metrics_path: z.string(),
      dns_sd_configs: z.tuple([z.object({ names: z.array(z.string()), port: z.number() })]),
    }),
  ),
});
const Dashboard = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
});

function rendered(plan: Plan) {
  const { files, secrets } = targets.compose.render(plan);
  const text = (path: string) => files.find((file) => file.path === path)?.text;
  return { ...ComposeFile.parse(parse(text("compose.yaml") ?? "")), files, secrets, text };
}

describe("Prometheus and Grafana of a Compose file", () => {
  const plan = planOf(platform(reports));
  const { services, networks, text, secrets } = rendered(plan);
  const scraped = Scrape.parse(parse(text("prometheus/prometheus.yml") ?? "")).scrape_configs;

  it("scrape every container that serves metrics, where it serves them", () => {
    const jobs = scraped.map(({ job_name, metrics_path, dns_sd_configs: [{ port }] }) => [
      job_name,
      port,
      metrics_path,
    ]);
    expect(jobs).toEqual([
      ["web", 9464, "/metrics"],
      ["reports", 9100, "/stats"],
      ["jobs", 15_692, "/metrics"],
    ]);
    expect(services["web"]?.command).toContain("--metrics-listen=[::]:9464");
  });

  it("reach these containers alone, each by an internal network of its own", () => {
    const reachable = (services["prometheus"]?.networks ?? []).filter((name) => networks[name]?.internal);
    const names = Object.entries(services).flatMap(([name, service]) =>
      name !== "prometheus" && service.networks.some((each) => reachable.includes(each)) ? [name] : [],
    );
    expect(names.sort()).toEqual(["grafana", "jobs", "reports", "web"]);
  });

  it("are published on this machine only, with pinned images, the declared retention and a generated password", () => {
    for (const name of ["prometheus", "grafana"]) {
      expect(services[name]?.ports.every((port) => port.startsWith("127.0.0.1:"))).toBe(true);
      expect(services[name]?.image).toMatch(/:v?\d+\.\d+\.\d+/);
    }
    expect(services["prometheus"]?.command).toContain("--storage.tsdb.retention.time=9d");
    expect(secrets.find(({ name }) => name === "grafana")?.keys).toEqual({
      "admin-password": { kind: "random", bytes: 24 },
    });
    expect(services["grafana"]?.environment["GF_SECURITY_ADMIN_PASSWORD__FILE"]).toBe(
      "/run/secrets/keelson/grafana/admin-password",
    );
  });

  it("draw only metrics that something here exports", () => {
    const { panels } = Dashboard.parse(JSON.parse(text("grafana/platform.json") ?? ""));
    const queries = panels.flatMap((panel) => panel.targets.map(({ expr }) => expr)).join("\n");
    const exported = `${programText()} ${prometheusMetric("requestDuration")} ${prometheusMetric("timeToFirstToken")}`;
    const own = queries.match(/\b(?:keelson|gen_ai_server)_\w+/g) ?? [];
    expect(own.length).toBeGreaterThan(5);
    for (const name of own) expect(exported).toContain(name.replace(/_bucket$/, ""));
    expect(queries).toContain("rabbitmq_queue_messages_ready");
    const foreign = rendered(planOf(platform("").replaceAll(/ {2}web: .*\n/g, reports.split("\n")[0] ?? "")));
    const panelsOfForeign = Dashboard.parse(JSON.parse(foreign.text("grafana/platform.json") ?? "")).panels;
    expect(JSON.stringify(panelsOfForeign)).not.toContain("keelson_");
  });

  it("give way to components of the same name", () => {
    const named = rendered(planOf(platform(`  prometheus: { image: "shop/prometheus:1.0.0", port: 80 }`)));
    expect(named.services["prometheus"]?.image).toBe("shop/prometheus:1.0.0");
    expect(named.services["keelson_prometheus"]?.image).toMatch(/^docker\.io\/prom\/prometheus:/);
    expect(named.text("grafana/datasource.yml")).toContain("http://keelson_prometheus:9090");
  });

  it("are absent without a metrics backend", () => {
    const without = rendered(planOf(platform(reports.replace(/, metrics: [^}]*\}/, ""), "metrics: none")));
    expect(Object.keys(without.services).sort()).toEqual(["cache", "jobs", "orders", "plain", "reports", "web"]);
    expect(without.files.map(({ path }) => path).filter((path) => /prometheus|grafana/.test(path))).toEqual([]);
  });
});

/** The source of the modules, which names each of their metrics. */
function programText(): string {
  const runtime = new URL("../../src/runtime/", import.meta.url);
  return readdirSync(runtime, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(new URL(path, runtime), "utf8"))
    .join("\n");
}
