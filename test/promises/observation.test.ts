import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import type { Measurement } from "../../src/promises/measurement.js";
import type { Observation } from "../../src/promises/observation.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { sheetText } from "../../src/promises/sheet-text.js";
import { planOf } from "../support/check/findings.js";
import { rowOf, totalOf } from "../support/promises/rows.js";

const MiB = 2 ** 20;
const plan = planOf(`
platform: shop
services: { gateway: { modules: [gateway, accounts, usage, database], calls: [ledger] } }
stores: { ledger: { postgres: 17, size: 512Mi, backups: { full: 30m keep 2d, log: 30s keep 2d }, objectives: { rto: 60s, rpo: 60s } } }
environments: { local: {} }
`);

const observed = (size: number, restore?: Observation["restore"]): Observation => ({ store: "ledger", size, restore });

function sheet(observation: Observation | undefined, terms?: Measurement["terms"]) {
  const drill: Measurement[] = terms
    ? [
        {
          fault: "database-loss",
          subject: "ledger",
          rto: { kind: "measured", ms: 30_000 },
          rpo: { kind: "measured", ms: 0 },
          at: 1,
          drill: "d1",
          terms,
        },
      ]
    : [];
  return promiseSheet(plan, drill, { observations: observation ? [observation] : [] });
}

function restoreTerm(observation: Observation | undefined, terms?: Measurement["terms"]) {
  const { predicted } = rowOf(sheet(observation, terms), "database-loss", "ledger").rto;
  const term =
    predicted.kind === "bounded" ? predicted.terms.find(({ name }) => name === "restore of the backup") : undefined;
  if (!term) throw new Error("no such term");
  return term;
}

describe("a database that has outgrown its declared size", () => {
  it("is named on the sheet, and its promise is predicted for the real size", () => {
    expect(rowOf(sheet(observed(46 * MiB)), "database-loss", "ledger").rto.verdict).toBe("kept");
    const grown = sheet(observed(4800 * MiB));
    expect(grown.outgrown).toEqual([{ store: "ledger", declared: 512 * MiB, actual: 4800 * MiB }]);
    expect(rowOf(grown, "database-loss", "ledger").rto.verdict).toBe("broken");
    expect(restoreTerm(observed(4800 * MiB)).how).toBe("4.7Gi ÷ 50M/s");
    expect(sheetText(grown)).toContain("ledger has 4.7Gi, more than its declared 512Mi");
  });

  it("is predicted for its declared size while it is smaller", () => {
    const predicted = (observation: Observation | undefined) => sheet(observation).rows;
    expect(predicted(observed(46 * MiB))).toEqual(predicted(undefined));
    expect(sheet(observed(46 * MiB)).outgrown).toEqual([]);
  });
});

describe("the verification of a backup", () => {
  const restore = (bytes: number, value: number) => ({ backup: "b1", at: 5, bytes, value });

  it("replaces the predicted restore if it took longer, scaled to the size", () => {
    const term = restoreTerm(observed(256 * MiB, restore(256 * MiB, 20_000)));
    expect(term.value).toBe(40_000);
    expect(term.origin).toEqual({ kind: "verification", backup: "b1", at: 5 });
    expect(term.how).toBe("measured on 256Mi × 2.0");
    const row = rowOf(sheet(observed(256 * MiB, restore(256 * MiB, 20_000))), "database-loss", "ledger");
    expect(row.rto.verdict).toBe("broken");
  });

  it("never improves a prediction", () => {
    const estimate = restoreTerm(undefined).value;
    assert(
      property(integer({ min: 1, max: 4096 }), integer({ min: 0, max: 600_000 }), (mebibytes, value) => {
        const term = restoreTerm(observed(46 * MiB, restore(mebibytes * MiB, value)));
        expect(term.value).toBeGreaterThanOrEqual(estimate);
      }),
    );
  });
});

describe("a drill of a small database", () => {
  it("makes the prediction worse if its restore was slow: fixed cost and rate are slower by the same factor", () => {
    const terms = [{ name: "restore of the backup", value: 26_000, bytes: 46 * MiB }];
    const term = restoreTerm(undefined, terms);
    const estimate = restoreTerm(undefined).value;
    const slowdown = 26_000 / (5_000 + estimate * (46 / 512));
    expect(term.value).toBeCloseTo(slowdown * (5_000 + estimate), 0);
    expect(term.how).toBe("measured on 46Mi: 4.4 times the estimate");
    expect(rowOf(sheet(undefined, terms), "database-loss", "ledger").rto.verdict).toBe("broken");
  });

  it("changes nothing if its restore took no longer than the fixed cost of one", () => {
    const terms = [{ name: "restore of the backup", value: 3_000, bytes: 46 * MiB }];
    expect(restoreTerm(undefined, terms)).toMatchObject(restoreTerm(undefined));
  });

  it("does not break a promise with its fixed cost: ten seconds for 30 MiB are no rate", () => {
    const terms = [{ name: "restore of the backup", value: 10_000, bytes: 30 * MiB }];
    expect(rowOf(sheet(undefined, terms), "database-loss", "ledger").rto.verdict).toBe("kept");
  });

  it("and a verification of it are compared by their predictions, not applied one after the other", () => {
    const terms = [{ name: "restore of the backup", value: 10_000, bytes: 30 * MiB }];
    const verified = observed(30 * MiB, { backup: "b1", at: 5, bytes: 30 * MiB, value: 10_000 });
    expect(restoreTerm(verified, terms).value).toBe(restoreTerm(undefined, terms).value);
  });

  it("counts in every row that restores: no fault is predicted to last less than one that it includes", () => {
    const duration = integer({ min: 0, max: 60_000 });
    assert(
      property(duration, duration, (drill, value) => {
        const terms = [{ name: "restore of the backup", value: drill, bytes: 46 * MiB }];
        const rows = sheet(observed(46 * MiB, { backup: "b1", at: 5, bytes: 46 * MiB, value }), terms);
        const total = (fault: string) => totalOf(rowOf(rows, fault, "ledger").rto.predicted);
        expect(total("backup-corruption")).toBeGreaterThanOrEqual(total("database-loss"));
      }),
    );
  });

  it("of at least a tenth of the declared size replaces the estimate", () => {
    const terms = [{ name: "restore of the backup", value: 1_000, bytes: 256 * MiB }];
    expect(restoreTerm(undefined, terms)).toMatchObject({ value: 2_000, origin: { kind: "measurement", drill: "d1" } });
  });
});
