import { describe, expect, it } from "vitest";
import type { Figure } from "../../calibration/case.js";
import { judge, medianRatio, problemsOf, withoutTerm } from "../../calibration/judge.js";
import type { Outcome } from "../../src/contracts/drills.js";
import { assumed, bounded, type Prediction, unbounded, unknown } from "../../src/promises/prediction.js";
import { planOf } from "../support/plan/planned.js";

const plan = planOf("platform: x\nservices: { web: { image: a/b:1, port: 80 } }\nprovide: in-cluster\n");
const predicted = bounded(plan, "", [assumed("probe", 10_000, "x"), assumed("start", 5_000, "x")]);
const figure: Figure = { what: "RTO", predicted: () => predicted };
const took = (...seconds: number[]): Outcome[] => seconds.map((each) => ({ kind: "measured", ms: each * 1000 }));
const never: Outcome = { kind: "never-recovered", afterMs: 60_000 };
const line = (outcomes: readonly Outcome[], of: Partial<Figure> = {}, prediction: Prediction = predicted) =>
  judge({ name: "case" }, "rto", { ...figure, ...of }, prediction, outcomes);

describe("a figure of the calibration", () => {
  it("holds if the worst of its repetitions is within the prediction", () => {
    const { median, worst, ratio, problems } = line(took(4, 9, 5));
    expect([median, worst]).toEqual(took(5, 9));
    expect(ratio).toBeCloseTo(15 / 9);
    expect(problems).toEqual([]);
  });

  it("fails if one repetition exceeds the prediction or never recovers", () => {
    expect(line(took(4, 15.001, 5)).problems).toEqual(["measured more than predicted"]);
    expect(line([...took(4), never]).problems).toEqual(["measured more than predicted"]);
  });

  it("fails without the term that the recovery needs", () => {
    expect(line(took(12)).problems).toEqual([]);
    expect(line(took(12), {}, withoutTerm(plan, predicted, "start")).problems).toEqual([
      "measured more than predicted",
    ]);
  });

  it("needs a reason for a ratio above five", () => {
    expect(line(took(2)).problems).toEqual(["a ratio of 7.5 is not explained"]);
    expect(line(took(2), { whyLarge: "the row covers a hang as well" }).problems).toEqual([]);
  });

  it("accepts any measurement of an outage that is predicted as unbounded, and none of an unknown one", () => {
    expect(line([never], {}, unbounded(plan, "", "nothing replaces it")).problems).toEqual([]);
    expect(line(took(1), {}, unknown(plan, "", "no fact")).problems).toEqual(["nothing is predicted: no fact"]);
  });

  it("compares a loss of nothing with a prediction of nothing", () => {
    const nothing = bounded(plan, "", []);
    expect(line(took(0), {}, nothing).ratio).toBe(1);
    expect(line(took(0.1), {}, nothing).problems).toEqual(["measured more than predicted"]);
  });
});

describe("the calibration as a whole", () => {
  it("fails if the median of its ratios is above three", () => {
    const close = line(took(14));
    const far = line(took(4));
    expect(problemsOf([close, close, far])).toEqual([]);
    expect(medianRatio([close, far, far])).toBeCloseTo(15 / 4);
    expect(problemsOf([close, far, far])).toEqual(["the median ratio is 3.8, at most 3 is allowed"]);
  });

  it("names the case of each problem", () => {
    expect(problemsOf([line(took(20))])).toEqual(["case/rto: measured more than predicted"]);
  });
});
