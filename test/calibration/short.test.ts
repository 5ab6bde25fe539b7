import { describe, expect, it } from "vitest";
import { linesOf, measureCase } from "../../calibration/calibrate.js";
import { cases } from "../../calibration/cases/index.js";
import { describeWith } from "../support/requirements.js";

/** The short form of `npm run calibrate`: the cheap cases, once. A slow machine may not exceed a worst case either. */
describe("the short calibration: no more is measured than is predicted", () => {
  for (const each of cases.filter(({ short }) => short)) {
    describeWith(each.needs, each.title, () => {
      it(each.name, { timeout: 120_000 }, async ({ annotate }) => {
        const [...lines] = linesOf(each, await measureCase(each, 1));
        for (const { what, worst } of lines) await annotate(`${what}: ${JSON.stringify(worst)}`);
        const exceeded = lines.filter(({ problems }) => problems.includes("measured more than predicted"));
        expect(exceeded).toEqual([]);
      });
    });
  }
});
