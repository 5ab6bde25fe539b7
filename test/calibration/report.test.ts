import { expect, it } from "vitest";
import { type Case, measured } from "../../calibration/case.js";
import { page } from "../../calibration/report.js";
import { assumed, bounded } from "../../src/promises/prediction.js";
import { planOf } from "../support/plan/planned.js";

const platform = "platform: x\nservices: { web: { image: a/b:1, port: 80 } }\nprovide: in-cluster\n";
const plan = planOf(platform);

/** The row of a figure whose prediction and measurements are these many milliseconds. */
function row(predicted: number, ...outcomes: number[]): string | undefined {
  const of: Case = {
    name: "case",
    title: "",
    platform,
    needs: [],
    runs: outcomes.length,
    figures: { rto: { what: "RTO", predicted: () => bounded(plan, "", [assumed("probe", predicted, "x")]) } },
    start: () => Promise.reject(new Error("not started")),
  };
  const result = { date: "2026-11-30", machine: "", versions: {}, figures: { rto: outcomes.map(measured) } };
  return page([of], { case: result })
    .split("\n")
    .find((line) => line.startsWith("| case | RTO"));
}

it("prints milliseconds below a second, tenths below a minute and seconds above", () => {
  expect(row(67_000, 562, 22_960)).toBe("| case | RTO | 1m7s | 562ms | 23.0s of 2 | 2.9 |");
  expect(row(1_050, 999, 1_000)).toBe("| case | RTO | 1.1s | 999ms | 1.0s of 2 | 1.1 |");
});

it("rounds predictions up and measurements to the nearest", () => {
  expect(row(59_910, 59_940)).toContain("| RTO | 1m | 59.9s | 59.9s of 1 |");
  expect(row(84_350, 84_350)).toBe("| case | RTO | 1m25s | 1m24s | 1m24s of 1 | 1.0 |");
});
