import { describe, expect, it } from "vitest";
import type { Model } from "../../src/plan/plan.js";
import { faultNames } from "../../src/platform-file/faults.js";
import { defineFault } from "../../src/promises/fault.js";
import { faults } from "../../src/promises/faults/index.js";
import { assumed, bounded, unbounded } from "../../src/promises/prediction.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { explanationText, sheetText } from "../../src/promises/text.js";
import { executors } from "../../src/recovery/drills/faults/index.js";
import { planOf } from "../support/check/findings.js";
import { rowOf } from "../support/promises/rows.js";

describe("the catalogue of faults", () => {
  it("knows only faults that a platform file can name, each once", () => {
    const ids = faults.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id } of faults) expect(faultNames).toContain(id);
  });

  it("names a drill for exactly those faults that `keelson drill` brings about", () => {
    const named = faults.flatMap(({ drill }) => drill ?? []);
    expect(named.sort()).toEqual(Object.keys(executors).sort());
    for (const { id, drill } of faults) expect([id, undefined]).toContain(drill);
    for (const [id, executor] of Object.entries(executors)) expect(executor().id).toBe(id);
  });

  it("says of the others, wherever a drill is offered, that there is none", () => {
    const plan = planOf(
      "platform: shop\ncloud: aws\nzones: 3\nstores: { sessions: { redis: 7 } }\nobjectives: { rto: 1h }\n",
    );
    const sheet = promiseSheet(plan, []);
    const explained = (fault: string): string => explanationText([rowOf(sheet, fault, "sessions")]);
    expect(explained("process-crash")).toContain("drill    keelson drill process-crash");
    for (const fault of ["node-loss", "zone-loss", "cache-loss"]) {
      expect(rowOf(sheet, fault, "sessions")).not.toHaveProperty("drill");
      expect(explained(fault)).not.toContain("keelson drill");
      expect(explained(fault)).toContain("drill    none yet: predicted, and measured nowhere");
    }
  });

  it("takes a fault of another kind of subject as one definition more: nothing else has to know it", () => {
    const providerOutage = defineFault<Model>({
      id: "provider-outage",
      title: "A model's provider does not answer",
      subjects: (plan) => plan.models.filter(({ upstreams }) => upstreams.length > 0),
      rto: (model, plan) =>
        model.fallbacks.length > 0
          ? bounded(plan, model.path, [assumed("fallback is asked", 2_000, "one failed request, then the next model")])
          : unbounded(plan, model.path, `${model.name} has no fallback`, { advice: "name a fallback" }),
      rpo: (model, plan) => bounded(plan, model.path, []),
      alert: (model) => ({
        name: "provider-down",
        subject: model.name,
        severity: "critical",
        condition: { measure: "replicas-ready", labels: { model: model.name }, comparison: "below", threshold: 1 },
        for: 0,
        summary: `${model.name} does not answer`,
      }),
      runbook: (model) => ({
        id: "provider-outage",
        subject: model.name,
        title: `${model.name} does not answer`,
        when: "its provider is down",
        steps: [{ action: "Ask its status page." }],
        done: "it answers",
      }),
      drill: "provider-outage",
    });
    const plan = planOf(`
platform: shop
cloud: aws
models:
  paid: { engine: openai, upstreams: https://api.example.com, objectives: { rto: 1m } }
  small: { engine: simulated }
services: { web: { modules: [gateway], calls: [paid, small] } }
`);
    const sheet = promiseSheet(plan, [], [...faults, providerOutage]);
    expect(rowOf(sheet, "provider-outage", "paid").verdict).toBe("broken");
    expect(sheetText(sheet)).toContain("fix: name a fallback");
  });
});
