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

it("fails for every case with a bounded prediction if the code forgets the largest term", () => {
  const unnoticed = calibrated.flatMap(({ of, result, plan, sheet }) =>
    Object.entries(of.figures).flatMap(([name, figure]) => {
      const prediction = figure.predicted(sheet, plan);
      if (prediction.kind !== "bounded" || prediction.total === 0 || figure.whyLarge !== undefined) return [];
      const [largest] = [...prediction.terms].sort((a, b) => b.value - a.value);
      const mutated = withoutTerm(plan, prediction, largest?.name ?? "");
      const { problems } = judge(of, name, figure, mutated, result.figures[name] ?? []);
      return problems.includes("measured more than predicted") ? [] : [`${of.name}/${name} without ${largest?.name}`];
    }),
  );
  expect(unnoticed).toEqual([]);
});
