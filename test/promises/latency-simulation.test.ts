import { describe, expect, it } from "vitest";
import { predictLatency } from "../../src/promises/latency/predicted-latency.js";
import { planOf } from "../support/check/findings.js";
import { totalOf } from "../support/promises/rows.js";
import { gaps, percentileOf, randomOf, simulateModel, simulateSlots } from "../support/promises/simulated-load.js";
import { runs } from "../support/property-runs.js";

/**
 * The predictions against a discrete-event simulation of what they describe: an open-loop load, the gateway's queue, and the batch of
 * each replica. The designs are drawn with a fixed seed. A percentile of a simulation is an estimate: near full load the waits
 * of neighbouring requests depend on each other, so that more load than 85 % needs more requests than a test can simulate.
 */

const random = randomOf(20_261_130);
const draw = <const Value>(values: readonly [Value, ...Value[]]): Value =>
  values[Math.floor(random() * values.length)] ?? values[0];

/** Lengths with this average, none above `longest`. */
function lengths(average: number, longest: number, shape: "two" | "geometric" | "even"): () => number {
  if (average === longest) return () => average;
  const shortest = Math.max(1, 2 * average - longest);
  const widest = Math.min(longest, 2 * average - shortest);
  switch (shape) {
    case "two":
      return () => (random() < (average - 1) / (longest - 1) ? longest : 1);
    case "geometric":
      return () => Math.min(longest, Math.max(1, Math.ceil(-Math.log(1 - random()) * average)));
    case "even":
      return () => Math.round(shortest + random() * (widest - shortest));
  }
}

const percent = { "0.5": "p50", "0.95": "p95", "0.99": "p99" } as const;
const REQUESTS = 8_000;
/** The queue is empty at the start, and not yet typical. */
const WARM_UP = 500;

describe("the predicted percentile of a model", () => {
  it("is at least that of a simulated load, for the latency and for the first token", () => {
    const found: { readonly of: string; readonly ratio: number; readonly line: string }[] = [];
    for (let run = 0; run < runs(24); run += 1) {
      const slots = draw([1, 2, 4, 8, 16]);
      const replicas = draw([1, 1, 2, 3]);
      const gateways = draw([1, 1, 2]);
      const burst = draw([1, 1, 1.5, 2, 3]);
      const utilisation = draw([0.1, 0.3, 0.5, 0.7, 0.85]);
      const prompt = draw([20, 200, 1000]);
      const answer = draw([5, 15, 30]);
      const longestPrompt = prompt * draw([1, 2, 4]);
      const longestAnswer = answer * draw([1, 2, 3]);
      const percentile = draw(["0.5", "0.95", "0.95", "0.99"]);
      const turnaround = 0.003;
      const times = {
        prefillRate: draw([1000, 8000]),
        stepMs: 16,
        perSequenceMs: draw([0.5, 6]),
        cacheTokens: 1e9,
        batch: slots,
      };
      const full = times.stepMs + times.perSequenceMs * (slots - 1);
      const service = (slots * prompt) / times.prefillRate + ((answer + 1) * full) / 1000 + turnaround;
      const rate = (utilisation * replicas * slots) / service;

      const text = `
platform: simulated
provide: in-cluster
services: { gateway: { modules: [gateway], calls: [m], replicas: ${gateways} } }
models:
  m:
    source: file:///m.gguf
    engine: llama.cpp
    concurrency: ${slots}
    replicas: ${replicas}
    queue: { deadline: 10h }
    timeout: 10h
    load: { rate: ${rate.toFixed(9)}/s, burst: ${burst}, prompt: ${prompt}..${longestPrompt}, answer: ${answer}..${longestAnswer} }
    speed: { prefill: ${times.prefillRate}/s, decode: ${(1000 / full).toFixed(9)}/s..${1000 / times.stepMs}/s }
objectives: { latency: { ${percent[percentile]}: 1s }, firstToken: { ${percent[percentile]}: 1s } }
`;
      const gap = gaps(rate, burst, draw(["bursts", "two rates"]), random);
      const promptOf = lengths(prompt, longestPrompt, draw(["two", "geometric", "even"]));
      const answerOf = lengths(answer, longestAnswer, draw(["two", "geometric", "even"]));
      let at = 0;
      const requests = Array.from({ length: REQUESTS }, () => {
        at += gap();
        return { at, prompt: promptOf(), answer: answerOf() };
      });
      const responses = simulateModel(requests, { replicas, gateways, times, turnaround }).slice(WARM_UP);
      for (const { of, predicted, subject } of predictLatency(planOf(text), [])) {
        if (subject !== "gateway") continue;
        const measured = percentileOf(
          responses.map((response) => response[of]),
          Number(percentile),
        );
        const ratio = predicted.kind === "bounded" ? totalOf(predicted) / 1000 / measured : Number.POSITIVE_INFINITY;
        const design = `${gateways} gateways, ${replicas} × ${slots} slots, ${utilisation} used, burst ${burst}`;
        found.push({
          of,
          ratio,
          line: `${ratio.toFixed(2)} ${percent[percentile]} of ${of}: ${design}, prompts ${prompt}..${longestPrompt} at ${times.prefillRate}/s, answers ${answer}..${longestAnswer}`,
        });
      }
    }
    expect(found.filter(({ ratio }) => ratio < 1).map(({ line }) => line)).toEqual([]);
    // On the safe side, but not so far that no promise could be kept.
    const ratios = found.filter(({ of }) => of === "latency").map(({ ratio }) => ratio);
    expect(percentileOf(ratios, 0.5)).toBeLessThan(4);
  });
});

describe("the predicted percentile of a service", () => {
  it("is at least that of a simulated load of independent requests with any work between its bounds", () => {
    const found: string[] = [];
    for (let run = 0; run < runs(40); run += 1) {
      const slots = draw([1, 2, 8, 32]);
      const burst = draw([1, 1, 2, 4]);
      const utilisation = draw([0.1, 0.3, 0.5, 0.7, 0.85]);
      const average = 20;
      const longest = average * draw([1, 2, 5]);
      const percentile = draw(["0.5", "0.95", "0.95", "0.99"]);
      const rate = (utilisation * slots * 1000) / average;
      const text = `
platform: simulated
provide: in-cluster
services: { web: { image: "nginx:1.27.0", port: 80, replicas: 1, load: { rate: ${rate.toFixed(9)}/s, burst: ${burst}, work: ${average}ms..${longest}ms, concurrency: ${slots} } } }
objectives: { latency: { ${percent[percentile]}: 1s } }
`;
      const gap = gaps(rate, burst, draw(["bursts", "two rates"]), random);
      const workOf = lengths(average, longest, draw(["two", "geometric", "even"]));
      let at = 0;
      const requests = Array.from({ length: 50_000 }, () => {
        at += gap();
        return { at, work: workOf() / 1000 };
      });
      const measured = percentileOf(simulateSlots(requests, slots).slice(WARM_UP), Number(percentile));
      const [latency] = predictLatency(planOf(text), []);
      if (!latency) throw new Error("nothing is promised");
      const ratio = totalOf(latency.predicted) / 1000 / measured;
      if (ratio < 1 - 1e-9)
        found.push(
          `${ratio.toFixed(2)} ${percent[percentile]}: ${slots} slots, ${utilisation} used, burst ${burst}, work ${average}..${longest}`,
        );
    }
    expect(found).toEqual([]);
  });
});
