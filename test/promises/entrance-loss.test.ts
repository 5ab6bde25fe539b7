import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPlatform } from "../../src/platform-file/index.js";
import { alertExpression } from "../../src/promises/alert-condition.js";
import { findingsIn } from "../support/check/findings.js";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";
import { runs } from "../support/property-runs.js";

const shop = (entrance: string, rest = "cloud: aws\nzones: 3") =>
  sheetOf(`
platform: shop
${rest}
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, replicas: 3, expose: / } }
entrance: { host: shop.example.com, ${entrance} }
objectives: { rto: 5m, rpo: 5m }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`);
const lost = (entrance: string, rest?: string) => rowOf(shop(entrance, rest), "entrance-loss", "entrance");
const NODES = "nodes: { general: { type: m5.large, count: 3 } }";

describe("the loss of what accepts the requests of an entrance", () => {
  it("lasts until Kubernetes and the load balancer have noticed it, if a proxy on another node remains", () => {
    const { rto, rpo, verdict } = lost("replicas: 2, spread: nodes");
    // Marked unready after 55 s; the load balancer, at the same time, after 3 × 10 s and a timeout of 10 s.
    expect(termsOf(rto.predicted)).toEqual(["node marked unready", "endpoints updated"]);
    expect(totalOf(rto.predicted)).toBe(57_000);
    expect([totalOf(rpo.predicted), verdict]).toEqual([0, "kept"]);
  });

  it("counts the slower of two that notice it at the same time, and never their sum", () => {
    const slow = lost("replicas: 2, spread: nodes, balancer: { check: 30s, failures: 3 }");
    expect(termsOf(slow.rto.predicted)).toEqual(["health checks of the load balancer fail", "endpoints updated"]);
    expect(totalOf(slow.rto.predicted)).toBe(122_000);
  });

  it("moves the only proxy, and those that may share its node", () => {
    for (const entrance of ["controller: nginx", "replicas: 2", "replicas: 2, controller: traefik"]) {
      const { rto } = lost(entrance);
      expect(termOf(rto.predicted, "eviction of its pods")).toBe(300_000);
      expect(rto.verdict).toBe("broken");
    }
  });

  it("is survived by more proxies than one node has", () => {
    const onOneNode = "nodes: { general: { type: m5.large, count: 1 } }";
    expect(lost("replicas: 2, spread: nodes", `cloud: aws\n${onOneNode}`).rto.verdict).toBe("broken");
    expect(lost("replicas: 2, spread: nodes", `cloud: aws\n${NODES}`).rto.verdict).toBe("kept");
  });

  it("is unknown where the file declares no controller, or nothing of its load balancer", () => {
    expect(lost("controller: none, replicas: 2").rto.verdict).toBe("unknown");
    const onSite = (entrance: string) => lost(`replicas: 2, spread: nodes${entrance}`, "provide: in-cluster");
    expect(onSite("").rto.verdict).toBe("unknown");
    expect(onSite(", balancer: { check: 5s, failures: 2 }").rto.verdict).toBe("kept");
  });

  it("is on one machine that of the slowest process behind it", () => {
    const sheet = sheetOf(`
platform: shop
services:
  gateway: { modules: [gateway], expose: true }
  dashboard: { modules: [dashboard], expose: true, health: { startup: 40s } }
objectives: { rto: 2m }
`);
    const { rto } = rowOf(sheet, "entrance-loss", "entrance");
    expect(rto.predicted).toEqual(rowOf(sheet, "process-crash", "dashboard").rto.predicted);
    expect(totalOf(rto.predicted)).toBeGreaterThan(totalOf(rowOf(sheet, "process-crash", "gateway").rto.predicted));
  });

  it("has an alert on the Deployment of the controller, in its own namespace", () => {
    const { condition } = lost("replicas: 2, spread: nodes").alert;
    if (condition.kind !== "metric") throw new Error(condition.kind);
    expect(alertExpression(condition)).toBe(
      '(sum(kube_deployment_status_replicas_available{namespace="envoy-gateway-system", deployment=~"envoy-shop-web-.+"}) or vector(0)) < 2',
    );
  });

  it("never lasts longer with one proxy more, nor with a spread that is required", () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom("none", "nodes", "zones"),
      (replicas, nodes, spread) => {
        const on = `cloud: aws\nzones: 3\nnodes: { general: { type: m5.large, count: ${nodes}..9 } }`;
        const time = (count: number, over: string) =>
          totalOf(lost(`replicas: ${count}, spread: ${over}`, on).rto.predicted);
        expect(time(replicas + 1, spread)).toBeLessThanOrEqual(time(replicas, spread));
        expect(time(replicas, "nodes")).toBeLessThanOrEqual(time(replicas, spread));
      },
    );
    fc.assert(property, { numRuns: runs(20) });
  });
});

