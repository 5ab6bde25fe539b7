import { array, assert, constant, integer, oneof, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import type { DrillResult, Outcome } from "../../src/contracts/drills.js";
import { foreignDrill, type Measurement, measurementsOf } from "../../src/promises/measurement.js";
import { sheetText } from "../../src/promises/sheet-text.js";
import { measuredVerdict, verdictOf } from "../../src/promises/verdict.js";
import { rowOf, sheetOf } from "../support/promises/rows.js";

const platform = `
platform: shop
services:
  web: { modules: [gateway, accounts], expose: true, calls: [orders] }
stores:
  orders: { postgres: 17, size: 10G, backups: { full: daily keep 30d, log: 5m keep 7d } }
objectives: { rto: 2h, rpo: 10m }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`;

const measured = (ms: number): Outcome => ({ kind: "measured", ms });
const never: Outcome = { kind: "never-recovered", afterMs: 120_000 };
const notApplicable: Outcome = { kind: "not-applicable" };

function drilled(at: number, rto: Outcome, rpo: Outcome = measured(0)): Measurement {
  return { fault: "process-crash", subject: "orders", rto, rpo, at, drill: `drill ${at}` };
}

const row = (...measurements: Measurement[]) => rowOf(sheetOf(platform, measurements), "process-crash", "orders");

const outcome = oneof(integer({ min: 0, max: 10_000_000 }).map(measured), constant(never), constant(notApplicable));
const history = array(record({ at: integer({ min: 0, max: 1000 }), rto: outcome, rpo: outcome }), { maxLength: 8 });

describe("a platform that never recovered from a drill", () => {
  it("breaks its promise, whatever is predicted", () => {
    expect(row().verdict).toBe("kept");
    const { rto, verdict } = row(drilled(1, never));
    expect(rto).toMatchObject({ measured: never, verdict: "broken", underestimated: true });
    expect(verdict).toBe("broken");
  });

  it("breaks a promise even if an earlier drill kept it", () => {
    expect(row(drilled(1, measured(5)), drilled(2, never)).verdict).toBe("broken");
  });

  it("is shown on the sheet with the time that the drill waited", () => {
    const text = sheetText(sheetOf(platform, [drilled(1, never)]));
    expect(text).toMatch(/orders .* 19s ✓ +never ✗/);
    expect(text).toContain("RTO not recovered in the newest drill, 19s predicted, 2h promised: broken");
    expect(text).toContain("the newest drill: no recovery within 2m");
  });

  it("breaks every promise in every history whose newest measurement it is", () => {
    assert(
      property(history, (drills) => {
        const newest = drilled(2000, never);
        expect(row(...drills.map(({ at, rto, rpo }) => drilled(at, rto, rpo)), newest).rto.verdict).toBe("broken");
      }),
    );
  });
});

describe("a drill that had nothing to measure", () => {
  it("does not hide an older measurement that broke the promise", () => {
    const { rto, rpo } = row(drilled(1, never), drilled(2, notApplicable, measured(7)));
    expect(rto).toMatchObject({ measured: never, measuredAt: 1, verdict: "broken" });
    expect(rpo).toMatchObject({ measured: measured(7), measuredAt: 2 });
  });

  it("changes no verdict in any history", () => {
    assert(
      property(history, (drills) => {
        const before = drills.map(({ at, rto, rpo }) => drilled(at, rto, rpo));
        const after = row(...before, drilled(2000, notApplicable, notApplicable));
        expect(after.rto.verdict).toBe(row(...before).rto.verdict);
        expect(after.rpo.verdict).toBe(row(...before).rpo.verdict);
      }),
    );
  });

  it("proves no promise by itself", () => {
    expect(measuredVerdict(1000, notApplicable)).toBe("unknown");
    expect(measuredVerdict(undefined, notApplicable)).toBe("not-promised");
    expect(measuredVerdict(1000, never)).toBe("broken");
  });
});

describe("the measurements of drills", () => {
  const shop = { platform: "shop", environment: "production", now: 10 };
  const drill = (state: DrillResult["state"]) => ({
    id: "d1",
    platform: "shop",
    environment: "production",
    fault: "process-crash",
    state,
    finishedAt: 5,
    terms: [],
    measurements: [
      {
        subject: "orders",
        rto: measured(3),
        rpo: notApplicable,
        promised: { rto: 60_000 },
        predicted: { rto: 9000 },
        verdict: "kept",
        underestimated: false,
      } as const,
    ],
  });

  it("are those of finished drills; a failed, cancelled or running one proves nothing", () => {
    expect(measurementsOf((["failed", "cancelled", "running"] as const).map(drill), shop)).toEqual([]);
    expect(measurementsOf([drill("finished")], shop)).toEqual([
      {
        fault: "process-crash",
        subject: "orders",
        rto: measured(3),
        rpo: notApplicable,
        at: 5,
        drill: "d1",
        terms: [],
        promised: { rto: 60_000 },
        predicted: { rto: 9000 },
      },
    ]);
  });

  it("are those of the platform and the environment, and not of the future", () => {
    const planted = [
      { ...drill("finished"), platform: "other" },
      { ...drill("finished"), environment: "staging" },
      { ...drill("finished"), finishedAt: shop.now + 3_600_000 },
    ];
    expect(measurementsOf(planted, shop)).toEqual([]);
    expect(planted.map((each) => foreignDrill(each, shop))).toEqual([
      "it is of other (production), not of shop (production)",
      "it is of shop (staging), not of shop (production)",
      "it ended in the future",
    ]);
  });

  it("never improve the verdict of the prediction", () => {
    const unbounded = {
      kind: "unbounded",
      why: "",
      origin: { kind: "file", file: "f", line: 1, column: 1 },
      fix: undefined,
    } as const;
    assert(
      property(outcome, (each) => {
        expect(verdictOf(1, unbounded, each)).toBe("broken");
      }),
    );
  });
});
