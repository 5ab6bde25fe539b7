import { expect, it } from "vitest";
import { linesOf, predictionsOf } from "../../calibration/calibrate.js";
import { cases } from "../../calibration/cases/index.js";
import { judge, problemsOf, withoutTerm } from "../../calibration/judge.js";
import { readResults } from "../../calibration/results.js";

const results = await readResults();
const calibrated = cases.flatMap((of) => {
  const result = results[of.name];
  return result ? [{ of, result, ...predictionsOf(of) }] : [];
});

it("predicts no less than was measured of any calibrated system", () => {
  expect(calibrated.length).toBeGreaterThan(0);
  expect(problemsOf(calibrated.flatMap(({ of, result }) => linesOf(of, result)))).toEqual([]);
});

it("has a case for every stored measurement, with the same figures", () => {
  for (const [name, { figures }] of Object.entries(results)) {
    const of = cases.find((each) => each.name === name);
    expect(Object.keys(figures).sort(), name).toEqual(Object.keys(of?.figures ?? {}).sort());
  }
});

/** Terms that are needed: without one of them a system was measured that recovers more slowly than predicted. */
const NEEDED = [
  "liveness probe",
  "failover",
  "node marked unready",
  "eviction of its pods",
  "shutdown of replaced pods",
  "a check waits for an answer",
];

it.each(NEEDED)("fails if the code forgets the term %s", (name) => {
  const lines = calibrated.flatMap(({ of, result, plan, sheet }) =>
    Object.entries(of.figures).map(([key, figure]) =>
      judge(of, key, figure, withoutTerm(plan, figure.predicted(sheet, plan), name), result.figures[key] ?? []),
    ),
  );
  expect(problemsOf(lines)).toContainEqual(expect.stringContaining("measured more than predicted"));
});
