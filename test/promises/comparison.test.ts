import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keptPromises } from "../../src/check/verify-fixes.js";
import type { Plan } from "../../src/plan/plan.js";
import { type ChangeKind, compareSheets, losesPromise } from "../../src/promises/comparison/compare.js";
import { comparePlatforms } from "../../src/promises/comparison/comparison.js";
import { grouped } from "../../src/promises/comparison/format.js";
import { comparisonMarkdown } from "../../src/promises/comparison/markdown.js";
import { comparisonText } from "../../src/promises/comparison/text.js";
import { planOf } from "../support/check/findings.js";
import { platforms, yamlOf } from "../support/promises/platforms.js";
import { sheetOf } from "../support/promises/rows.js";
import { runs } from "../support/property-runs.js";

const shop = (over: { rto?: string; size?: string; full?: string; objectives?: string }) => `
platform: shop
cloud: aws
zones: 3
nodes: { general: { type: m5.xlarge, count: 3..6 } }
services:
  web: { modules: [gateway], replicas: 2, calls: [accounts], expose: true }
  accounts: { modules: [accounts], replicas: 2, calls: [orders] }
stores:
  orders: { postgres: 17, size: ${over.size ?? "100G"}, backups: { full: ${over.full ?? "daily keep 30d"}, log: 5m keep 7d } }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
${over.objectives ?? `objectives: { rto: ${over.rto ?? "2h"}, rpo: 10m }`}
`;
const changes = (before: string, after: string) => compareSheets(sheetOf(before), sheetOf(after));
const MIRRORED: Readonly<Record<ChangeKind, ChangeKind>> = {
  lost: "gained",
  gained: "lost",
  withdrawn: "added",
  removed: "added",
  added: "withdrawn",
  worse: "better",
  better: "worse",
  relaxed: "tightened",
  tightened: "relaxed",
};

