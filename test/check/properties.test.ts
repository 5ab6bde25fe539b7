import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { Finding } from "../../src/check/finding.js";
import { fixed } from "../../src/check/fix.js";
import type { Concern } from "../../src/check/rule.js";
import type { Verdict } from "../../src/contracts/verdict.js";
import type { Plan } from "../../src/plan/plan.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { findingsIn, planOf, plansOf } from "../support/check/findings.js";
import { platforms, shuffled, yamlOf } from "../support/promises/platforms.js";

const runs = { numRuns: 150 };
/** What is found, apart from where it stands in the file. */
const essence = ({ code, severity, message }: Finding): string => `${code} ${severity} ${message}`;
/** The elements that have an error: `stores.orders`, `services.web`, `observe`. */
const faulty = (findings: readonly Finding[]): readonly string[] => [
  ...new Set(
    findings
      .filter(({ severity }) => severity === "error")
      .map(({ path }) => (path ?? "").split(".").slice(0, 2).join(".")),
  ),
];

describe("for every platform", () => {
  it("check finds the same twice, and in whatever order the keys stand", () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        const text = yamlOf(platform);
        const found = findingsIn(text);
        expect(findingsIn(text)).toEqual(found);
        const mixed = findingsIn(yamlOf(Object(shuffled(platform)))).map(essence);
        expect(unlisted(mixed)).toEqual(unlisted(found.map(essence)));
      }),
      { numRuns: 75 },
    );
  });

  it("every finding lies in the file, is sorted by place, and says why and what to do", () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        const text = yamlOf(platform);
        const lines = text.split("\n");
        let before = 0;
        for (const { origin, message, hint } of findingsIn(text)) {
          const line = lines[origin.line - 1];
          expect(line).toBeDefined();
          expect(origin.column).toBeLessThanOrEqual((line ?? "").length + 1);
          expect(origin.line).toBeGreaterThanOrEqual(before);
          before = origin.line;
          expect(message).not.toMatch(/undefined|NaN|Infinity|\[object/);
          expect(hint ?? "").not.toMatch(/^$|undefined|NaN|Infinity|\[object/);
        }
      }),
      runs,
    );
  });

  it("errors speak of exactly the promises that the sheet does not call kept, the unknown ones included", () => {
    const provided = fc.constantFrom("in-cluster", "embedded", "managed");
    const excepted = fc.constantFrom(undefined, ["zone-loss"], ["node-loss", "database-loss"]);
    fc.assert(
      fc.property(platforms, provided, excepted, (platform, provide, except) => {
        const objectives = { ...platform.objectives, ...(except && { except }) };
        const plan = planOf(yamlOf({ ...platform, provide, objectives }));
        const errors = check([plan]).filter(({ severity }) => severity === "error");
        const told = errors.flatMap(({ concerns = [] }) => concerns.map(cellName));
        expect([...new Set(told)].sort()).toEqual(unkept(plan).sort());
      }),
      { numRuns: 400 },
    );
  });

  it("every safe fix removes its finding, brings no error, and breaks no promise of any fault that was kept", () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        const text = yamlOf(platform);
        const before = findingsIn(text);
        for (const finding of before.filter(({ safe, fix }) => safe && fix)) {
          const mended = fixed(text, [finding], plansOf).text;
          const after = findingsIn(mended);
          expect(after.map(({ code, path }) => `${code} ${path}`)).not.toContain(`${finding.code} ${finding.path}`);
          expect(faulty(before)).toEqual(expect.arrayContaining([...faulty(after)]));
          expect(keptIn(mended)).toEqual(expect.arrayContaining(keptIn(text)));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("all safe fixes together end, leave none that is safe, and break no promise that was kept", () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        const first = yamlOf(platform);
        let text = first;
        for (let round = 0; round < 5; round++) text = fixed(text, findingsIn(text), plansOf).text;
        expect(findingsIn(text).filter(({ safe, fix }) => safe && fix)).toEqual([]);
        expect(keptIn(text)).toEqual(expect.arrayContaining(keptIn(first)));
      }),
      { numRuns: 30 },
    );
  });
});

const cellName = ({ fault = "availability", subject, of }: Concern): string => `${fault}/${subject} ${of}`;

const keptIn = (text: string): string[] => cells(planOf(text), ["kept"]);
const unkept = (plan: Plan): string[] => cells(plan, ["broken", "unknown"]);

/** The cells of the sheet, and the doors, with one of these verdicts. */
function cells(plan: Plan, verdicts: readonly Verdict[]): string[] {
  const { rows, availability } = promiseSheet(plan, []);
  const wanted = ({ verdict }: { readonly verdict: Verdict }): boolean => verdicts.includes(verdict);
  return [
    ...rows.flatMap((row) =>
      (["rto", "rpo"] as const).filter((of) => wanted(row[of])).map((of) => cellName({ ...row, of })),
    ),
    ...availability.filter(wanted).map(({ subject }) => cellName({ subject, of: "availability" })),
  ];
}

/** Names that a message lists stand in the order of the file; which they are is what counts. */
function unlisted(messages: readonly string[]): readonly string[] {
  return messages.map((message) => [...message].sort().join("")).sort();
}
