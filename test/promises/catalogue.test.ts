import { describe, expect, it } from "vitest";
import { faultNames } from "../../src/platform-file/faults.js";
import { explanationText } from "../../src/promises/explanation-text.js";
import { defineFault, type SubjectHandlers } from "../../src/promises/fault.js";
import { faults, largerFaults, smallerFaults } from "../../src/promises/faults/index.js";
import { assumed, bounded, unbounded } from "../../src/promises/prediction.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { sheetText } from "../../src/promises/sheet-text.js";
import { executors } from "../../src/recovery/drills/faults/index.js";
import { planOf } from "../support/check/findings.js";
import { rowOf } from "../support/promises/rows.js";

describe("the catalogue of faults", () => {
  it("contains every fault that a platform file can declare, each once", () => {
    const ids = faults.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual([...faultNames].sort());
  });

  it("has a drill for exactly the faults that `keelson drill` can inject", () => {
    const drills = faults.flatMap(({ drill }) => (drill.kind === "keelson" ? drill.name : []));
    expect(drills.sort()).toEqual(Object.keys(executors).sort());
    for (const { id, drill } of faults) {
      if (drill.kind === "keelson") expect(drill.name).toBe(id);
      else expect(drill.why).not.toBe("");
    }
    for (const [id, executor] of Object.entries(executors)) expect(executor().id).toBe(id);
  });

  it("shows no drill for the other faults, with the reason", () => {
    const plan = planOf(
      "platform: shop\ncloud: aws\nzones: 3\nstores: { sessions: { redis: 7 } }\nobjectives: { rto: 1h }\n",
    );
    const sheet = promiseSheet(plan, []);
    const explained = (fault: string): string => explanationText([rowOf(sheet, fault, "sessions")]);
    expect(explained("process-crash")).toContain("drill    keelson drill process-crash");
    for (const fault of ["node-loss", "zone-loss", "cache-loss"]) {
      expect(rowOf(sheet, fault, "sessions")).not.toHaveProperty("drill");
      expect(explained(fault)).not.toContain("keelson drill");
      expect(explained(fault)).toMatch(/drill {4}none: predicted only, not measured: \S/);
    }
  });

  it("orders the faults by inclusion, without a cycle, and the larger faults of each in that order", () => {
    expect(largerFaults("process-crash")).toEqual(["node-loss", "zone-loss", "region-loss"]);
    expect(largerFaults("database-loss")).toEqual(["backup-corruption", "deletion", "cluster-loss"]);
    const ids: readonly string[] = faults.map(({ id }) => id);
    for (const { id } of faults) {
      expect(largerFaults(id)).not.toContain(id);
      for (const smaller of smallerFaults(id)) {
        expect(ids.indexOf(smaller)).toBeGreaterThanOrEqual(0);
        expect(ids.indexOf(smaller)).toBeLessThan(ids.indexOf(id));
        expect(largerFaults(smaller)).toContain(id);
      }
    }
  });

  it("accepts a fault on another kind of subject as one definition", () => {
    const modelLost = defineFault({
      id: "secret-leak",
      title: "A model's provider is unavailable",
      includes: [],
      on: {
        model: {
          affects: ({ upstreams }) => upstreams.length > 0,
          rto: (model, plan) =>
            model.fallbacks.length > 0
              ? bounded(plan, model.path, [assumed("retry with the fallback", 2_000, "one failed request")])
              : unbounded(plan, model.path, `${model.name} has no fallback`, { advice: "declare a fallback" }),
          rpo: (model, plan) => bounded(plan, model.path, []),
          alert: ({ name }) => ({
            name: "provider-down",
            subject: name,
            severity: "critical",
            condition: { kind: "unmeasured", why: "the provider exports no metrics" },
            for: 0,
            summary: `${name} is unavailable`,
          }),
          runbook: ({ name }) => ({
            id: "provider-outage",
            subject: name,
            title: `${name} is unavailable`,
            when: "its provider is unavailable",
            steps: [{ action: "Read the provider's status page." }],
            done: "requests succeed",
          }),
        },
        platform: undefined,
        unit: undefined,
        database: undefined,
        cache: undefined,
        broker: undefined,
        bucket: undefined,
        entrance: undefined,
        volume: undefined,
      },
      drill: { kind: "impossible", why: "the provider cannot be stopped" },
    });
    const plan = planOf(`
platform: shop
cloud: aws
models:
  paid: { engine: openai, upstreams: https://api.example.com, objectives: { rto: 1m } }
  small: { engine: simulated }
services: { web: { modules: [gateway], calls: [paid, small] } }
`);
    const sheet = promiseSheet(plan, [], {}, [modelLost]);
    expect(rowOf(sheet, "secret-leak", "paid").verdict).toBe("broken");
    expect(sheetText(sheet)).toContain("fix: declare a fallback");
  });

  it("does not compile without a handler for each kind of subject", () => {
    const stores = { database: undefined, cache: undefined, broker: undefined };
    // @ts-expect-error The key for buckets is missing.
    const incomplete: SubjectHandlers = { ...stores, platform: undefined, unit: undefined, model: undefined };
    expect(incomplete).not.toHaveProperty("bucket");
  });
});
