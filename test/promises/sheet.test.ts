import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/contracts/drills.js";
import { explanationText } from "../../src/promises/explanation-text.js";
import { formatAge, formatMeasured, formatWorstCase } from "../../src/promises/format.js";
import type { Measurement } from "../../src/promises/measurement.js";
import { runbookText } from "../../src/promises/runbooks/runbook.js";
import { sheetText } from "../../src/promises/sheet-text.js";
import { verdictOf } from "../../src/promises/verdict.js";
import { rowOf, sheetOf, termOf, totalOf } from "../support/promises/rows.js";

const shop = `
platform: shop
cloud: aws
zones: 3
services:
  web: { modules: [gateway], replicas: 2, calls: [accounts], expose: true }
  accounts: { modules: [accounts], replicas: 2, calls: [orders] }
stores:
  orders: { postgres: 17, size: 100G, backups: { full: daily keep 30d, log: 5m keep 7d } }
  scratch: { redis: 7, objectives: { rto: none, rpo: none } }
objectives: { availability: 99.9%, rto: 2h, rpo: 10m }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`;
const measured = (ms: number): Outcome => ({ kind: "measured", ms });
const drilled = (over: Partial<Measurement>): Measurement => ({
  fault: "database-loss",
  subject: "orders",
  rto: measured(1_800_000),
  rpo: measured(60_000),
  at: Date.UTC(2026, 0, 2),
  drill: "d1",
  ...over,
});

