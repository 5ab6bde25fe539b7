import { describe, expect, it } from "vitest";
import { planTables } from "../../src/cli/design/plan-tables.js";
import { colourless } from "../../src/cli/terminal/colours.js";
import { planOf } from "../support/check/findings.js";
import { rowOf, sheetOf } from "../support/promises/rows.js";

const HOUR_MS = 3_600_000;

const file = (platform: string, database = "") => `
platform: shop
cloud: aws
zones: 3
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, replicas: 3, spread: nodes, calls: [db] } }
stores:
  db:
    postgres: 17
    standby: another-zone
    backups: { full: daily keep 30d, log: 5m keep 7d }
${database}
objectives: ${platform}
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`;

describe("an objective by fault", () => {
  it("promises a short outage for what recovers by itself, and a longer one for a restore", () => {
    const sheet = sheetOf(file("{ rto: { default: 3m, database-loss: 2h, backup-corruption: 4h } }"));
    expect(rowOf(sheet, "node-loss", "web").rto).toMatchObject({ promised: 180_000, verdict: "kept" });
    expect(rowOf(sheet, "database-loss", "db").rto).toMatchObject({ promised: 2 * HOUR_MS, verdict: "kept" });
    expect(rowOf(sheet, "backup-corruption", "db").rto).toMatchObject({ promised: 4 * HOUR_MS });
  });

  it("is placed at its own line of the file, and the default at its own", () => {
    const sheet = sheetOf(file("\n  rto:\n    default: 3m\n    database-loss: 2h"));
    const line = (fault: string, subject: string) => rowOf(sheet, fault, subject).rto.promisedAt?.line;
    expect(line("node-loss", "db")).toBe(14);
    expect(line("database-loss", "db")).toBe(15);
  });

  it("can be none for one fault", () => {
    const sheet = sheetOf(file("{ rto: { default: 3m, database-loss: none } }"));
    expect(rowOf(sheet, "database-loss", "db").rto.verdict).toBe("not-promised");
    expect(rowOf(sheet, "node-loss", "db").rto.verdict).toBe("kept");
  });

  it("without a default promises nothing for other faults", () => {
    const sheet = sheetOf(file("{ rto: { database-loss: 2h } }"));
    expect(rowOf(sheet, "node-loss", "web").rto.verdict).toBe("not-promised");
  });

  it("of an element replaces that of the platform for the faults that it names, and one value for all", () => {
    const platform = "{ rto: { default: 3m, database-loss: 2h, backup-corruption: 4h } }";
    const some = sheetOf(file(platform, "    objectives: { rto: { database-loss: 3h } }"));
    const promised = (sheet: ReturnType<typeof sheetOf>, fault: string) => rowOf(sheet, fault, "db").rto.promised;
    expect(promised(some, "database-loss")).toBe(3 * HOUR_MS);
    expect(promised(some, "backup-corruption")).toBe(4 * HOUR_MS);
    expect(promised(some, "node-loss")).toBe(180_000);
    const one = sheetOf(file(platform, "    objectives: { rto: 1h }"));
    for (const fault of ["node-loss", "database-loss", "backup-corruption"]) expect(promised(one, fault)).toBe(HOUR_MS);
  });

  it("is shown by `keelson plan`", () => {
    const table = planTables(planOf(file("{ rto: { default: 3m, database-loss: 2h } }")), colourless);
    expect(table).toContain("RTO 3m, RTO 2h for database-loss");
  });
});
