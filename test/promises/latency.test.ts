import { describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import { suggest } from "../../src/check/suggest/suggest.js";
import { compareSheets } from "../../src/promises/comparison/compare.js";
import { occupancyOf } from "../../src/promises/latency/occupancy.js";
import { boundOfWait, estimatedWait } from "../../src/promises/latency/queue-wait.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { sheetText } from "../../src/promises/sheet-text.js";
import { planOf, plansOf } from "../support/check/findings.js";
import { sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";

interface Shape {
  readonly objectives?: string;
  readonly load?: string;
  readonly speed?: string;
  readonly model?: string;
  readonly more?: string;
}

const LOAD = "rate: 1/s, prompt: 200..1000, answer: 100..300";
const SPEED = "prefill: 1000/s, decode: 20/s..40/s";

const served = ({
  objectives = "latency: { p95: 60s }",
  load = LOAD,
  speed = SPEED,
  model = "",
  more = "",
}: Shape): string => `
platform: shop
provide: in-cluster
services:
  api: { modules: [gateway], calls: [chat], replicas: 1, expose: true }
models:
  chat: { source: file:///chat.gguf, engine: llama.cpp, concurrency: 8, replicas: 1${load === "" ? "" : `, load: { ${load} }`}${speed === "" ? "" : `, speed: { ${speed} }`}${model} }
objectives: { ${objectives} }
${more}`;

const latencyOf = (text: string, environment?: string) => {
  const [latency] = sheetOf(text, [], environment).latency;
  if (!latency) throw new Error("no latency objective");
  return latency;
};
const predicted = (shape: Shape) => latencyOf(served(shape)).predicted;
const errors = (text: string) => check([planOf(text)]).filter(({ code }) => /latency/.test(code));

describe("a latency objective", () => {
  it("is predicted as a sum of terms, each with its line or its source", () => {
    const { predicted, verdict, subject } = latencyOf(served({}));
    expect({ subject, verdict }).toEqual({ subject: "api", verdict: "kept" });
    expect(termsOf(predicted)).toEqual([
      "wait for a slot",
      "prefill of the prompt",
      "prefill of other prompts",
      "decode of the answer",
      "gateway",
    ]);
    expect(termOf(predicted, "prefill of the prompt")).toBeCloseTo(1000, 6);
    expect(predicted.kind === "bounded" && predicted.terms.map(({ origin }) => origin)).toMatchObject([
      { kind: "file", line: 7 },
      { kind: "file", line: 7 },
      { kind: "file", line: 7 },
      { kind: "file", line: 7 },
      { kind: "assumption", why: expect.stringContaining("docs/performance.md") },
    ]);
  });

  it("of a gateway is that of its slowest model", () => {
    const two = served({})
      .replace("calls: [chat]", "calls: [chat, slow]")
      .replace(
        "models:",
        `models:\n  slow: { source: file:///slow.gguf, engine: llama.cpp, load: { ${LOAD} }, speed: { prefill: 800/s, decode: 5/s }, concurrency: 64 }`,
      );
    expect(totalOf(latencyOf(two).predicted)).toBeGreaterThan(totalOf(predicted({})));
  });

  it("grows with load, burst and percentile, and falls with replicas", () => {
    const base = totalOf(predicted({ load: `rate: 1.2/s, ${LOAD.slice(LOAD.indexOf("prompt"))}` }));
    expect(base).toBeGreaterThan(totalOf(predicted({})));
    expect(totalOf(predicted({ load: `${LOAD}, burst: 3` }))).toBeGreaterThan(totalOf(predicted({})));
    expect(totalOf(predicted({ objectives: "latency: { p99: 60s }" }))).toBeGreaterThan(totalOf(predicted({})));
    const more = latencyOf(served({}).replace("concurrency: 8, replicas: 1", "concurrency: 8, replicas: 4"));
    expect(totalOf(more.predicted)).toBeLessThan(totalOf(predicted({})));
  });

  it("is longer behind several gateways, each of which knows only its own requests", () => {
    const several = served({ model: "" })
      .replace("calls: [chat], replicas: 1", "calls: [chat], replicas: 3")
      .replace("concurrency: 8, replicas: 1", "concurrency: 8, replicas: 2");
    const one = served({}).replace("concurrency: 8, replicas: 1", "concurrency: 8, replicas: 2");
    const wait = (text: string) =>
      termOf(latencyOf(text.replace("rate: 1/s", "rate: 2/s")).predicted, "wait for a slot");
    expect(wait(several)).toBeGreaterThan(wait(one));
  });

  it("is unknown, and not kept, without a figure that it needs; the fix names it", () => {
    const cases: readonly [Shape, RegExp, RegExp][] = [
      [{ load: "" }, /the rate of requests of chat is not declared/, /declare `load: \{ rate: 2\/s/],
      [{ load: "rate: 1/s, answer: 100" }, /the length of the prompts of chat/, /load: \{ prompt:/],
      [{ load: "rate: 1/s, prompt: 100" }, /the length of the answers of chat/, /load: \{ answer:/],
      [{ speed: "" }, /the speed of prefill of chat/, /speed: \{ prefill: 4000\/s \}/],
      [{ speed: "prefill: 1000/s" }, /the speed of decode of chat/, /speed: \{ decode:/],
    ];
    for (const [shape, why, fix] of cases) {
      const { verdict, predicted: prediction } = latencyOf(served(shape));
      expect(verdict).toBe("unknown");
      expect(prediction).toMatchObject({ kind: "unknown", why: expect.stringMatching(why) });
      expect(errors(served(shape))).toMatchObject([
        { code: "observability/latency-unpredicted", severity: "error", hint: expect.stringMatching(fix) },
      ]);
    }
    expect(sheetText(sheetOf(served({ load: "" })))).toMatch(
      /\n {2}api {2}p95 within 1m promised {2}unknown predicted \?\n {6}the rate/,
    );
  });

  it("reads the speed of the size class of a model", () => {
    const text = served({
      speed: "",
      model: ", parameters: 7B",
      more: `classes: { mine: { parameters: 1B..9B, speed: { ${SPEED} } } }\n`,
    });
    expect(totalOf(latencyOf(text).predicted)).toBe(totalOf(predicted({})));
    const { predicted: prediction } = latencyOf(text);
    expect(prediction.kind === "bounded" && prediction.terms[1]?.origin).toMatchObject({ kind: "file", line: 9 });
  });

  it("of the simulator needs no measured speed", () => {
    expect(predicted({ speed: "", model: ", fallback: simulated" })).toMatchObject({ kind: "unknown" });
    const simulated = served({ speed: "" }).replace(
      "source: file:///chat.gguf, engine: llama.cpp",
      "engine: simulated",
    );
    const { predicted: prediction } = latencyOf(simulated);
    expect(prediction.kind === "bounded" && prediction.terms[3]?.origin).toMatchObject({
      why: "the timing of the simulator",
    });
  });

  it("has no bound if the load needs more than all slots, and names the replicas that serve it", () => {
    const text = served({ load: LOAD.replace("1/s", "4/s") });
    expect(latencyOf(text)).toMatchObject({ verdict: "broken", predicted: { kind: "unbounded" } });
    const [finding] = errors(text);
    expect(finding).toMatchObject({ code: "capacity/latency", severity: "error", safe: false });
    expect(finding?.message).toMatch(/4\/s on 1 × 8 slots of chat need \d+% of the slots/);
    expect(finding?.hint).toMatch(/^run \d+ replicas of chat$/);
    const kept = planOf(
      text.replace("concurrency: 8, replicas: 1", `concurrency: 8, replicas: ${finding?.fix?.[0]?.value}`),
    );
    expect(promiseSheet(kept, []).latency[0]?.verdict).toBe("kept");
  });

  it("counts the peak on the maximum of an autoscaled model, and otherwise on the minimum", () => {
    const range = { load: LOAD.replace("1/s", "1/s..4/s") };
    const scaled = (scale: string) =>
      latencyOf(
        served({ ...range, model: scale }).replace("concurrency: 8, replicas: 1", "concurrency: 8, replicas: 1..6"),
      );
    expect(scaled(", scale: { cpu: 70% }").predicted.kind).toBe("bounded");
    expect(scaled(", scale: { queue: 10 }").predicted.kind).toBe("unbounded");
  });

  it("does not wait longer than the deadline of the gateway's queue: such requests are refused", () => {
    const busy = { load: LOAD.replace("1/s", "1.15/s") };
    expect(termOf(predicted({ ...busy, model: ", queue: { deadline: 2s }" }), "wait for a slot")).toBe(2000);
    expect(termOf(predicted({ ...busy, model: ", queue: { deadline: 1h }" }), "wait for a slot")).toBeGreaterThan(2000);
  });

  it("has no bound where the gateway ends requests before their first token", () => {
    expect(predicted({ model: ", timeout: 1s" })).toMatchObject({
      kind: "unbounded",
      why: expect.stringMatching(/the first token of chat can take .* and the gateway ends a request after 1s/),
    });
  });

  it("can be removed from an element with `none`", () => {
    const own = served({ model: ", objectives: { latency: { p99: 2m } }" });
    expect(sheetOf(own).latency.map(({ subject }) => subject)).toEqual(["api", "chat"]);
    const none = served({}).replace("expose: true", "expose: true, objectives: { latency: none }");
    expect(sheetOf(none).latency).toEqual([]);
  });
});

describe("the latency of the first token", () => {
  it("has no decode of the answer, and is promised besides the latency", () => {
    const sheet = sheetOf(served({ objectives: "latency: { p95: 60s }, firstToken: { p95: 10s }" }));
    const [whole, first] = sheet.latency;
    expect(first).toMatchObject({ of: "firstToken", subject: "api", within: 10_000 });
    expect(first && termsOf(first.predicted)).toContain("first token");
    expect(first && whole && totalOf(first.predicted)).toBeLessThan(whole ? totalOf(whole.predicted) : 0);
    expect(sheetText(sheet)).toMatch(/api {2}first token p95 within 10s promised/);
  });

  it("is unknown for what generates none", () => {
    const text = `platform: shop\nservices: { web: { image: "nginx:1.27.0", port: 80 } }\nobjectives: { firstToken: { p95: 1s } }\n`;
    expect(latencyOf(text)).toMatchObject({ verdict: "unknown", predicted: { why: "web generates no tokens" } });
  });
});

describe("the latency of a service", () => {
  const web = (load: string) =>
    `platform: shop\nprovide: in-cluster\nservices: { web: { image: "nginx:1.27.0", port: 80, replicas: 2, load: { ${load} } } }\nobjectives: { latency: { p95: 500ms } }\n`;

  it("is the wait for one of its slots and its longest work", () => {
    const { verdict, predicted } = latencyOf(web("rate: 40/s, work: 20ms..80ms, concurrency: 4"));
    expect(verdict).toBe("kept");
    expect(termsOf(predicted)).toEqual(["wait for a slot", "work"]);
    expect(termOf(predicted, "work")).toBe(80);
  });

  it("is unknown without its work, and of a store in any case", () => {
    expect(latencyOf(web("rate: 40/s")).predicted).toMatchObject({
      kind: "unknown",
      why: /time of one request of web/,
    });
    const store = "platform: shop\nstores: { db: { postgres: 17, objectives: { latency: { p99: 5ms } } } }\n";
    expect(latencyOf(store)).toMatchObject({ subject: "db", verdict: "unknown" });
  });
});

describe("a measured latency", () => {
  const measured = (p95: number, requests = 1_000) =>
    promiseSheet(planOf(served({})), [], {
      models: [{ model: "chat", times: { latency: { requests, percentiles: [{ percentile: 0.95, value: p95 }] } } }],
    });

  it("is shown with the prediction, and breaks the promise if it is longer", () => {
    expect(measured(2_300).latency).toMatchObject([{ verdict: "kept", requests: 1_000, measured: { ms: 2_300 } }]);
    expect(sheetText(measured(2_300))).toMatch(/predicted ✓ {2}2\.3s measured on 1000 requests/);
    expect(measured(61_000).latency).toMatchObject([{ verdict: "broken", underestimated: true }]);
  });

  it("is marked if it is longer than predicted, and not counted on a handful of requests", () => {
    const longer = totalOf(predicted({})) + 1;
    expect(measured(longer).latency).toMatchObject([{ verdict: "kept", underestimated: true }]);
    expect(measured(longer, 99).latency[0]?.measured).toBeUndefined();
  });
});

describe("a comparison and a suggestion", () => {
  it("name a latency promise that a change loses", () => {
    const before = sheetOf(served({}));
    const after = sheetOf(served({ load: LOAD.replace("1/s", "4/s") }));
    expect(compareSheets(before, after)).toMatchObject([{ kind: "lost", of: "latency", subject: "api" }]);
  });

  it("keep a broken promise by more replicas, or by a longer promise", () => {
    const text = served({ objectives: "latency: { p95: 15s }", load: LOAD.replace("1/s", "1.2/s") });
    expect(latencyOf(text).verdict).toBe("broken");
    const { suggestions, unkept } = suggest(text, (edited) => plansOf(edited));
    expect(unkept).toBe(1);
    expect(suggestions.map(({ steps }) => steps.map(({ edits }) => edits.map(({ path }) => path)))).toEqual([
      [["models.chat.replicas"]],
      [["objectives.latency.p95"]],
    ]);
    for (const { text: edited } of suggestions) expect(latencyOf(edited).verdict).toBe("kept");
  });
});

describe("the queue", () => {
  const station = (rate: number, slots: number, variation = 1) => ({ rate, slots, variation, serviceTime: () => 1 });

  it("is Erlang's C formula for independent requests", () => {
    // Two slots that one request per service time reaches: C = 1/3 (A² / 2 (1 − ρ)) / (1 + A + A² / 2 (1 − ρ)).
    expect(occupancyOf(station(1, 2), 1).waits).toBeCloseTo(1 / 3, 12);
    expect(occupancyOf(station(0.7, 1), 1).waits).toBeCloseTo(0.7, 12);
    expect(occupancyOf(station(90, 100), 1).waits).toBeCloseTo(0.217, 3);
  });

  it("of one slot and bursts is the exact queue of GI/M/1", () => {
    // The root σ = A*(µ(1 − σ)) for this distribution of gaps: 1 − σ = (1 − ρ) / b.
    const burst = 4;
    expect(occupancyOf(station(0.6, 1), burst).waits).toBeCloseTo(1 - (1 - 0.6) / burst, 12);
  });

  it("has the exponent of Cramér and Lundberg: that of M/D/1 solves λ (e^θ − 1) = θ", () => {
    const theta = Math.log(1 / 0.01) / boundOfWait(station(0.8, 1), 1, 0.01);
    expect(0.8 * Math.expm1(theta)).toBeCloseTo(theta, 9);
  });

  it("has the mean of heavy load, half the sum of the squared variations ÷ (1 − ρ), the same for all gaps", () => {
    // Kingman 1961; the services are 1 or 0 or 4, with the variance 3.
    const busy = 1 - 1e-5;
    const mean = (variation: number) => boundOfWait(station(busy, 1, variation), 4, Math.exp(-1));
    expect(mean(1) * (1 - busy)).toBeCloseTo((1 + 3) / 2, 3);
    expect(mean(9) * (1 - busy)).toBeCloseTo((9 + 3) / 2, 3);
  });

  it("of several slots is that of one as fast as all of them, and what the others have left", () => {
    const one = { rate: 3.2, slots: 1, variation: 1, serviceTime: () => 0.25 };
    expect(boundOfWait(station(3.2, 4), 1, 0.01)).toBeCloseTo(boundOfWait(one, 0.25, 0.01) + 3 / 4, 9);
    expect(estimatedWait(station(3.2, 4), 2, 0.01)).toBeLessThan(boundOfWait(station(3.2, 4), 2, 0.01));
  });

  it("is empty where hardly any request waits", () => {
    expect(boundOfWait(station(0.004, 1), 1, 0.01)).toBe(0);
    expect(boundOfWait(station(3, 32), 1, 0.05)).toBe(0);
    expect(estimatedWait(station(0.009, 1), 1, 0.01)).toBe(0);
  });
});
