import { array, assert, boolean, integer, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { loss, lostAfterRecovery, outage } from "../../src/recovery/drills/measure.js";
import { BIN_MS, type Sample, series } from "../../src/recovery/drills/sample.js";

/** A request sent at `sent` that took 10 ms by default. */
function sample(sent: number, ok: boolean, took = 10, reference = `id ${sent}`): Sample {
  return { kind: "request", sent, ended: sent + took, ok, reference: ok ? reference : undefined };
}

const FAULT = 1000;

describe("the outage", () => {
  test("runs from the last success before the fault to the first success after the last failure", () => {
    const samples = [
      sample(900, true),
      sample(1010, false),
      sample(1500, false),
      sample(2000, true),
      sample(2100, true),
    ];
    expect(outage(samples, FAULT)).toEqual({ from: 910, to: 2010, duration: 1100, failed: 2 });
  });

  test("is not over while failures still follow successes", () => {
    const samples = [
      sample(900, true),
      sample(1010, false),
      sample(1200, true),
      sample(1300, false),
      sample(1900, true),
    ];
    expect(outage(samples, FAULT).duration).toBe(1910 - 910);
  });

  test("is not prolonged by a request that was sent during it and timed out late", () => {
    const samples = [sample(900, true), sample(1100, false, 9000), sample(1600, true)];
    expect(outage(samples, FAULT)).toMatchObject({ to: 1610 });
  });

  test("is the longest gap if requests were only delayed and none failed", () => {
    const samples = [sample(900, true), sample(1010, true, 700), sample(1020, true, 690), sample(1800, true)];
    expect(outage(samples, FAULT)).toEqual({ from: 910, to: 1710, duration: 800, failed: 0 });
  });

  test("has no end if nothing succeeds after the last failure", () => {
    expect(outage([sample(900, true), sample(1010, false)], FAULT)).toEqual({
      from: 910,
      to: undefined,
      duration: undefined,
      failed: 1,
    });
  });

  const samples = array(
    record({ sent: integer({ min: 0, max: 5000 }), ok: boolean(), took: integer({ min: 1, max: 900 }) }),
    { maxLength: 60 },
  );

  test("covers every failure after the fault", () => {
    assert(
      property(samples, (given) => {
        const all = given.map(({ sent, ok, took }) => sample(sent, ok, took));
        const { from, to, duration, failed } = outage(all, FAULT);
        expect(from).toBeLessThanOrEqual(Math.max(FAULT, to ?? FAULT));
        if (duration !== undefined) expect(duration).toBeGreaterThanOrEqual(0);
        if (failed > 0 && to !== undefined)
          for (const each of all) if (!each.ok && each.ended > FAULT) expect(each.sent).toBeLessThan(to);
      }),
    );
  });
});

describe("the age of what was lost", () => {
  const acknowledged = [sample(100, true), sample(300, true), sample(500, true), sample(900, true)];
  const survived = (...sent: number[]) => new Set(sent.map((each) => `id ${each}`));

  test("is zero if every acknowledged write survived", () => {
    expect(loss(acknowledged, survived(100, 300, 500, 900), FAULT, undefined)).toEqual({
      acknowledged: 4,
      lost: 0,
      age: 0,
    });
  });

  test("runs from the last surviving write to the fault", () => {
    expect(loss(acknowledged, survived(100, 300), FAULT, undefined)).toMatchObject({ lost: 2, age: FAULT - 310 });
  });

  test("is not reduced by a write that survived after a lost one", () => {
    expect(loss(acknowledged, survived(100, 900), FAULT, undefined)).toMatchObject({ lost: 2, age: FAULT - 110 });
  });

  test("reaches back to the newest archived segment if every write is lost", () => {
    expect(loss(acknowledged, survived(), FAULT, -5000)).toMatchObject({ lost: 4, age: FAULT + 5000 });
  });

  test("starts at the first lost write at the latest, even if a segment was archived after it", () => {
    const [first] = acknowledged;
    expect(loss(acknowledged, survived(), FAULT, FAULT - 1)).toMatchObject({
      lost: 4,
      age: FAULT - (first?.sent ?? 0),
    });
  });

  test("does not cover a write that was sent after the recovery and is lost", () => {
    const after = [...acknowledged, sample(1100, true), sample(1500, true), sample(1600, false)];
    const there = survived(100, 300, 500);
    expect(lostAfterRecovery(after, there, 1400)).toBe(1);
    // Acknowledged by a backend of the dying server, and lost with it.
    expect(lostAfterRecovery(after, survived(1500), 1400)).toBe(0);
    expect(lostAfterRecovery(after, there, undefined)).toBe(0);
  });

  test("grows as less survives", () => {
    assert(
      property(
        array(integer({ min: 0, max: 990 }), { minLength: 1, maxLength: 40 }),
        integer({ min: 0, max: 40 }),
        (times, keep) => {
          const all = [...new Set(times)].sort((a, b) => a - b).map((sent) => sample(sent, true, 1));
          const age = (kept: number) =>
            loss(all, new Set(all.slice(0, kept).map((each) => each.reference ?? "")), FAULT, -100).age;
          expect(age(Math.min(keep, all.length))).toBeGreaterThanOrEqual(age(Math.min(keep + 1, all.length)));
        },
      ),
    );
  });
});

test("the plot counts every request once, intervals without a request included", () => {
  const samples = [sample(0, true), sample(10, true), sample(1000, false), sample(1990, true)];
  const bins = series(samples, "request", 0, 2000);
  expect(bins).toHaveLength(2000 / BIN_MS);
  expect(bins.reduce((sum, bin) => sum + bin.ok + bin.failed, 0)).toBe(4);
  expect(bins[2]).toEqual({ t: 2 * BIN_MS, ok: 0, failed: 0 });
});
