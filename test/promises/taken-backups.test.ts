import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasServers } from "../../src/plan/stores/index.js";
import { runbookText } from "../../src/promises/runbooks/runbook.js";
import { promiseSheet, type Row } from "../../src/promises/sheet.js";
import { restoreBase, takenBackups } from "../../src/promises/subjects.js";
import { findingsIn, planOf } from "../support/check/findings.js";
import { platforms, yamlOf } from "../support/promises/platforms.js";
import { rowOf, sheetOf } from "../support/promises/rows.js";
import { runs } from "../support/property-runs.js";

const HOUR_SECONDS = 3_600;

/** The row of a fault on the store `held` of a platform in one zone. */
function row(fault: string, store: string, provide: "in-cluster" | "managed" = "in-cluster"): Row {
  return rowOf(
    sheetOf(
      `platform: shop\ncloud: aws\nprovide: ${provide}\nstores: { held: ${store} }\nobjectives: { rto: 4h, rpo: 48h }\n`,
    ),
    fault,
    "held",
  );
}
const textOf = ({ runbook }: Row): string => runbookText(runbook);

describe("the alert that watches a store's data", () => {
  it("compares the age of the backups that are taken, not of other declared kinds", () => {
    const { alert } = row(
      "database-loss",
      "{ postgres: 17, backups: { full: daily keep 7d, snapshot: hourly keep 7d } }",
    );
    expect(alert.condition).toMatchObject({
      metric: "kube_cronjob_status_last_successful_time",
      threshold: 36 * HOUR_SECONDS,
    });
  });

  it("has no expression for a provider that exports no metrics, with the reason", () => {
    const both = "{ postgres: 17, backups: { full: daily keep 7d, snapshot: 6h keep 7d } }";
    expect(row("database-loss", both, "managed").alert).toMatchObject({
      name: "backup-too-old",
      condition: { kind: "unmeasured", why: "Amazon RDS exports no metric of held to Prometheus" },
    });
  });

  it.each([
    ["no backup is declared", "database-loss", "{ postgres: 17 }"],
    [
      "the operator has no bucket to store backups in",
      "database-loss",
      "{ postgres: 17, standby: same-zone, backups: { full: daily keep 7d, log: 5m keep 7d } }",
    ],
    ["the only declared kind is not taken", "database-loss", "{ postgres: 17, backups: { snapshot: hourly keep 7d } }"],
    [
      "the archived WAL has no full backup to be replayed on",
      "database-loss",
      "{ postgres: 17, backups: { log: 5m keep 7d } }",
    ],
    [
      "the snapshots of a Redis Cluster are not taken",
      "cache-loss",
      "{ redis: 7, shards: 3, backups: { snapshot: hourly keep 7d } }",
    ],
  ])("is store-down if %s", (_case, fault, store) => {
    expect(row(fault, store).alert).toMatchObject({ name: "store-down", condition: { comparison: "below" } });
  });
});

describe("a database that an operator runs", () => {
  const database = (to: string): string =>
    `platform: shop\ncloud: aws\nprovide: in-cluster\nstores:\n  orders: { postgres: 17, standby: same-zone, backups: { full: daily keep 7d, log: 5m keep 7d${to} }, objectives: { rpo: 1h } }\n  away: { bucket: true }\n`;

  it("has no backup without a bucket, and check suggests the platform's only bucket", () => {
    expect(rowOf(sheetOf(database("")), "database-loss", "orders").rpo.predicted).toMatchObject({
      kind: "unbounded",
      why: "a full backup of orders is declared, but CloudNativePG takes no backups without a bucket (`backups.to`)",
    });
    const codes = findingsIn(database("")).filter(({ severity }) => severity === "error");
    expect(codes.map(({ code, hint }) => [code, hint?.split(",")[0]])).toContainEqual([
      "recovery/no-backup",
      "set a bucket in `backups.to`",
    ]);
    expect(rowOf(sheetOf(database(", to: away")), "database-loss", "orders").rpo.verdict).toBe("kept");
  });
});

