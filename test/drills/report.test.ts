import { describe, expect, it } from "vitest";
import { type DrillResult, drillResultSchema } from "../../src/contracts/drills.js";
import { htmlReport } from "../../src/recovery/drills/report/html.js";
import { markdownReport } from "../../src/recovery/drills/report/markdown.js";
import { size } from "../../src/recovery/drills/report/size.js";

const result: DrillResult = drillResultSchema.parse({
  formatVersion: 2,
  id: "20260101T000000Z-database-loss-0000",
  fault: "database-loss",
  title: "The database's data directory is lost under load",
  platform: "harbour",
  environment: "local",
  state: "finished",
  startedAt: 1_767_225_600_000,
  finishedAt: 1_767_225_630_000,
  verdict: "kept",
  measurements: [
    {
      subject: "database",
      rto: { kind: "measured", ms: 11_600 },
      rpo: { kind: "measured", ms: 4000 },
      promised: { rto: 60_000, rpo: 60_000 },
      predicted: { rto: 38_800, rpo: 30_800 },
      verdict: "kept",
      underestimated: false,
    },
  ],
  faults: [],
  findings: [],
  terms: [{ name: "restore of the backup", value: 3100, bytes: 48_332_929 }],
  acknowledged: 355,
  lost: 117,
  failed: 53,
  series: [],
  writes: [],
  events: [{ t: 11_600, what: "recovered" }],
  load: { model: "assistant", requests: 15, writes: 15, steadyMs: 4000 },
  versions: { keelson: "0.1.0", postgres: "17.2", node: "v22.0.0", system: "Linux" },
});

describe("the report of a drill", () => {
  it("shows sizes rounded, with binary units", () => {
    expect([0, 512, 1024, 1536, 48_332_929, 2 ** 30 - 1, 3 * 2 ** 40].map(size)).toEqual([
      "0 B",
      "512 B",
      "1 KiB",
      "1.5 KiB",
      "46 MiB",
      "1 GiB",
      "3 TiB",
    ]);
    for (const report of [htmlReport(result), markdownReport(result)]) {
      expect(report).toContain("46 MiB");
      expect(report).not.toContain("48332929");
    }
  });

  it("keeps a figure and its unit on one line", () => {
    const html = htmlReport(result);
    expect(html).toMatch(/\.figure \{[^}]*white-space: nowrap/);
    for (const figure of ["11.60 s", "11.6s", "1m", "39s", "3.1s", "46 MiB", "15 MiB/s"])
      expect(html).toMatch(new RegExp(`<td class="figure" data-name="[^"]+">${figure}</td>`));
    expect(html).toContain('<td data-name="event">recovered</td>');
  });

  it("repeats the name of its column at each value, for windows in which a row is a card", () => {
    expect(htmlReport(result)).toContain('<td class="figure" data-name="RTO promised">1m</td>');
  });

  it("shows code in sentences as code", () => {
    const html = htmlReport(result);
    expect(html).toContain("<code>--duration</code>");
    expect(html).not.toContain("`");
  });
});
