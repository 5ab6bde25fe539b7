import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rules } from "../../src/check/rules/index.js";
import { objectiveUnwatched } from "../../src/check/rules/observability/objective-unwatched.js";
import { suggest } from "../../src/check/suggest/suggest.js";
import { plansIn } from "../../src/cli/design/edited-plans.js";
import type { Plan } from "../../src/plan/plan.js";
import { comparePlatforms } from "../../src/promises/comparison/comparison.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { findingsIn, fixture } from "../support/check/findings.js";
import { platforms, yamlOf } from "../support/promises/platforms.js";
import { runs } from "../support/property-runs.js";

const makePlans = (text: string) => plansIn("platform.yaml", text);
const blueprint = (name: string) =>
  readFileSync(new URL(`../../blueprints/${name}/platform.yaml`, import.meta.url), "utf8");

/** The promises of a text that are not kept. */
function unkept(text: string): readonly string[] {
  return plansOf(text).flatMap((plan) => {
    const { rows, availability, latency } = promiseSheet(plan, []);
    return [...rows, ...availability, ...latency].flatMap(({ subject, verdict }) =>
      verdict === "broken" || verdict === "unknown" ? [`${subject} in ${plan.environment}`] : [],
    );
  });
}

function plansOf(text: string): readonly Plan[] {
  const plans = makePlans(text);
  if (plans === undefined) throw new Error(`invalid:\n${text}`);
  return plans;
}

/** Each suggestion keeps every promise, touches none that was kept, and leaves none that no alert watches. */
function prove(text: string): ReturnType<typeof suggest> {
  const result = suggest(text, makePlans, "2026-11-30");
  for (const { text: edited } of result.suggestions) {
    expect(unkept(edited)).toEqual([]);
    const changes = comparePlatforms(plansOf(text), plansOf(edited)).flatMap((each) => each.changes);
    expect(changes.filter(({ kind }) => kind === "lost")).toEqual([]);
    expect(changes.filter(({ kind, before }) => kind === "withdrawn" && before?.verdict === "kept")).toEqual([]);
    expect(findingsIn(edited, [objectiveUnwatched])).toEqual([]);
  }
  return result;
}

