import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { smallerFaults } from "../../src/promises/faults/index.js";
import { type Prediction, sum } from "../../src/promises/prediction.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { planOf } from "../support/check/findings.js";
import { platforms, yamlOf } from "../support/promises/platforms.js";
import { rowOf, sheetOf } from "../support/promises/rows.js";
import { runs } from "../support/property-runs.js";

const settings = { numRuns: runs(150) };
/** Other faults are detected in different ways: a node that is lost sooner than a process that hangs. */
const RESTORED_AFTER: readonly string[] = ["database-loss", "bucket-loss"];
/** Unbounded is worse than any number. */
const worst = (prediction: Prediction): number =>
  prediction.kind === "bounded" ? prediction.total : Number.POSITIVE_INFINITY;

describe("for every platform", () => {
  it("a bounded prediction is the sum of its terms, and every term is a duration", () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        for (const { rto, rpo } of promiseSheet(planOf(yamlOf(platform)), []).rows) {
          for (const { predicted } of [rto, rpo]) {
            if (predicted.kind !== "bounded") continue;
            expect(predicted.total).toBe(sum(predicted.terms));
            for (const { value } of predicted.terms) expect(value).toBeGreaterThanOrEqual(0);
          }
        }
      }),
      settings,
    );
  });

  it("a promise is kept only if a bounded prediction does not exceed it", () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        for (const row of promiseSheet(planOf(yamlOf(platform)), []).rows) {
          for (const { predicted, promised, verdict } of [row.rto, row.rpo]) {
            const holds = predicted.kind === "bounded" && promised !== undefined && predicted.total <= promised;
            expect(verdict === "kept").toBe(holds);
          }
          if (row.verdict === "kept") {
            expect(
              [row.rto.verdict, row.rpo.verdict].filter((each) => each === "broken" || each === "unknown"),
            ).toEqual([]);
          }
        }
      }),
      settings,
    );
  });

  it("a restore takes no less time after a larger fault than after one that it includes", () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        const { rows } = promiseSheet(planOf(yamlOf(platform)), []);
        const of = (fault: string, subject: string) =>
          rows.find((row) => row.fault === fault && row.subject === subject)?.rto.predicted;
        for (const { fault, subject, rto } of rows) {
          for (const smaller of smallerFaults(fault).filter((each) => RESTORED_AFTER.includes(each))) {
            const less = of(smaller, subject);
            if (less) expect(worst(rto.predicted), `${fault} of ${subject}`).toBeGreaterThanOrEqual(worst(less));
          }
        }
      }),
      settings,
    );
  });

  it("a shorter backup interval never raises the RPO", () => {
    const minutes = fc.integer({ min: 1, max: 2000 });
    fc.assert(
      fc.property(minutes, minutes, fc.boolean(), fc.constantFrom("7d", "30d"), (a, b, log, keep) => {
        const lost = (every: number): readonly number[] => {
          const backups = log
            ? `{ full: daily keep ${keep}, log: ${every}m keep 7d }`
            : `{ full: ${every}m keep ${keep} }`;
          const sheet = sheetOf(
            `platform: shop\ncloud: aws\nstores: { orders: { postgres: 17, backups: ${backups} } }\n`,
          );
          return ["database-loss", "backup-corruption"].map((fault) =>
            worst(rowOf(sheet, fault, "orders").rpo.predicted),
          );
        };
        const [shorter, longer] = [lost(Math.min(a, b)), lost(Math.max(a, b))];
        for (const [index, value] of shorter.entries()) expect(value).toBeLessThanOrEqual(longer[index] ?? 0);
      }),
      settings,
    );
  });

  it("an additional replica never lowers the availability or lengthens the recovery", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom("zones", "nodes", "none"),
        fc.integer({ min: 1, max: 3 }),
        (count, spread, zones) => {
          const sheet = (replicas: number) =>
            sheetOf(`
platform: shop
cloud: aws
zones: ${zones}
services: { web: { modules: [gateway], replicas: ${replicas}, spread: ${spread}, expose: true } }
objectives: { availability: 99% }
`);
          const [few, more] = [sheet(count), sheet(count + 1)];
          const [a, b] = [few.availability[0]?.predicted, more.availability[0]?.predicted];
          if (a?.kind !== "known" || b?.kind !== "known") throw new Error("expected a known availability");
          expect(b.value).toBeGreaterThanOrEqual(a.value);
          for (const fault of ["process-crash", "node-loss"]) {
            expect(worst(rowOf(more, fault, "web").rto.predicted)).toBeLessThanOrEqual(
              worst(rowOf(few, fault, "web").rto.predicted),
            );
          }
        },
      ),
      settings,
    );
  });
});
