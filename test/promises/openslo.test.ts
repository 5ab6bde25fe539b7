import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alertExpression } from "../../src/promises/alert-condition.js";
import { openSlos } from "../../src/promises/openslo/render.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { stringifyYaml } from "../../src/render/yaml.js";
import { planOf, plansOf } from "../support/check/findings.js";
import { openSloObject } from "../support/promises/openslo-schema.js";
import { platforms, yamlOf } from "../support/promises/platforms.js";
import { rowOf } from "../support/promises/rows.js";
import { runs } from "../support/property-runs.js";
import { describeWith } from "../support/requirements.js";

const shop = `platform: shop
cloud: aws
zones: 3
provide: in-cluster
services:
  web: { modules: [gateway], replicas: 2, calls: [search], expose: true, objectives: { latency: { p95: 2500ms } } }
  api: { modules: [gateway], replicas: 2, objectives: { availability: 99.9%, latency: { p99: 2s } } }
  search: { image: "shop/search:1.0.0", port: 80, objectives: { availability: 99%, latency: { p50: 1s } } }
stores:
  orders: { postgres: 17, standby: another-zone, objectives: { availability: 99.5% } }
models:
  outside: { upstreams: "https://models.example.com", objectives: { latency: { p95: 10s } } }
objectives: { availability: 99.95% }
observe: { metrics: prometheus, alerts: { down: 2m } }
`;
const rendered = openSlos(planOf(shop));

/** The queries of one object, in the order of the object. */
function queriesOf(name: string): readonly string[] {
  const found = rendered.objects.find(({ metadata }) => metadata.name === name);
  return [...JSON.stringify(found ?? {}).matchAll(/"query":("(?:[^"\\]|\\.)*")/g)].map(([, query = '""']) =>
    String(JSON.parse(query)),
  );
}