describe("suggestions", () => {
  it("are none if every promise is kept", () => {
    expect(prove(blueprint("starter"))).toEqual({ unkept: 0, suggestions: [], unsolved: [] });
  });

  it("keep every promise of every failing example of a rule", () => {
    let broken = 0;
    for (const { code } of rules) {
      const text = fixture(code, "fail");
      if (makePlans(text) === undefined || unkept(text).length === 0) continue;
      broken += 1;
      const { suggestions, unsolved } = prove(text);
      expect({ code, unsolved }).toEqual({ code, unsolved: [] });
      expect({ code, count: suggestions.length }).not.toEqual({ code, count: 0 });
    }
    expect(broken).toBeGreaterThan(10);
  });

  it("change the design where a rule knows how, or promise more time; those that lower the fewest promises are first", () => {
    const text = `platform: shop
stores:
  orders: { postgres: 17, size: 10G, backups: { full: daily keep 30d, log: 2h keep 7d } }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
objectives: { rpo: 10m }
`;
    const { suggestions } = prove(text);
    expect(suggestions.map(({ steps }) => steps.map(({ kind }) => kind))).toContainEqual(["design"]);
    const promised = suggestions.find(({ steps }) => steps.every(({ kind }) => kind === "promise"));
    expect(promised?.steps.flatMap(({ edits }) => edits.map(({ path }) => path))).toContain(
      "stores.orders.objectives.rpo.database-loss",
    );
    const lowered = suggestions.map(({ withdrawn, relaxed }) => withdrawn * 1e6 + relaxed);
    expect(lowered).toEqual([...lowered].sort((a, b) => a - b));
    expect(suggestions[0]).toMatchObject({ withdrawn: 0, relaxed: 0 });
    expect(suggestions.at(-1)?.relaxed).toBeGreaterThan(0);
  });

  it("withdraw no promise that an alert keeps, and plan few versions of a large platform", () => {
    const names = Array.from({ length: 60 }, (_, index) => `service-${index}`);
    const text = `platform: shop
image: registry.example.com/app:1.0.0
services:
${names.map((name) => `  ${name}: { image: "a:1", port: 80, objectives: { rto: 10m, except: [cluster-loss] } }`).join("\n")}
environments:
  production: { provide: in-cluster, zones: 3 }
`;
    let versions = 0;
    const counted = (version: string): readonly Plan[] | undefined => {
      versions += 1;
      return makePlans(version);
    };
    const { unkept: open, suggestions } = suggest(text, counted, "2026-11-30");
    expect(open).toBe(60);
    // Without metrics no one is notified of a release that fails, so its row has no bound.
    expect(suggestions.map(({ withdrawn }) => withdrawn)).toEqual([0]);
    expect(suggestions[0]?.steps.flatMap(({ edits }) => edits.map(({ path }) => path))).toContain("observe.metrics");
    expect(versions).toBeLessThan(20);
    prove(text);
  });

  it("write out what an element keeps for a fault that the platform promises by its name", () => {
    const { suggestions } = prove(`platform: shop
objectives: { rto: 30s }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
provide: in-cluster
services: { web: { modules: [gateway], objectives: { rto: 1h, rpo: 30s } } }
stores: { orders: { postgres: 17 } }
`);
    for (const { text } of suggestions)
      expect(text).toContain("rto: { default: 1h, zone-loss: none, cluster-loss: 1h }");
    // The platform no longer promises it, and the service has a row of its own.
    const inherited = prove(`platform: shop
objectives: { rpo: 30s }
provide: in-cluster
services: { web: { modules: [gateway], objectives: { rto: 30s } } }
stores: { sessions: { redis: 7 } }
`);
    expect(inherited.suggestions.map(({ text }) => text).join()).toContain(
      "rpo: { zone-loss: 30s, cluster-loss: 30s }",
    );
    expect(suggestions.length).toBeGreaterThan(0);
  });

  it("change an environment alone if only that one breaks the promise", () => {
    const text = `platform: shop
stores:
  orders: { postgres: 17, size: 10G, backups: { full: daily keep 30d, log: 5m keep 7d } }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
objectives: { rpo: 10m }
environments:
  production: { cloud: aws }
  staging: { objectives: { rpo: 1m } }
`;
    const edits = prove(text).suggestions.flatMap(({ steps }) => steps.flatMap(({ edits }) => edits));
    expect(edits.length).toBeGreaterThan(0);
    for (const { path, environment } of edits) expect(environment ?? path).toMatch(/staging|backups/);
  });

  it("page the on-call engineer where that alone keeps a promise, and not where it is not enough", () => {
    const text = (rto: string) => `platform: shop
stores:
  orders: { postgres: 17, size: 10G, backups: { full: daily keep 30d, log: 5m keep 7d } }
observe: { metrics: prometheus }
provide: managed
cloud: aws
zones: 2
objectives: { rto: { default: none, database-loss: ${rto} } }
`;
    const paging = { path: "observe.routes.critical", value: "pagerduty", environment: undefined };
    const [first, second] = prove(text("50m")).suggestions;
    expect(first).toMatchObject({ steps: [{ kind: "design", edits: [paging] }], withdrawn: 0, relaxed: 0 });
    expect(first?.steps[0]?.advice).toContain("counted on to respond within 5m");
    expect(second).toMatchObject({ steps: [{ kind: "promise" }], withdrawn: 0, relaxed: 1 });
    const edits = prove(text("10m")).suggestions.flatMap(({ steps }) => steps.flatMap((step) => step.edits));
    expect(edits.map(({ path }) => path)).toEqual(["stores.orders.objectives.rto.database-loss"]);
  });

  it("keep the promises of one environment alone if it is named", () => {
    const text = `platform: shop
stores:
  orders: { postgres: 17, size: 10G, backups: { full: daily keep 30d, log: 5m keep 7d } }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
objectives: { rpo: 1m }
environments:
  production: { cloud: aws }
  staging: {}
`;
    const all = suggest(text, makePlans);
    const { unkept: open, suggestions } = suggest(text, makePlans, undefined, "staging");
    expect(open).toBeLessThan(all.unkept);
    expect(suggestions.length).toBeGreaterThan(0);
    for (const { text: edited, steps } of suggestions) {
      expect(unkept(edited).filter((each) => each.endsWith("staging"))).toEqual([]);
      const scopes = steps.flatMap(({ edits }) => edits.map(({ environment, path }) => environment ?? path));
      // What the base declares is edited there; everything else in the environment.
      for (const scope of scopes) expect(scope).toMatch(/staging|^stores\.orders\.backups/);
    }
    const promising = suggestions.find(({ steps }) => steps.every(({ kind }) => kind === "promise"));
    expect(unkept(promising?.text ?? "").some((each) => each.endsWith("production"))).toBe(true);
  });

  it("change no design where that breaks a promise that the file keeps", () => {
    const text = `platform: shop
zones: 2
provide: in-cluster
stores:
  orders: { postgres: 17, standby: none, backups: { full: 1m keep 1d }, objectives: { rpo: 1h } }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`;
    // A standby keeps zone-loss, but its operator takes no backups without a bucket: database-loss would have no bound.
    const { suggestions } = prove(text);
    expect(suggestions.length).toBeGreaterThan(0);
    const edits = suggestions.flatMap(({ steps }) => steps.flatMap((step) => step.edits));
    expect(edits.map(({ path }) => path)).not.toContain("stores.orders.standby");
  });

  it("contain no step that is not needed", () => {
    const text = fixture("recovery/rpo-interval", "fail");
    for (const { steps, text: edited } of prove(text).suggestions) {
      expect(steps.length).toBeGreaterThan(0);
      expect(edited).not.toBe(text);
    }
  });

  it("are proven for every platform", () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        prove(yamlOf(platform));
      }),
      { numRuns: runs(20) },
    );
  });
});
