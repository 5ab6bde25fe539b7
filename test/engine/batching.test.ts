import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BatchingTimes,
  type BatchState,
  idle,
  join,
  leave,
  step,
} from "../../src/runtime/engine/child/batching.js";

const times: BatchingTimes = { prefillRate: 1000, stepMs: 10, perSequenceMs: 1, cacheTokens: 1000, batch: 4 };

/** Steps until the batch is empty; returns the time at which each sequence finished. */
function run(state: BatchState, settings: BatchingTimes): Map<number, number> {
  const finishedAt = new Map<number, number>();
  let now = 0;
  for (let at = state; at.running.length + at.waiting.length > 0; ) {
    const next = step(at, settings);
    now += next.ms;
    for (const id of next.finished) finishedAt.set(id, now);
    at = next.state;
  }
  return finishedAt;
}

const sequence = fc.record({
  inputTokens: fc.integer({ min: 0, max: 2000 }),
  outputTokens: fc.integer({ min: 1, max: 60 }),
});
const sequences = fc.array(sequence, { maxLength: 20 });
const joined = (list: readonly { inputTokens: number; outputTokens: number }[]): BatchState =>
  list.reduce((state, one, id) => join(state, { id, ...one }), idle);

describe("the timing of a continuous-batching server", () => {
  it("prefills the prompt once and then generates a token in each step", () => {
    // 100 tokens of prompt take 100 ms at 1000/s; three steps of 10 ms.
    expect(run(joined([{ inputTokens: 100, outputTokens: 3 }]), times).get(0)).toBe(130);
  });

  it("generates more slowly for each sequence of a batch, but faster in total", () => {
    const alone = run(joined([{ inputTokens: 0, outputTokens: 50 }]), times).get(0) ?? 0;
    const four = run(joined(Array.from({ length: 4 }, () => ({ inputTokens: 0, outputTokens: 50 }))), times);
    const last = Math.max(...four.values());
    expect(last).toBeGreaterThan(alone);
    expect(last).toBeLessThan(4 * alone);
  });

  it("finishes every sequence", () => {
    fc.assert(
      fc.property(sequences, (list) => {
        expect(run(joined(list), times).size).toBe(list.length);
      }),
    );
  });

  it("never exceeds the batch or the cache, except with a single sequence that is larger than the cache", () => {
    fc.assert(
      fc.property(sequences, (list) => {
        for (let state = joined(list); state.running.length + state.waiting.length > 0; ) {
          const before = state;
          const next = step(state, times);
          const ran = next.advanced.length;
          expect(ran).toBeLessThanOrEqual(times.batch);
          const held = [...before.running, ...before.waiting]
            .filter(({ id }) => next.advanced.includes(id))
            .reduce((sum, one) => sum + one.inputTokens + one.outputTokens, 0);
          if (ran > 1) expect(held).toBeLessThanOrEqual(times.cacheTokens);
          state = next.state;
        }
      }),
    );
  });

  it("removes a cancelled sequence, running or waiting", () => {
    fc.assert(
      fc.property(sequences, fc.nat(20), fc.nat(10), (list, cancelled, steps) => {
        let state = joined(list);
        for (let count = 0; count < steps; count += 1) state = step(state, times).state;
        const finished = run(leave(state, cancelled), times);
        expect(finished.has(cancelled)).toBe(false);
      }),
    );
  });
});
