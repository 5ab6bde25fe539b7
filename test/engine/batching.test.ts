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

/** Steps until nothing is left; gives the time at which each sequence finished. */
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
  it("reads the prompt once and then gives a token in each step", () => {
    // 100 tokens of prompt take 100 ms at 1000/s; three steps of 10 ms.
    expect(run(joined([{ inputTokens: 100, outputTokens: 3 }]), times).get(0)).toBe(130);
  });

  it("gives each sequence of a batch its tokens slower, but all together more", () => {
    const alone = run(joined([{ inputTokens: 0, outputTokens: 50 }]), times).get(0) ?? 0;
    const four = run(joined(Array.from({ length: 4 }, () => ({ inputTokens: 0, outputTokens: 50 }))), times);
    const last = Math.max(...four.values());
    expect(last).toBeGreaterThan(alone);
    expect(last).toBeLessThan(4 * alone);
  });

  it("finishes every sequence, in the order of arrival when they are alike, whatever comes", () => {
    fc.assert(
      fc.property(sequences, (list) => {
        expect(run(joined(list), times).size).toBe(list.length);
      }),
    );
  });

  it("never runs more than the batch, nor more than the cache holds (but for one that is too large alone)", () => {
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

  it("forgets who left, running or waiting", () => {
    fc.assert(
      fc.property(sequences, fc.nat(20), fc.nat(10), (list, who, when) => {
        let state = joined(list);
        for (let count = 0; count < when; count += 1) state = step(state, times).state;
        const finished = run(leave(state, who), times);
        expect(finished.has(who)).toBe(false);
      }),
    );
  });
});
