import type { DrillMeasurement, DrillResult } from "../../contracts/drills.js";
import { exceeds } from "../../contracts/exceeds.js";
import { type Test, type TestResultStatement, testResult } from "./statement.js";

/**
 * A drill as a test result about the plan that it ran on: one test for each objective that is promised and was measured, and a failed
 * one for each finding. Returns why there is none where the drill tested no promise. `sha256`: of its `result.json`.
 */
export function drillStatement(result: DrillResult, sha256: string): TestResultStatement | string {
  const { id, fault, state, planDigest } = result;
  if (state === "cancelled" || state === "running") return `it is ${state}`;
  if (planDigest === undefined) return "it was run by a version that did not record which plan it ran on";
  const tests = testsOf(result);
  if (tests.length === 0) return "it measured nothing that is promised";
  const { startedAt, finishedAt, platform, environment, measurements, versions } = result;
  return testResult(
    { name: `plan of ${platform} in ${environment}`, digest: { sha256: planDigest } },
    {
      name: `drills/${id}/result.json`,
      mediaType: "application/json",
      digest: { sha256 },
      annotations: { fault, startedAt, ...(finishedAt === undefined ? {} : { finishedAt }), versions, measurements },
    },
    tests,
  );
}

function testsOf({ fault, state, reason, measurements, findings }: DrillResult): readonly Test[] {
  if (state === "failed") return [{ name: `${fault}: the drill ran to its end: ${reason ?? ""}`, outcome: "failed" }];
  return [
    ...measurements.flatMap((measurement) => [
      ...testOf(fault, measurement, "rto"),
      ...testOf(fault, measurement, "rpo"),
    ]),
    ...findings.map(({ what, why }) => ({ name: `${fault}: ${what}: ${why}`, outcome: "failed" }) as const),
  ];
}

/** A measurement beyond the promise fails; one beyond the prediction warns, because the prediction was wrong. */
function testOf(fault: string, measurement: DrillMeasurement, of: "rto" | "rpo"): readonly Test[] {
  const promised = measurement.promised[of];
  const predicted = measurement.predicted[of];
  const measured = measurement[of];
  if (promised === undefined || measured.kind === "not-applicable") return [];
  const isPredicted = predicted !== undefined && !exceeds(measured, predicted);
  return [
    {
      name: `${fault}/${measurement.subject} ${of.toUpperCase()} within ${promised} ms`,
      outcome: exceeds(measured, promised) ? "failed" : isPredicted ? "passed" : "warned",
    },
  ];
}
