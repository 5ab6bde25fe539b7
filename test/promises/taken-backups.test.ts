import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasServers } from "../../src/plan/stores/index.js";
import { runbookText } from "../../src/promises/runbooks/runbook.js";
import { promiseSheet, type Row } from "../../src/promises/sheet.js";
import { restoreBase, taken } from "../../src/promises/subjects.js";
import { findingsIn, planOf } from "../support/check/findings.js";
import { platforms, yamlOf } from "../support/promises/platforms.js";
import { rowOf, sheetOf } from "../support/promises/rows.js";

const hour = 3_600_000;

/** The row of a fault on `held`, a store of one zone. */
function row(fault: string, store: string, provide: "in-cluster" | "managed" = "in-cluster"): Row {
  return rowOf(
    sheetOf(
      `platform: shop\ncloud: aws\nprovide: ${provide}\nstores: { held: ${store} }\nobjectives: { rto: 4h, rpo: 48h }\n`,
    ),
    fault,
    "held",
  );
}
const page = ({ runbook }: Row): string => runbookText(runbook);

describe("the alert that watches a store's data", () => {
  it("reads the age of what is taken, not of what is declared beside it", () => {
    const { alert } = row(
      "database-loss",
      "{ postgres: 17, backups: { full: daily keep 7d, snapshot: hourly keep 7d } }",
    );
    expect(alert.condition).toMatchObject({ measure: "backup-age", threshold: 36 * hour });
  });

  it("reads the age of the copy that is taken most often", () => {
    const both = "{ postgres: 17, backups: { full: daily keep 7d, snapshot: 6h keep 7d } }";
    expect(row("database-loss", both, "managed").alert.condition).toMatchObject({
      measure: "backup-age",
      threshold: 12 * hour,
    });
  });

  it.each([
    ["nothing is declared", "database-loss", "{ postgres: 17 }"],
    [
      "an operator has no bucket to send them to",
      "database-loss",
      "{ postgres: 17, standby: same-zone, backups: { full: daily keep 7d, log: 5m keep 7d } }",
    ],
    [
      "the one kind that is declared is never taken",
      "database-loss",
      "{ postgres: 17, backups: { snapshot: hourly keep 7d } }",
    ],
    [
      "the shipped log has no full backup to be replayed on",
      "database-loss",
      "{ postgres: 17, backups: { log: 5m keep 7d } }",
    ],
    [
      "a Redis Cluster's snapshot is never taken",
      "cache-loss",
      "{ redis: 7, shards: 3, backups: { snapshot: hourly keep 7d } }",
    ],
  ])("is that the store is down where %s", (_case, fault, store) => {
    expect(row(fault, store).alert).toMatchObject({ name: "store-down", condition: { measure: "store-up" } });
  });
});

describe("a database that an operator runs", () => {
  const database = (to: string): string =>
    `platform: shop\ncloud: aws\nprovide: in-cluster\nstores:\n  orders: { postgres: 17, standby: same-zone, backups: { full: daily keep 7d, log: 5m keep 7d${to} }, objectives: { rpo: 1h } }\n  away: { bucket: true }\n`;

  it("has no backup while no bucket is named, and check offers the one that there is", () => {
    expect(rowOf(sheetOf(database("")), "database-loss", "orders").rpo.predicted).toMatchObject({
      kind: "unbounded",
      why: "a full backup of orders is declared, but CloudNativePG takes none without a bucket to send it to (`backups.to`)",
    });
    const codes = findingsIn(database("")).filter(({ severity }) => severity === "error");
    expect(codes.map(({ code, hint }) => [code, hint?.split(",")[0]])).toContainEqual([
      "recovery/no-backup",
      "name a bucket in `backups.to`",
    ]);
    expect(rowOf(sheetOf(database(", to: away")), "database-loss", "orders").rpo.verdict).toBe("kept");
  });
});

describe("the runbook", () => {
  it("restores a database from what is taken, at the latest time only where a log is shipped", () => {
    const logged = row(
      "database-loss",
      "{ postgres: 17, backups: { full: daily keep 7d, log: 5m keep 7d } }",
      "managed",
    );
    expect(page(logged)).toContain("at the latest time it offers");
    const snapshots = row("database-loss", "{ postgres: 17, backups: { snapshot: daily keep 7d } }", "managed");
    expect(page(snapshots)).not.toContain("latest time");
    expect(page(snapshots)).toContain("take a new snapshot at once");
  });

  it("names no backup to restore where none is taken", () => {
    const lost = row("database-loss", "{ postgres: 17, backups: { snapshot: daily keep 7d } }");
    expect(lost.runbook.id).toBe("replace-database");
    expect(page(lost)).not.toMatch(/restore/i);
    const down = row("process-crash", "{ postgres: 17 }");
    expect(page(down)).toContain("go on with the page on replacing it");
  });

  it("sends nobody to a page on restoring a broker: there is none", () => {
    const broker = row("process-crash", '{ rabbitmq: "4.0", backups: { snapshot: daily keep 7d } }');
    expect(page(broker)).not.toContain("go on with");
  });

  it("loads a cache's snapshot only where one is taken", () => {
    const declared = "backups: { snapshot: hourly keep 7d }";
    expect(page(row("cache-loss", `{ redis: 7, ${declared} }`))).toContain("Load the newest snapshot");
    expect(page(row("cache-loss", `{ redis: 7, shards: 3, ${declared} }`))).toContain("There is no snapshot");
  });

  it("replays the log since an older backup only where it reaches back that far", () => {
    const older = (log: string): string =>
      page(row("backup-corruption", `{ postgres: 17, backups: { full: daily keep 7d${log} } }`));
    expect(older(", log: 5m keep 7d")).toContain("Replay the log");
    for (const short of ["", ", log: 5m keep 1d"]) expect(older(short)).toContain("no log is kept that reaches back");
  });

  it("restores elsewhere what has a backup, and says which databases begin empty", () => {
    const sheet = sheetOf(
      "platform: shop\ncloud: linode\nstores:\n  orders: { postgres: 17, backups: { full: daily } }\n  drafts: { postgres: 17 }\n",
    );
    const steps = rowOf(sheet, "zone-loss", "shop").runbook.steps.map(({ action }) => action);
    expect(steps).toContain("From the newest backup outside the zone, restore: orders.");
    expect(steps.join("\n")).toMatch(/begin empty.*: drafts\./);
  });
});

describe("for every platform", () => {
  it("an alert on an age watches a kind that is taken, and a page restores only what can be restored", () => {
    fc.assert(
      fc.property(platforms, fc.boolean(), (platform, managed) => {
        const plan = planOf(yamlOf({ ...platform, provide: managed ? "managed" : "in-cluster" }));
        for (const { subject, alert, runbook } of promiseSheet(plan, []).rows) {
          const store = plan.stores.filter(hasServers).find(({ name }) => name === subject);
          if (!store) continue;
          const { full, log, snapshot } = taken(store);
          const { measure, threshold } = alert.condition;
          if (measure === "log-age") expect(log).toBeDefined();
          if (measure === "backup-age") expect(full ?? snapshot).toBeDefined();
          if (measure === "backup-verification-age") expect(full).toBeDefined();
          expect(threshold).toBeGreaterThan(0);
          if (/Restore |recovers from|Load the newest/.test(runbook.steps.map(({ action }) => action).join()))
            expect(restoreBase(store)).toBeDefined();
        }
      }),
      { numRuns: 150 },
    );
  });
});
