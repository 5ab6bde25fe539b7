import { describe, expect, it } from "vitest";
import type { Model } from "../../src/plan/plan.js";
import { defineFault } from "../../src/promises/fault.js";
import { faults } from "../../src/promises/faults/index.js";
import { assumed, bounded, unbounded } from "../../src/promises/prediction.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { sheetText } from "../../src/promises/text.js";
import { faultNames } from "../../src/spec/faults.js";
import { planOf } from "../check/findings.js";
import { rowOf } from "./rows.js";

describe("the catalogue of faults", () => {
  it("knows only faults that a platform file can name, each once", () => {
    const ids = faults.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, drill } of faults) {
      expect(faultNames).toContain(id);
      expect(faultNames).toContain(drill);
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
