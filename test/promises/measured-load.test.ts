import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MeasuredModel } from "../../src/contracts/usage.js";
import { latencyExplanation } from "../../src/promises/latency/latency-text.js";
import { withMeasuredLoads } from "../../src/promises/latency/measured-load.js";
import { measuredModels } from "../../src/promises/latency/measured-model.js";
import type { Prediction } from "../../src/promises/prediction.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { sheetText } from "../../src/promises/sheet-text.js";
import { latencyTree } from "../../src/promises/tree/latency-tree.js";
import { treeText } from "../../src/promises/tree/text.js";
import { planOf } from "../support/check/findings.js";
import { gaps, randomOf } from "../support/promises/simulated-load.js";
import { runs } from "../support/property-runs.js";

const served = (load: string, objectives = "latency: { p95: 60s }") => `
platform: shop
provide: in-cluster
services:
  api: { modules: [gateway], calls: [chat], replicas: 1, expose: true }
models:
  chat: { source: file:///chat.gguf, engine: llama.cpp, concurrency: 8, replicas: 1${load}, speed: { prefill: 1000/s, decode: 20/s..40/s } }
objectives: { ${objectives} }
`;
const DECLARED = ", load: { rate: 0.5/s..1/s, prompt: 200..1000, answer: 100..300 }";

interface Measured {
  readonly requests?: number;
  readonly variation?: number;
  readonly prompt?: number;
}

/** The busiest five minutes of the model `chat`. */
const inLedger = ({ requests = 150, variation = 1, prompt = 1000 }: Measured): readonly MeasuredModel[] => [
  {
    model: "chat",
    latency: { requests: 2_000, p50Ms: 2_000, p95Ms: 4_000, p99Ms: 5_000 },
    firstToken: { requests: 500, p50Ms: 100, p95Ms: 900, p99Ms: 1_200 },
    inputTokens: { average: 199.2, longest: prompt },
    outputTokens: { average: 100, longest: 300 },
    arrivals: { requests, from: "2026-11-30T14:05:00.000Z", durationMs: 300_000, variation },
  },
];

const sheetWith = (load: string, measured: Measured | undefined, objectives?: string) =>
  promiseSheet(planOf(served(load, objectives)), [], { models: measured ? measuredModels(inLedger(measured)) : [] });
const latencyWith = (load: string, measured?: Measured) => {
  const [latency] = sheetWith(load, measured).latency;
  if (!latency) throw new Error("no latency");
  return latency;
};
const length = (prediction: Prediction): number =>
  prediction.kind === "bounded" ? prediction.total : Number.POSITIVE_INFINITY;

