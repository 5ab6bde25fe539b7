import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { DrillResult, Outcome } from "../../src/contracts/drills.js";
import { planDigest } from "../../src/plan/plan-digest.js";
import { drillStatement } from "../../src/recovery/attestation/drill.js";
import { restoreStatement } from "../../src/recovery/attestation/restore.js";
import type { TestResultStatement } from "../../src/recovery/attestation/statement.js";
import type { Backup, Verification } from "../../src/recovery/backup/catalogue.js";
import { newDrill } from "../../src/recovery/drills/record.js";
import { drillStore } from "../../src/recovery/drills/store.js";
import { planOf } from "../support/check/findings.js";
import { keelson } from "../support/local/keelson.js";

/**
 * github.com/in-toto/attestation at its snapshot of 2026-11-30: spec/v1/statement.md, resource_descriptor.md, digest_set.md and
 * spec/predicates/test-result.md, without properties that they do not name.
 */
const digest = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const descriptor = z
  .strictObject({
    name: z.string().optional(),
    uri: z.string().optional(),
    digest: digest.optional(),
    content: z.base64().max(1024).optional(),
    mediaType: z.string().optional(),
    annotations: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(({ uri, digest, content }) => uri !== undefined || digest !== undefined || content !== undefined);
const statement = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.array(z.strictObject({ name: z.string(), digest })).min(1),
  predicateType: z.literal("https://in-toto.io/attestation/test-result/v0.1"),
  predicate: z.strictObject({
    result: z.enum(["PASSED", "WARNED", "FAILED"]),
    configuration: z.array(descriptor),
    passedTests: z.array(z.string()),
    warnedTests: z.array(z.string()),
    failedTests: z.array(z.string()),
  }),
});

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-attestation-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const text = "platform: shop\nservices: { web: { modules: [gateway] } }\nobjectives: { rto: 1m, rpo: 5m }\n";
const measured = (ms: number): Outcome => ({ kind: "measured", ms });

/** A finished drill with one measurement, which promises 60 s and 300 s. */
function drill(rto: Outcome, over: Partial<DrillResult> = {}): DrillResult {
  const started = newDrill({
    fault: { id: "process-crash", title: "Each process is killed" },
    plan: { platform: "shop", environment: "default" },
    planDigest: planDigest(planOf(text)),
    model: undefined,
    steadyMs: 1000,
    ratePerSecond: 5,
    version: "0.1.0",
  });
  const promised = { rto: 60_000, rpo: 300_000 };
  const measurement = { subject: "web", rto, rpo: measured(0), promised, predicted: { rto: 30_000, rpo: 5000 } };
  const measurements = [{ ...measurement, verdict: "kept", underestimated: false } as const];
  return { ...started, state: "finished", finishedAt: started.startedAt + 9000, measurements, ...over };
}

const attested = (result: DrillResult): TestResultStatement => {
  const found = drillStatement(result, "a".repeat(64));
  if (typeof found === "string") throw new Error(found);
  expect(statement.parse(found)).toEqual(found);
  return found;
};