describe("the objectives of a platform in OpenSLO", () => {
  it("are one object each, valid by the specification, of one service", () => {
    expect(rendered.objects.map(({ kind, metadata: { name } }) => `${kind} ${name}`)).toEqual([
      "Service shop",
      "SLO web-availability",
      "SLO api-availability",
      "SLO search-availability",
      "SLO orders-availability",
      "SLO web-latency",
      "SLO api-latency",
      "SLO outside-latency",
    ]);
    for (const object of rendered.objects) expect(openSloObject.parse(object)).toEqual(object);
  });

  it("name the reason where nothing measures an objective", () => {
    expect(rendered.omitted).toEqual([{ name: "search-latency", why: "no component exports the latency of search" }]);
    const unobserved = openSlos(planOf(shop.replace("metrics: prometheus, alerts: { down: 2m }", "metrics: none")));
    expect(unobserved.objects).toEqual([]);
    expect(unobserved.omitted).toHaveLength(8);
    const managed = openSlos(planOf(shop.replace("provide: in-cluster", "provide: managed")));
    expect(managed.omitted).toContainEqual({
      name: "orders-availability",
      why: "Amazon RDS exports no metric of orders to Prometheus",
    });
    const whole = openSlos(planOf(shop.replace("availability: 99.95%", "availability: 100%")));
    expect(whole.omitted).toContainEqual({ name: "web-availability", why: "a target of OpenSLO is below 100 %" });
  });

  it("have the queries that the alerts about the same subject compare", () => {
    const sheet = promiseSheet(planOf(shop), []);
    for (const [name, subject] of [
      ["search-availability", "search"],
      ["orders-availability", "orders"],
    ] as const) {
      const { condition } = rowOf(sheet, "process-crash", subject).alert;
      const [query = "none"] = queriesOf(name);
      expect(condition.kind === "metric" ? alertExpression(condition) : "").toContain(query);
    }
  });

  it("count requests at a bound of the histogram, and interpolate the percentile between two", () => {
    expect(queriesOf("web-latency")[0]).toContain('le="2.5"');
    expect(queriesOf("outside-latency")[0]).toContain('gen_ai_request_model="outside", le=~"10(\\\\.0)?"');
    expect(queriesOf("api-latency")).toEqual([expect.stringMatching(/^histogram_quantile\(0\.99, /)]);
  });

  it("are valid and have unique names for any platform and the blueprints", () => {
    const valid = (text: string): void => {
      for (const plan of plansOf(text)) {
        const { objects } = openSlos(plan);
        for (const object of objects) openSloObject.parse(object);
        expect(new Set(objects.map(({ metadata }) => metadata.name)).size).toBe(objects.length);
      }
    };
    for (const name of ["aiaas", "starter"])
      valid(readFileSync(new URL(`../../blueprints/${name}/platform.yaml`, import.meta.url), "utf8"));
    fc.assert(
      fc.property(platforms, (platform) => valid(yamlOf(platform))),
      { numRuns: runs(100) },
    );
  });
});

describeWith(["promtool"], "the queries of OpenSLO in Prometheus", ({ promtool }) => {
  /** Evaluates queries 10 minutes after the start of the series, by Prometheus' own unit tests of rules. */
  function evaluated(series: Readonly<Record<string, string>>, expected: Readonly<Record<string, number>>): void {
    const directory = mkdtempSync(join(tmpdir(), "keelson-openslo-"));
    try {
      const test = {
        evaluation_interval: "1m",
        tests: [
          {
            interval: "1m",
            input_series: Object.entries(series).map(([each, values]) => ({ series: each, values })),
            promql_expr_test: Object.entries(expected).map(([expr, value]) => ({
              expr,
              eval_time: "10m",
              exp_samples: [{ labels: "{}", value }],
            })),
          },
        ],
      };
      writeFileSync(join(directory, "test.yaml"), stringifyYaml(test));
      execFileSync(promtool, ["test", "rules", "test.yaml"], { cwd: directory, stdio: "pipe", encoding: "utf8" });
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  it("count a failed and a refused request as bad, and an invalid request as good", () => {
    const [good = "", total = ""] = queriesOf("web-availability");
    const requests = (status: number) =>
      `keelson_gateway_requests_total{namespace="shop", pod="web-1", model="m", operation="chat", status="${status}"}`;
    evaluated(
      {
        [requests(200)]: "0+9x10",
        [requests(404)]: "0+1x10",
        [requests(502)]: "0+2x10",
        'keelson_gateway_refused_total{namespace="shop", code="model_unavailable"}': "0+3x10",
        'keelson_gateway_refused_total{namespace="shop", code="invalid_body"}': "0+50x10",
        'keelson_gateway_requests_total{namespace="other", status="502"}': "0+99x10",
      },
      { [good]: 100, [total]: 150 },
    );
  });

  it("find the bucket of a whole number in both text formats", () => {
    const [good = "", total = ""] = queriesOf("outside-latency");
    const named = (name: string, le: string, pod: string) =>
      `gen_ai_server_request_duration_seconds_${name}{namespace="shop", gen_ai_request_model="outside", pod="${pod}"${le}}`;
    evaluated(
      {
        [named("bucket", ', le="10"', "a")]: "0+5x10",
        [named("bucket", ', le="10.0"', "b")]: "0+4x10",
        [named("bucket", ', le="30"', "a")]: "0+9x10",
        [named("count", "", "a")]: "0+6x10",
        [named("count", "", "b")]: "0+4x10",
      },
      { [good]: 90, [total]: 100 },
    );
  });

  it("measure a percentile between two bounds, and count a missing replica", () => {
    const [percentile = ""] = queriesOf("api-latency");
    const bucket = (le: string) => `gen_ai_server_request_duration_seconds_bucket{namespace="shop", le="${le}"}`;
    evaluated(
      {
        [bucket("1")]: "0+0x10",
        [bucket("2.5")]: "0+100x10",
        [bucket("+Inf")]: "0+100x10",
      },
      { [percentile]: 2.485, [queriesOf("search-availability")[0] ?? ""]: 0 },
    );
  });
});