describe("the load that the usage ledger measured", () => {
  it("breaks a promise that the declared load keeps, if it is higher, and is named as the reason", () => {
    expect(latencyWith(DECLARED).verdict).toBe("kept");
    const sheet = sheetWith(DECLARED, { requests: 1_500 });
    expect(sheet.latency).toMatchObject([{ verdict: "broken", forMeasuredLoad: "longer" }]);
    expect(sheet.loads).toMatchObject([
      {
        model: "chat",
        figures: [
          { name: "rate", measured: "5/s", declared: "0.5/s..1/s", exceeded: true },
          { name: "burst", measured: "1", declared: "1", exceeded: false },
          { name: "prompt", measured: "200..1000", declared: "200..1000", exceeded: false },
          { name: "answer", measured: "100..300", exceeded: false },
        ],
      },
    ]);
    const text = sheetText(sheet);
    expect(text).toContain("under the declared or the measured load, whichever takes longer");
    expect(text).toContain("! predicted for the measured load, which takes longer than the declared one");
    expect(text).toContain("fix: declare the measured load");
    expect(text).toContain("load of chat  measured: 1500 requests in 5m from 2026-11-30 14:05 UTC");
    expect(text).toContain("rate 5/s (0.5/s..1/s declared, exceeded), burst 1 (1 declared)");
  });

  it("changes no prediction if it is lower, and is shown all the same", () => {
    const lower = latencyWith(DECLARED, {});
    expect(lower.predicted).toEqual(latencyWith(DECLARED).predicted);
    expect(lower.forMeasuredLoad).toBeUndefined();
    expect(sheetText(sheetWith(DECLARED, {}))).toContain("rate 0.5/s (0.5/s..1/s declared), burst 1 (1 declared)");
  });

  it("is what a latency without a declared load is predicted from, with the number of requests and the period as the source", () => {
    expect(latencyWith("").verdict).toBe("unknown");
    const { verdict, forMeasuredLoad, predicted } = latencyWith("", {});
    expect({ verdict, forMeasuredLoad }).toEqual({ verdict: "kept", forMeasuredLoad: "not-declared" });
    const origin = { kind: "ledger", requests: 150, from: Date.parse("2026-11-30T14:05:00Z"), duration: 300_000 };
    expect(predicted.kind === "bounded" && predicted.terms[0]).toMatchObject({ name: "wait for a slot", origin });
  });

  it("supplies only the figures that a declared load lacks, and its own prediction counts as well", () => {
    const incomplete = ", load: { rate: 1/s }";
    const { predicted, forMeasuredLoad } = latencyWith(incomplete, { requests: 150 });
    expect(forMeasuredLoad).toBe("not-declared");
    expect(length(predicted)).toBeGreaterThan(length(latencyWith("", { requests: 150 }).predicted));
  });

  it("is in the explanation and its tree, below what serves the requests", () => {
    const models = measuredModels(inLedger({ requests: 1_500 }));
    const plan = withMeasuredLoads(planOf(served(DECLARED)), models);
    const { latency } = promiseSheet(plan, [], { models });
    expect(latencyExplanation(latency, plan)).toContain("measured: 1500 requests in 5m from 2026-11-30 14:05 UTC");
    const [first] = latency;
    if (!first) throw new Error("no latency");
    expect(treeText(latencyTree(first, plan, () => undefined)).replaceAll(/[\s│├└─]+/g, " ")).toContain(
      "load measured: 1500 requests in 5m from 2026-11-30 14:05 UTC: rate 5/s (0.5/s..1/s declared, exceeded)",
    );
  });

  it("never makes a prediction shorter", () => {
    const measured = fc.record({
      requests: fc.integer({ min: 100, max: 2_000 }),
      variation: fc.double({ min: 0, max: 30, noNaN: true }),
      prompt: fc.integer({ min: 200, max: 4_000 }),
    });
    const declared = latencyWith(DECLARED).predicted;
    fc.assert(
      fc.property(measured, (load) => {
        expect(length(latencyWith(DECLARED, load).predicted)).toBeGreaterThanOrEqual(length(declared));
      }),
      { numRuns: runs(30) },
    );
  });

  it("has the burst of its gaps, and no burst where they may be those of independent requests by chance", () => {
    const random = randomOf(20_261_130);
    const burstsOf = (burst: number, requests: number): readonly number[] =>
      Array.from({ length: 200 }, () => {
        const gap = gaps(1, burst, "two rates", random);
        const drawn = Array.from({ length: requests }, gap);
        const mean = drawn.reduce((sum, each) => sum + each, 0) / requests;
        const variation = drawn.reduce((sum, each) => sum + (each / mean - 1) ** 2, 0) / requests;
        const [found] = measuredModels(inLedger({ requests, variation }));
        return found?.load?.burst ?? 0;
      });
    for (const requests of [100, 1_000]) {
      expect(burstsOf(1, requests).filter((burst) => burst > 1).length).toBeLessThan(20);
      expect(burstsOf(3, requests).filter((burst) => burst > 1).length).toBeGreaterThan(180);
    }
    const [median] = burstsOf(3, 1_000)
      .toSorted((a, b) => a - b)
      .slice(100);
    expect(median).toBeCloseTo(3, 0);
  });
});

describe("the measured first token", () => {
  it("is held against its objective", () => {
    const { latency } = sheetWith(DECLARED, {}, "firstToken: { p95: 800ms }");
    expect(latency).toMatchObject([{ of: "firstToken", requests: 500, measured: { ms: 900 }, verdict: "broken" }]);
  });
});