describe("the loss of a zone with the proxies of an entrance", () => {
  const inZone = (entrance: string, rest?: string) => rowOf(shop(entrance, rest), "zone-loss", "entrance");

  it("takes until the address of the zone has left DNS caches, too", () => {
    const { rto } = inZone("replicas: 3, spread: { zones: require }");
    expect(totalOf(rto.predicted)).toBe(102_000);
    expect(rto.verdict).toBe("kept");
  });

  it("moves proxies that may all be in it", () => {
    expect(inZone("replicas: 3, spread: nodes").rto.verdict).toBe("broken");
  });

  it("has a row in the only zone for an entrance that promises it itself", () => {
    const { rto } = inZone("objectives: { rto: 1h }", "cloud: aws");
    expect(rto.verdict).toBe("broken");
    expect(shop("replicas: 2", "cloud: aws").rows.filter(({ fault }) => fault === "zone-loss")).toHaveLength(1);
  });
});

describe("an objective of an entrance", () => {
  it("replaces that of the platform, by fault too", () => {
    expect(lost("objectives: { rto: 10m }").rto).toMatchObject({ promised: 600_000, verdict: "kept" });
    expect(lost("objectives: { rto: { entrance-loss: none } }").rto.verdict).toBe("not-promised");
  });

  it("reaches the sheet: availability in series with what is behind it, latency without a verdict", () => {
    const { availability, latency } = shop(
      "replicas: 2, spread: nodes, objectives: { availability: 99.9%, latency: { p95: 1s } }",
    );
    expect(availability.map(({ subject }) => subject)).toEqual(["entrance"]);
    const { predicted } = availability[0] ?? {};
    if (predicted?.kind !== "known") throw new Error("not known");
    expect(predicted.parts.map(({ name }) => name)).toEqual([
      "site",
      "Network Load Balancer",
      "proxies of entrance",
      "web",
    ]);
    expect(predicted.value).toBeCloseTo(
      predicted.parts.reduce((product, { value }) => product * value, 1),
      12,
    );
    expect(latency).toMatchObject([{ subject: "entrance" }]);
  });

  it("leaves its availability unknown where its controller or the SLA of its load balancer is", () => {
    const of = (entrance: string, rest?: string) =>
      shop(`${entrance}, objectives: { availability: 99% }`, rest).availability.map(({ verdict }) => verdict);
    expect(of("controller: none")).toEqual(["unknown"]);
    expect(of("replicas: 2", "provide: in-cluster")).toEqual(["unknown"]);
  });

  it("may name a policy, and is off with those of the platform", () => {
    const text = (platform: string) => `
platform: shop
cloud: aws
policies: { fast: { rto: 10m } }
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, expose: / } }
entrance: { host: shop.example.com, objectives: fast }
objectives: ${platform}
`;
    expect(rowOf(sheetOf(text("{ rto: 1h }")), "entrance-loss", "entrance").rto.promised).toBe(600_000);
    expect(rowOf(sheetOf(text("none")), "entrance-loss", "entrance").rto.verdict).toBe("not-promised");
    const wrong = readPlatform({
      file: "platform.yaml",
      text: text("{ rto: 1h }").replace("objectives: fast", "objectives: slow"),
    });
    expect(wrong.ok ? [] : wrong.diagnostics.map(({ code }) => code)).toEqual(["spec/unknown-reference"]);
  });

  it("is refused about retention: an entrance stores nothing", () => {
    const text = "platform: shop\nentrance: { host: a.example.com, objectives: { retention: 30d } }\n";
    expect(readPlatform({ file: "platform.yaml", text }).ok).toBe(false);
  });

  it("is reported at its line if nothing is known about it", () => {
    const found = findingsIn(`platform: shop
provide: in-cluster
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, expose: / } }
entrance:
  host: shop.example.com
  objectives:
    rto: 1m
observe: { metrics: prometheus }
`);
    const unknown = found.filter(({ code }) => code === "recovery/unknown-promise");
    expect(unknown.map(({ origin }) => origin.line)).toContain(7);
  });
});
