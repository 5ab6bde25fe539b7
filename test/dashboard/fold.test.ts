import { describe, expect, it } from "vitest";
import { foldRows, members } from "../../dashboard/src/pages/promises/fold.js";
import { promiseSheet, type Row } from "../../src/contracts/promises.js";
import { sheetOf } from "../../src/runtime/dashboard/promises/compose.js";
import { planOf } from "../support/check/findings.js";

const services = (count: number, rto: string): readonly Row[] =>
  promiseSheet
    .parse(
      sheetOf(
        planOf(`
platform: shop
provide: in-cluster
services:
${Array.from({ length: count }, (_, index) => `  web-${index}: { image: "nginx:1.27.0", port: 80, replicas: 1 }`).join("\n")}
objectives: { rto: ${rto}, except: [zone-loss] }
observe: { metrics: prometheus }
`),
      )([]),
    )
    .rows.filter(({ fault }) => fault === "process-crash");

describe("the rows of a fault", () => {
  it("are folded where they agree, at the place of the first", () => {
    const rows = services(5, "1h");
    expect(foldRows(rows).map(({ key, rows: alike }) => [key, alike.length])).toEqual([["process-crash/web-0", 5]]);
    const [first, second, ...others] = rows;
    if (!first || !second) throw new Error("the sheet has no rows");
    const slower = { ...second, rto: { ...second.rto, measured: { kind: "measured" as const, ms: 9_000 } } };
    expect(foldRows([first, slower, ...others]).map(({ rows: alike }) => alike.map(({ subject }) => subject))).toEqual([
      ["web-0", "web-2", "web-3", "web-4"],
      ["web-1"],
    ]);
  });

  it("are shown one by one where they are few", () => {
    expect(foldRows(services(2, "1h"))).toHaveLength(2);
  });

  it("that are not kept are folded only where their reasons agree, and name more of their components", () => {
    const rows = services(12, "1s");
    expect(foldRows(rows)).toHaveLength(1);
    expect(members(rows)).toMatchObject({ names: { length: 12 }, more: 0 });
    expect(members(services(12, "1h"))).toMatchObject({ names: { length: 6 }, more: 6 });
    const [first, ...others] = rows;
    if (first?.rto.predicted.kind !== "bounded") throw new Error("the first row has no prediction");
    const [term, ...terms] = first.rto.predicted.terms;
    if (!term) throw new Error("the first row has no terms");
    const renamed = { ...first.rto.predicted, terms: [{ ...term, name: "another term" }, ...terms] };
    const differing = { ...first, rto: { ...first.rto, predicted: renamed } };
    expect(foldRows([differing, ...others]).map(({ rows: alike }) => alike.length)).toEqual([1, 11]);
  });

  it("that are not kept come first", () => {
    const [kept, broken] = [services(2, "1h"), services(3, "1s")];
    expect(foldRows([...kept, ...broken]).map(({ rows: alike }) => alike[0]?.verdict)).toEqual([
      "broken",
      "kept",
      "kept",
    ]);
  });
});