describe("the runbook", () => {
  it("restores a database from the taken backups, to the latest point in time with archived WAL", () => {
    const logged = row(
      "database-loss",
      "{ postgres: 17, backups: { full: daily keep 7d, log: 5m keep 7d } }",
      "managed",
    );
    expect(textOf(logged)).toContain("to the latest point in time that it offers");
    const snapshots = row("database-loss", "{ postgres: 17, backups: { snapshot: daily keep 7d } }", "managed");
    expect(textOf(snapshots)).not.toContain("latest point");
    expect(textOf(snapshots)).toContain("take a new snapshot immediately");
  });

  it("restores no backup if none is taken", () => {
    const lost = row("database-loss", "{ postgres: 17, backups: { snapshot: daily keep 7d } }");
    expect(lost.runbook.id).toBe("replace-database");
    expect(textOf(lost)).not.toMatch(/restore/i);
    const down = row("process-crash", "{ postgres: 17 }");
    expect(textOf(down)).toContain('continue with the runbook "Replace held"');
  });

  it("refers to no restore of a broker: there is none", () => {
    const broker = row("process-crash", '{ rabbitmq: "4.0", backups: { snapshot: daily keep 7d } }');
    expect(textOf(broker)).not.toContain("continue with");
  });

  it("loads the snapshot of a cache only if one is taken", () => {
    const declared = "backups: { snapshot: hourly keep 7d }";
    expect(textOf(row("cache-loss", `{ redis: 7, ${declared} }`))).toContain("load the newest snapshot");
    expect(textOf(row("cache-loss", `{ redis: 7, shards: 3, ${declared} }`))).toContain("There is no snapshot");
  });

  it("replays WAL on an older backup only if the archive reaches back that far", () => {
    const older = (log: string): string =>
      textOf(row("backup-corruption", `{ postgres: 17, backups: { full: daily keep 7d${log} } }`));
    expect(older(", log: 5m keep 7d")).toContain("Replay the WAL");
    for (const short of ["", ", log: 5m keep 1d"])
      expect(older(short)).toContain("the archived WAL does not reach back");
  });

  it("restores databases with a backup in another region, and lists those that start empty", () => {
    const sheet = sheetOf(
      "platform: shop\ncloud: linode\nstores:\n  orders: { postgres: 17, backups: { full: daily } }\n  drafts: { postgres: 17 }\n",
    );
    const steps = rowOf(sheet, "zone-loss", "shop").runbook.steps.map(({ action }) => action);
    expect(steps).toContain("Restore from the newest backup outside the zone: orders.");
    expect(steps.join("\n")).toMatch(/start empty.*: drafts\./);
  });
});

describe("for every platform", () => {
  it("an alert on an age applies to a backup that is taken, and a runbook restores only existing backups", () => {
    fc.assert(
      fc.property(platforms, fc.boolean(), (platform, managed) => {
        const plan = planOf(yamlOf({ ...platform, provide: managed ? "managed" : "in-cluster" }));
        for (const { subject, alert, runbook } of promiseSheet(plan, []).rows) {
          const store = plan.stores.filter(hasServers).find(({ name }) => name === subject);
          if (!store) continue;
          const { full, log, snapshot } = takenBackups(store);
          if (alert.name === "log-shipping-late") expect(log).toBeDefined();
          if (alert.name === "backup-too-old") expect(full ?? snapshot).toBeDefined();
          if (alert.name === "backup-unverified") expect(full).toBeDefined();
          if (alert.condition.kind === "metric") expect(alert.condition.threshold).toBeGreaterThan(0);
          if (/Restore the |recovers from|load the newest/.test(runbook.steps.map(({ action }) => action).join()))
            expect(restoreBase(store)).toBeDefined();
        }
      }),
      { numRuns: runs(150) },
    );
  });
});

describe("the declared backups of a bucket", () => {
  it("are reported where nothing takes them, whatever it promises", () => {
    const text = `
platform: shop
cloud: aws
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, calls: [files] } }
stores: { files: { bucket: { versions: true }, backups: { full: daily keep 90d } } }
`;
    const found = findingsIn(text).filter(({ code }) => code === "recovery/no-backup");
    expect(found).toMatchObject([
      {
        severity: "warning",
        path: "stores.files.backups.full",
        message: expect.stringContaining("a full backup of files is declared, but Amazon S3 takes no backups"),
      },
    ]);
    expect(findingsIn(text.replace(", backups: { full: daily keep 90d }", "")).map(({ code }) => code)).not.toContain(
      "recovery/no-backup",
    );
  });
});
