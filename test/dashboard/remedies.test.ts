import { describe, expect, it } from "vitest";
import { promiseSheet } from "../../src/contracts/promises.js";
import { sheetOf } from "../../src/runtime/dashboard/promises/compose.js";
import { findingsIn, planOf } from "../support/check/findings.js";

const text = `
platform: harbour
services:
  gateway: { modules: [gateway], calls: [reports], expose: true }
  accounts: { modules: [accounts], calls: [database, sessions] }
  reports: { image: "registry.example.com/reports:1.2.3", port: 9000, calls: [database] }
stores:
  database: { postgres: 17, size: 512Mi }
  sessions: { redis: 7 }
objectives: { rto: 5s, rpo: 1m, availability: 99.9% }
environments:
  local: { provide: embedded }
`;

const sheet = sheetOf(planOf(text, "local"));

function cellOf(fault: string, subject: string, of: "rto" | "rpo") {
  const row = sheet([]).rows.find((each) => each.fault === fault && each.subject === subject);
  if (!row) throw new Error(`no row ${fault}/${subject}`);
  return row[of];
}

describe("the promise sheet of the dashboard", () => {
  it("matches its contract", () => {
    expect(promiseSheet.parse(sheet([])).rows.length).toBe(sheet([]).rows.length);
  });

  it("has a reason, a fix and its position for every promise that is not kept", () => {
    const cells = sheet([])
      .rows.flatMap(({ rto, rpo }) => [rto, rpo])
      .filter(({ verdict }) => verdict === "broken" || verdict === "unknown");
    expect(cells.length).toBeGreaterThan(6);
    for (const { remedy } of cells) {
      expect(remedy?.advice).toMatch(/\w/);
      expect(remedy?.at).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
      expect(remedy?.at.line).toBeGreaterThan(0);
    }
  });

  it("has the advice of `check` for the same promise", () => {
    const { remedy } = cellOf("process-crash", "gateway", "rto");
    const finding = findingsIn(text).find(({ code, path }) => code === remedy?.rule && path?.includes("gateway"));
    expect(remedy).toEqual({ advice: finding?.hint, at: finding?.origin, rule: "availability/crash-recovery" });
    expect(cellOf("database-loss", "database", "rpo").remedy).toMatchObject({ rule: "recovery/no-backup" });
  });

  it("has the advice of the prediction for what does not run here", () => {
    for (const [fault, subject] of [
      ["process-crash", "reports"],
      ["cache-loss", "sessions"],
    ] as const)
      expect(cellOf(fault, subject, "rpo")).toMatchObject({
        verdict: "unknown",
        predicted: { why: expect.stringContaining("not run here") },
        remedy: { advice: expect.stringContaining("keelson render FILE -t compose") },
      });
  });

  it("has advice for an availability that cannot be predicted", () => {
    expect(sheet([]).availability).toContainEqual(
      expect.objectContaining({
        subject: "gateway",
        verdict: "unknown",
        remedy: expect.objectContaining({ rule: "availability/objective", advice: expect.stringContaining("cloud") }),
      }),
    );
  });

  it("has no advice for a kept promise", () => {
    const { verdict, remedy } = cellOf("process-crash", "gateway", "rpo");
    expect({ verdict, remedy }).toEqual({ verdict: "kept", remedy: undefined });
  });
});