describe("a drill as a test result", () => {
  it("is about the plan as `keelson plan --json` prints it, and names the promises that were tested", async () => {
    await writeFile(join(directory, "platform.yaml"), text);
    const { out } = await keelson(directory, ["plan", "--json"]);
    const { subject, predicate } = attested(drill(measured(12_000)));
    expect(subject[0].digest.sha256).toBe(createHash("sha256").update(out).digest("hex"));
    expect(predicate).toMatchObject({
      result: "PASSED",
      passedTests: ["process-crash/web RTO within 60000 ms", "process-crash/web RPO within 300000 ms"],
      failedTests: [],
    });
  });

  it("warns of a prediction that was too low, and fails beyond the promise, without recovery, and for a finding", () => {
    expect(attested(drill(measured(40_000))).predicate).toMatchObject({
      result: "WARNED",
      warnedTests: ["process-crash/web RTO within 60000 ms"],
    });
    for (const rto of [measured(61_000), { kind: "never-recovered", afterMs: 120_000 } as const])
      expect(attested(drill(rto)).predicate).toMatchObject({
        result: "FAILED",
        failedTests: ["process-crash/web RTO within 60000 ms"],
      });
    const finding = { what: "the backup", why: "cannot be read" };
    expect(attested(drill(measured(1), { findings: [finding] })).predicate).toMatchObject({
      result: "FAILED",
      failedTests: ["process-crash: the backup: cannot be read"],
    });
    expect(attested(drill(measured(1), { state: "failed", reason: "no load" })).predicate.result).toBe("FAILED");
  });

  it("is none for a drill that tested no promise: cancelled, without a measurement, of an unknown plan", () => {
    const why = (result: DrillResult) => drillStatement(result, "a".repeat(64));
    expect(why(drill(measured(1), { state: "cancelled" }))).toBe("it is cancelled");
    expect(why(drill(measured(1), { measurements: [] }))).toBe("it measured nothing that is promised");
    const { planDigest: _, ...older } = drill(measured(1));
    expect(why(older)).toContain("did not record which plan");
  });

  it("is printed by `keelson drills --format in-toto`, one line each, with the digest of the stored result", async () => {
    const store = drillStore(join(directory, "drills"));
    const result = drill(measured(12_000));
    await store.write(result);
    await store.write({ ...drill(measured(1), { state: "cancelled" }), id: "later" });
    const { code, out, err } = await keelson(directory, ["drills", "--data", directory, "--format", "in-toto"]);
    expect({ code, err }).toEqual({ code: 0, err: "drill later attests nothing: it is cancelled\n" });
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    const { predicate } = statement.parse(JSON.parse(lines[0] ?? ""));
    const stored = await readFile(join(store.directory(result.id), "result.json"));
    expect(predicate.configuration[0]?.digest?.sha256).toBe(createHash("sha256").update(stored).digest("hex"));
  });
});

describe("the verification of a backup as a test result", () => {
  const base = { name: "base.tar.gz.age", bytes: 1000, sha256: "b".repeat(64) };
  const manifest: Backup["manifest"] = {
    ...{
      format: 1,
      id: "20261130T080102Z",
      system: "7",
      platform: "shop",
      startedAt: 1,
      finishedAt: 2,
      postgres: "17.10",
    },
    ...{ size: 5000, timeline: 1, startLsn: "0/1", stopLsn: "0/2", firstSegment: "1", lastSegment: "1" },
    ...{ restorePoint: { name: "p", lsn: "0/2", at: 2 }, recipient: null, base, fingerprint: { tables: [] } },
  };
  const backup = (over: Partial<Verification> | undefined): Backup => ({
    manifest,
    verification: over && {
      at: 5,
      valid: true,
      findings: [],
      tables: 3,
      rows: 70,
      restoreMs: 900,
      replayMs: 80,
      ...over,
    },
    origin: "authenticated",
    opens: true,
  });
  const resultOf = (over: Partial<Verification>) => {
    const found = restoreStatement(backup(over));
    if (typeof found === "string") throw new Error(found);
    return statement.parse(found);
  };

  it("is about the stored file, by the digest in its manifest", () => {
    const { subject, predicate } = resultOf({});
    expect(subject).toEqual([{ name: base.name, digest: { sha256: base.sha256 } }]);
    expect(predicate).toMatchObject({ result: "PASSED", passedTests: ["restored, started, and every row compared"] });
  });

  it("fails with each finding, and warns of tables that were not compared", () => {
    expect(resultOf({ valid: false, findings: ["usage has 3 rows instead of 4"] }).predicate).toMatchObject({
      result: "FAILED",
      failedTests: ["restored, started, and every row compared", "usage has 3 rows instead of 4"],
    });
    expect(resultOf({ notCompared: ["public.jobs"] }).predicate).toMatchObject({
      result: "WARNED",
      passedTests: [],
      warnedTests: ["public.jobs read, and not compared"],
    });
    expect(restoreStatement(backup(undefined))).toContain("never restored");
  });
});
