import type { Backup } from "../backup/catalogue.js";
import { type Test, type TestResultStatement, testResult } from "./statement.js";

/**
 * The verification of a backup as a test result about its stored file: the restore into an empty directory, the start of a server on
 * it, and the comparison of every row. Returns why there is none for a backup that was never restored.
 */
export function restoreStatement({ manifest, verification }: Backup): TestResultStatement | string {
  if (verification === undefined) return "it was never restored, or its verification is not authenticated";
  const { id, platform, postgres, size, restorePoint, base } = manifest;
  const { valid, findings, notCompared = [], at, tables, rows, restoreMs, replayMs } = verification;
  const complete: Test = { name: "restored, started, and every row compared", outcome: valid ? "passed" : "failed" };
  const tests: readonly Test[] = [
    ...(valid && notCompared.length > 0 ? [] : [complete]),
    ...(valid
      ? notCompared.map((table) => ({ name: `${table} read, and not compared`, outcome: "warned" }) as const)
      : []),
    ...findings.map((name) => ({ name, outcome: "failed" }) as const),
  ];
  const configuration = JSON.stringify({ backup: id, platform, postgres, size, restorePoint });
  return testResult(
    { name: base.name, digest: { sha256: base.sha256 } },
    {
      name: `verification of backup ${id}`,
      mediaType: "application/json",
      content: Buffer.from(configuration).toString("base64"),
      annotations: { at, tables, rows, restoreMs, replayMs },
    },
    tests,
  );
}