describe("the comparison of two versions of a platform", () => {
  it("is empty for equal versions", () => {
    expect(changes(shop({}), shop({}))).toEqual([]);
  });

  it("reports a promise that was kept and is broken, with the terms that break it, largest first", () => {
    const [change, ...rest] = changes(shop({}), shop({ size: "900G" })).filter(
      ({ fault, kind, of }) => fault === "database-loss" && kind === "lost" && of === "rto",
    );
    expect(rest).toEqual([]);
    expect(change).toMatchObject({ subject: "orders", before: { verdict: "kept" }, after: { verdict: "broken" } });
    expect(change?.terms[0]?.name).toBe("restore of the backup");
    const differences = change?.terms.map(({ before = 0, after = 0 }) => Math.abs(after - before)) ?? [];
    expect(differences).toEqual([...differences].sort((a, b) => b - a));
  });

  it("distinguishes what is promised from what is predicted", () => {
    const kinds = (before: string, after: string): ReadonlySet<string> =>
      new Set(changes(before, after).map(({ kind }) => kind));
    const generous = shop({ rto: "4h" });
    expect(kinds(generous, shop({ rto: "5h" }))).toEqual(new Set(["relaxed"]));
    expect(kinds(shop({ rto: "5h" }), generous)).toEqual(new Set(["tightened"]));
    expect(kinds(shop({}), shop({ size: "101G" }))).toEqual(new Set(["worse"]));
    expect(kinds(shop({ size: "101G" }), shop({}))).toEqual(new Set(["better"]));
    expect(kinds(shop({}), shop({ objectives: "" }))).toEqual(new Set(["withdrawn"]));
    expect(kinds(shop({ objectives: "" }), shop({}))).toEqual(new Set(["added"]));
  });

  it("does not count a promise that is withdrawn as lost", () => {
    expect(losesPromise(changes(shop({}), shop({ objectives: "" })))).toBe(false);
  });

  it("compares each environment of either version, and the size of the platform", () => {
    const inside = (name: string, count: string) =>
      planOf(`${shop({}).replace("3..6", count)}environments: { ${name}: {} }\n`, name);
    const [production, staging] = comparePlatforms(
      [inside("production", "3..6"), inside("staging", "3..6")],
      [inside("production", "4..8")],
    );
    expect(production).toMatchObject({
      environment: "production",
      before: { machines: { "m5.xlarge": { min: 3, max: 6 } } },
      after: { machines: { "m5.xlarge": { min: 4, max: 8 } } },
    });
    expect(staging).toMatchObject({ environment: "staging", after: undefined, unchanged: 0 });
    expect(staging?.changes.every(({ kind }) => kind === "removed")).toBe(true);
    expect(staging?.changes.length).toBeGreaterThan(5);
  });

  it("is shown with the subjects that agree in one line, as text and as Markdown", () => {
    const compared = comparePlatforms([planOf(shop({}))], [planOf(shop({ rto: "1h", size: "900G" }))]);
    const text = comparisonText("shop", compared);
    expect(text).toContain("lost       orders: RTO in database-loss: 2h → 1h promised");
    expect(text).toMatch(
      /tightened {2}\d+ promises: RTO in process-crash, .*: 2h → 1h promised, [0-9.a-z]+ to [0-9.a-z]+ predicted, all kept/,
    );
    expect(text).toMatch(/\d+ promises? lost, \d+ tightened; \d+ unchanged/);
    const markdown = comparisonMarkdown("shop", compared);
    expect(markdown).toContain("| **lost** | orders | RTO in database-loss | 2h → 1h |");
    const cells = markdown.split("\n").filter((line) => line.startsWith("|"));
    expect(new Set(cells.map((line) => line.split(/(?<!\\)\|/).length))).toEqual(new Set([8]));
  });

  it("notifies no user and links no address in Markdown, and begins no line with foreign text", () => {
    const title =
      "@ana/team #12 GH-7 https://evil.example www.evil.example a@evil.example <img> ![x](y)\r/close\u2028\u202e";
    const [first, second] = comparisonMarkdown(title, []).split("\n");
    expect(second).toBe("");
    expect(first).not.toMatch(/@\w|(?<!&)#\d|GH-|:\/\/|www\.|(?<!\\)[<![]|[\r\u2028\u202e]/);
  });

  it("fits into a comment however many promises change, and says how many rows are left out", () => {
    const many = (size: string) =>
      `platform: many\nstores:\n${Array.from({ length: 300 }, (_, i) => `  s${i}: { postgres: 17, size: ${(i + 10) * Number(size)}G, backups: { full: daily keep 30d, log: 5m keep 7d } }`).join("\n")}\nobjectives: { rto: 2h, rpo: 10m }\n`;
    const markdown = comparisonMarkdown("many", comparePlatforms([planOf(many("1"))], [planOf(many("3"))]));
    expect(markdown.length).toBeLessThan(65_536);
    expect(markdown).toMatch(/\d+ more rows do not fit/);
  });

  it("loses exactly the promises that were kept and are still made; exchanged versions have the opposite changes", () => {
    const promised = (plan: Plan) => keptPromises([plan]);
    fc.assert(
      fc.property(platforms, platforms, (one, other) => {
        const [before, after] = [planOf(yamlOf(one)), planOf(yamlOf(other))];
        const [comparison] = comparePlatforms([before], [after]);
        const [reversed] = comparePlatforms([after], [before]);
        const found = comparison?.changes ?? [];
        const lost = [...promised(before)].filter((promise) => !promised(after).has(promise));
        const gone = found.filter(
          ({ kind, before: was, after: is }) => kind === "lost" || (is === undefined && was?.verdict === "kept"),
        );
        expect(gone.length).toBe(lost.length);
        const sorted = (kinds: readonly ChangeKind[]): readonly ChangeKind[] =>
          kinds.map((kind) => (kind === "removed" ? "withdrawn" : kind)).sort();
        expect(sorted((reversed?.changes ?? []).map(({ kind }) => kind))).toEqual(
          sorted(found.map(({ kind }) => MIRRORED[kind])),
        );
        // Every change is shown.
        expect(grouped(found).length > 0).toBe(found.length > 0);
      }),
      { numRuns: runs(40) },
    );
  });
});