describe("the promise sheet", () => {
  it("has promised, predicted and measured values, the time of the measurement, and the verdict", () => {
    const { rto, verdict } = rowOf(sheetOf(shop, [drilled({})]), "database-loss", "orders");
    expect(rto).toMatchObject({
      promised: 7_200_000,
      measured: measured(1_800_000),
      measuredAt: Date.UTC(2026, 0, 2),
      verdict: "kept",
    });
    expect(rto.promisedAt).toMatchObject({ kind: "file", line: 11 });
    expect(verdict).toBe("kept");
  });

  it("uses the newest drill of a row", () => {
    const sheet = sheetOf(shop, [
      drilled({ at: 2, rto: measured(5) }),
      drilled({ at: 3, rto: measured(7) }),
      drilled({ at: 1, rto: measured(6) }),
    ]);
    expect(rowOf(sheet, "database-loss", "orders").rto.measured).toEqual(measured(7));
  });

  it("breaks a promise that a drill missed, independent of the prediction", () => {
    expect(
      rowOf(sheetOf(shop, [drilled({ rto: measured(3 * 3_600_000) })]), "database-loss", "orders").rto.verdict,
    ).toBe("broken");
  });

  it("warns if a drill took longer than predicted", () => {
    const { rto } = rowOf(
      sheetOf(shop, [drilled({ fault: "process-crash", rto: measured(600_000) })]),
      "process-crash",
      "orders",
    );
    expect(rto).toMatchObject({ underestimated: true, verdict: "kept" });
    expect(sheetText(sheetOf(shop, [drilled({ fault: "process-crash", rto: measured(600_000) })]))).toContain(
      "more than predicted",
    );
  });

  it("replaces the estimate of work by a drill's measurement, scaled to the declared size", () => {
    const terms = [{ name: "restore of the backup", value: 100_000, bytes: 50e9 }];
    const { rto } = rowOf(sheetOf(shop, [drilled({ terms })]), "database-loss", "orders");
    expect(termOf(rto.predicted, "restore of the backup")).toBe(200_000);
  });

  it("ignores a measurement of less than a tenth of the data, and measurements of waits", () => {
    const estimate = rowOf(sheetOf(shop), "database-loss", "orders").rto.predicted;
    const terms = [
      { name: "restore of the backup", value: 1, bytes: 1e9 },
      { name: "alert fires", value: 1 },
    ];
    expect(rowOf(sheetOf(shop, [drilled({ terms })]), "database-loss", "orders").rto.predicted).toMatchObject(estimate);
  });

  it("has each measured term beside its estimate, and the drills of a row as a trend", () => {
    const drill = (at: number, value: number) =>
      drilled({
        at,
        drill: `d${at}`,
        terms: [{ name: "restore of the backup", value, bytes: 100e9 }],
        promised: { rto: 7_200_000 },
        predicted: { rto: 4_000_000 },
      });
    const row = rowOf(sheetOf(shop, [drill(2, 700_000), drill(1, 900_000)]), "database-loss", "orders");
    const term =
      row.rto.predicted.kind === "bounded"
        ? row.rto.predicted.terms.find(({ name }) => name === "restore of the backup")
        : undefined;
    expect(term).toMatchObject({
      value: 700_000,
      estimate: 2_000_000,
      measured: { value: 700_000, bytes: 100e9, drill: "d2", at: 2 },
    });
    expect(row.history).toMatchObject([
      { drill: "d1", at: 1, rto: measured(1_800_000), promised: { rto: 7_200_000 }, predicted: { rto: 4_000_000 } },
      { drill: "d2", at: 2 },
    ]);
    expect(rowOf(sheetOf(shop), "database-loss", "orders")).not.toHaveProperty("history");
  });

  it("predicts what is not promised, with the verdict not-promised", () => {
    const { rpo, verdict } = rowOf(sheetOf(shop), "cache-loss", "scratch");
    expect(rpo).toMatchObject({ verdict: "not-promised", predicted: { kind: "unbounded" } });
    expect(verdict).toBe("not-promised");
  });

  it("is the same sheet after a round trip through JSON", () => {
    const sheet = sheetOf(shop, [drilled({})]);
    expect(JSON.parse(JSON.stringify(sheet))).toEqual(sheet);
  });

  it("has an alert and a runbook with steps in every row", () => {
    for (const { alert, runbook, subject } of sheetOf(shop).rows) {
      expect(alert.summary).toContain(subject);
      expect(runbook.steps.length).toBeGreaterThan(1);
      expect(runbookText(runbook)).toMatch(/^# .+\n\n\*\*When:\*\* .+[\s\S]+\*\*Done when:\*\* .+\n$/);
    }
  });

  it("has an alert that fires before the RPO is violated", () => {
    const inCluster = shop
      .replace("zones: 3", "zones: 3\nprovide: in-cluster")
      .replace("keep 7d } }", "keep 7d, to: away }, standby: same-zone }\n  away: { bucket: true }");
    const { alert } = rowOf(sheetOf(inCluster), "database-loss", "orders");
    expect(alert.condition).toMatchObject({ kind: "metric", comparison: "above" });
    const threshold = alert.condition.kind === "metric" ? alert.condition.threshold : 0;
    expect(threshold).toBeLessThan(600);
    expect(threshold).toBeGreaterThan(300);
  });

  it("multiplies availability over calls in series, and failures over parallel replicas", () => {
    const [web] = sheetOf(shop).availability;
    // The site 99.99 %, two units of two replicas each on machines of 99.5 %, and a Multi-AZ database of 99.95 %.
    const expected = 0.9999 * (1 - 0.005 ** 2) ** 2 * 0.9995;
    expect(web?.predicted).toMatchObject({ kind: "known", value: expect.closeTo(expected, 9) });
    expect(web?.verdict).toBe("kept");
    expect(sheetOf(shop.replace("99.9%", "99.95%")).availability[0]?.verdict).toBe("broken");
  });
});

describe("a verdict", () => {
  const why = { why: "", origin: { kind: "file", file: "f", line: 1, column: 1 } } as const;
  it("is not kept if the prediction is unknown or the measurement is not a number", () => {
    expect(verdictOf(1, { kind: "unknown", ...why }, undefined)).toBe("unknown");
    expect(verdictOf(1, { kind: "unknown", ...why }, measured(0))).toBe("unknown");
    expect(verdictOf(1, { kind: "bounded", total: 0, terms: [] }, measured(Number.NaN))).toBe("broken");
  });
});

describe("a measured time", () => {
  it.each([
    [0, "0s"],
    [572.4, "572ms"],
    [999.6, "1s"],
    [1_680, "1.7s"],
    [3_300, "3.3s"],
    [9_960, "10s"],
    [11_940, "11.9s"],
    [19_990, "20s"],
    [34_400, "34s"],
    [93_700, "1m34s"],
    [3_599_900, "1h"],
    [5_400_000, "1h30m"],
  ])("of %d ms is rounded to %s", (ms, text) => expect(formatMeasured(ms)).toBe(text));
});

describe("an age", () => {
  it.each([
    [-20, "0s"],
    [499, "0s"],
    [3_700, "4s"],
    [93_700, "1m34s"],
    [3_599_700, "1h"],
    [11_520_000, "3h12m"],
    [172_799_000, "2d"],
    [187_300_000, "2d4h"],
    [864_000_000, "10d"],
  ])("of %d ms is rounded to %s", (ms, text) => expect(formatAge(ms)).toBe(text));
});

describe("the sheet on a terminal", () => {
  it("rounds predictions up, and measurements to the nearest", () => {
    const sheet = sheetOf(shop, [drilled({ rto: measured(3_300), rpo: measured(1_240) })]);
    const total = totalOf(rowOf(sheet, "database-loss", "orders").rpo.predicted);
    expect(total % 1000).not.toBe(0);
    expect(sheetText(sheet)).toMatch(new RegExp(`orders .* 3\\.3s .* ${formatWorstCase(total)} ✓ +1\\.2s `));
  });

  it("itemises broken promises, with the source of every number", () => {
    const text = sheetText(sheetOf(shop.replace("rto: 2h", "rto: 30m")));
    expect(text).toMatch(/RTO \S+ at worst, 30m promised: broken/);
    expect(text).toMatch(/33m20s {2}restore of the backup \(100G ÷ 50M\/s\)/);
    expect(text).toContain("platform.yaml:9:");
  });

  it("explains rows with equal terms and values once, whatever their names and lines", () => {
    const database = (size: string): string =>
      `{ postgres: 17, size: ${size}, backups: { full: daily keep 30d, log: 5m keep 7d } }`;
    const text = sheetText(
      sheetOf(`platform: shop
cloud: aws
zones: 3
stores: { a: ${database("100G")}, b: ${database("100G")}, c: ${database("200G")} }
objectives: { rto: 10m, except: [zone-loss] }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`),
    );
    const loss = text.slice(text.indexOf("database-loss"), text.indexOf("backup-corruption"));
    expect(loss.match(/restore of the backup \(\d+G/g)).toEqual([
      "restore of the backup (100G",
      "restore of the backup (200G",
    ]);
    expect(loss).toMatch(/ {2}b +10m .*\n {6}same as a above\n/);
  });

  it("explains one row with its alert, runbook and drill", () => {
    const row = rowOf(sheetOf(shop), "database-loss", "orders");
    const text = explanationText([row]);
    expect(text).toContain("keelson drill database-loss");
    expect(text).toContain("# Restore orders");
    expect(totalOf(row.rpo.predicted)).toBeGreaterThan(0);
  });
});
