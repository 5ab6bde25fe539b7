import { anything, assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { parseResult } from "../../src/recovery/drills/result-file.js";

/** A `result.json` of version 0.1.0: durations are numbers, and a figure without a measurement is absent. */
const versionOne = {
  id: "20260101T000000Z-process-crash-0000",
  fault: "process-crash",
  title: "Each process is killed with -9 under load",
  platform: "harbour",
  environment: "local",
  state: "finished",
  startedAt: 1_000_000,
  finishedAt: 1_200_000,
  subject: "gateway",
  rpo: 0,
  promised: { rto: 60_000 },
  predicted: { rto: 25_000 },
  verdict: "broken",
  measurements: [
    {
      subject: "gateway",
      rpo: 0,
      promised: { rto: 60_000 },
      predicted: { rto: 25_000 },
      verdict: "broken",
      underestimated: false,
    },
    {
      subject: "database",
      rto: 3000,
      rpo: 0,
      promised: { rto: 60_000 },
      predicted: { rto: 25_000 },
      verdict: "kept",
      underestimated: false,
    },
  ],
  strikes: [
    {
      what: "kill -9 of the process platform (gateway)",
      at: 1_050_000,
      subjects: ["gateway"],
      seenBy: "request",
      rpo: 0,
      failed: 90,
      acknowledged: 40,
      lost: 0,
    },
    {
      what: "kill -9 of the PostgreSQL server",
      at: 1_100_000,
      subjects: ["database"],
      seenBy: "write",
      rto: 3000,
      rpo: 0,
      sinceShipped: 500,
      probed: [{ subject: "usage", rto: 2000 }],
      failed: 9,
      acknowledged: 40,
      lost: 0,
    },
  ],
  findings: [],
  terms: [],
  acknowledged: 80,
  lost: 0,
  failed: 99,
  load: { requests: 15, writes: 15, steadyMs: 4000, model: "assistant" },
  series: [],
  writes: [],
  events: [],
  versions: { keelson: "0.1.0", postgres: "17.2", node: "v22.0.0", system: "Linux" },
};

function read(document: unknown) {
  const parsed = parseResult(JSON.stringify(document));
  if (parsed.kind === "unreadable") throw new Error(parsed.why);
  return parsed.result;
}

describe("the result of a drill written by version 0.1.0", () => {
  it("is read, and an absent RTO is read as never recovered since the fault", () => {
    const result = read(versionOne);
    expect(result.measurements.map(({ subject, rto, rpo }) => ({ subject, rto, rpo }))).toEqual([
      {
        subject: "gateway",
        rto: { kind: "never-recovered", afterMs: 150_000 },
        rpo: { kind: "measured", ms: 0 },
      },
      { subject: "database", rto: { kind: "measured", ms: 3000 }, rpo: { kind: "measured", ms: 0 } },
    ]);
    expect(result.rto).toEqual({ kind: "never-recovered", afterMs: 150_000 });
    expect(result.faults[1]).toMatchObject({
      description: "kill -9 of the PostgreSQL server",
      observedBy: "write",
      sinceArchivedMs: 500,
      probes: [{ subject: "usage", rto: { kind: "measured", ms: 2000 } }],
    });
  });

  it("has nothing to measure if the clients of a fault sent no request", () => {
    const [fault] = versionOne.strikes;
    const result = read({ ...versionOne, strikes: [{ ...fault, failed: 0, acknowledged: 0 }] });
    expect(result.measurements[0]?.rto).toMatchObject({ kind: "not-applicable" });
  });

  it("is cancelled, not failed, if it was cancelled", () => {
    expect(read({ ...versionOne, state: "failed", reason: "it was cancelled" }).state).toBe("cancelled");
    expect(read({ ...versionOne, state: "failed", reason: "no chat model" }).state).toBe("failed");
  });
});

describe("the result of a drill", () => {
  it("is read as it was written", () => {
    const result = read(versionOne);
    expect(read(result)).toEqual(result);
  });

  it("is unreadable, with the reason, if it is damaged or of a newer version", () => {
    expect(parseResult("{")).toEqual({ kind: "unreadable", why: "it is not valid JSON" });
    const { fault: _missing, ...damaged } = versionOne;
    expect(parseResult(JSON.stringify(damaged))).toMatchObject({
      kind: "unreadable",
      why: expect.stringContaining("fault"),
    });
    expect(parseResult(JSON.stringify({ ...read(versionOne), formatVersion: 3 }))).toEqual({
      kind: "unreadable",
      why: "it was written by a newer version of Keelson",
    });
  });

  it("never makes the parser throw, whatever the file contains", () => {
    assert(
      property(string(), (text) => {
        expect(parseResult(text).kind).toBe("unreadable");
      }),
    );
    assert(
      property(anything(), (document) => {
        expect(parseResult(JSON.stringify(document) ?? "").kind).toBe("unreadable");
      }),
    );
  });
});
