import { describe, expect, it } from "vitest";
import { findingsIn } from "../support/check/findings.js";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";

const HOUR = 3_600_000;
const GI = 2 ** 30;

/** A component with a bucket of 50Gi in the cluster. `backups`: of the bucket. */
const text = (backups: string, more = "") => `
platform: shop
cloud: aws
zones: 3
data: real
services: { api: { image: registry.example.com/api:1.0.0, port: 8080, replicas: 2, calls: [files] } }
stores:
  files: { bucket: true, provide: in-cluster, size: 50Gi${backups === "" ? "" : `, backups: ${backups}`} }
  near: { bucket: true, provide: in-cluster }
  offsite: { bucket: { copy: us-west-2 } }
objectives: { rto: 4h, rpo: 25h }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
${more}
`;
const platform = (backups: string, more = "") => sheetOf(text(backups, more));
const full = (to: string, schedule = "daily keep 30d") => `{ full: ${schedule}, to: ${to} }`;

describe("the loss of a bucket in the cluster", () => {
  it("loses everything without a backup, and the objects since the newest one with it", () => {
    expect(rowOf(platform(""), "bucket-loss", "files").rpo.predicted).toMatchObject({
      kind: "unbounded",
      why: "files has no replica, and no backup of it is taken",
    });
    const { rpo } = rowOf(platform(full("offsite")), "bucket-loss", "files");
    expect(termOf(rpo.predicted, "backup interval")).toBe(24 * HOUR);
    expect(termOf(rpo.predicted, "duration of a backup")).toBeCloseTo((50 * GI) / 100_000, 3);
    expect(rpo.verdict).toBe("kept");
  });

  it("ends when a person has restored the files and the server runs", () => {
    const { rto, alert, runbook } = rowOf(platform(full("offsite")), "bucket-loss", "files");
    expect(termsOf(rto.predicted)).toEqual(
      expect.arrayContaining(["on-call response", "restore started by hand", "start of the server"]),
    );
    expect(termOf(rto.predicted, "restore of the files")).toBeCloseTo((50 * GI) / 80_000, 3);
    expect(alert).toMatchObject({
      name: "backup-too-old",
      condition: { metric: "velero_backup_last_successful_timestamp" },
    });
    expect(runbook.steps.map(({ command }) => command ?? "").join("\n")).toContain("pvc data-files-0");
    expect(rowOf(platform(""), "bucket-loss", "files")).toMatchObject({
      alert: { name: "store-down" },
      runbook: { id: "recreate-bucket" },
    });
  });

  it("is restored from a snapshot where the storage of the cloud has them", () => {
    const snapshot = rowOf(platform("{ snapshot: 6h keep 7d }"), "bucket-loss", "files").rto.predicted;
    expect(termsOf(snapshot)).toContain("volume created from the snapshot");
  });
});

describe("backups of a bucket", () => {
  it("outlive the namespace, the cluster and the zone only in a bucket outside the cluster", () => {
    for (const [fault, subject] of [
      ["deletion", "files"],
      ["cluster-loss", "shop"],
      ["zone-loss", "files"],
    ] as const) {
      const lost = (to: string) => rowOf(platform(full(to)), fault, subject).rpo.predicted.kind;
      expect([fault, lost("near"), lost("offsite"), lost("[near, offsite]")]).toEqual([
        fault,
        "unbounded",
        "bounded",
        "bounded",
      ]);
    }
  });

  it("are restored in a new cluster, and in a standby region that has a copy of them", () => {
    const cluster = rowOf(platform(full("offsite")), "cluster-loss", "shop");
    expect(termsOf(cluster.rto.predicted)).toContain("restore of files, the slowest");
    const regions =
      "regions: { primary: us-east-1, standby: [{ region: us-west-2, mode: warm }], failover: { check: 30s, failures: 3, ttl: 60s } }";
    const region = rowOf(platform(full("offsite"), regions), "region-loss", "shop");
    expect(totalOf(region.rpo.predicted)).toBeGreaterThan(24 * HOUR);
    expect(termsOf(region.rto.predicted)).toContain("restore of files, the slowest");
    expect(rowOf(platform(full("near"), regions), "region-loss", "shop").rpo.predicted).toMatchObject({
      kind: "unbounded",
      why: "no backup of files is in us-west-2",
    });
  });

  it("are two intervals old if the newest cannot be read, and lost if only one is retained", () => {
    const corrupt = (schedule: string) =>
      rowOf(platform(full("offsite", schedule)), "backup-corruption", "files").rpo.predicted;
    expect(totalOf(corrupt("6h keep 7d"))).toBeGreaterThan(12 * HOUR);
    expect(corrupt("daily keep 1d")).toMatchObject({ kind: "unbounded" });
    expect(platform("").rows.filter(({ fault }) => fault === "backup-corruption")).toEqual([]);
  });

  it("are taken at intervals, of one kind, and to a bucket of a server", () => {
    const why = (backups: string) => rowOf(platform(backups), "bucket-loss", "files").rpo.predicted;
    const neverTaken = (reason: string) => ({ why: `the declared backups of files are never taken: ${reason}` });
    expect(why("{ full: daily keep 7d }")).toMatchObject(
      neverTaken("Velero copies files to a bucket, and `to` names none"),
    );
    expect(why(full("offsite", "on change keep 7d"))).toMatchObject(
      neverTaken("Velero takes backups at intervals, not on change"),
    );
    expect(why("{ full: daily keep 7d, snapshot: daily keep 7d, to: offsite }")).toMatchObject(
      neverTaken("Velero takes one kind of backup of a volume"),
    );
  });

  it("are judged as those of a volume: too rare, in the same cluster, retained too briefly", () => {
    const codes = (backups: string, objectives: string) =>
      findingsIn(text(backups).replace("objectives: { rto: 4h, rpo: 25h }", `objectives: { ${objectives} }`)).map(
        ({ code, path, fix }) => [code, path, fix?.[0]?.value],
      );
    expect(codes(full("offsite"), "rpo: 12h, rto: 4h")).toContainEqual([
      "recovery/bucket-loss",
      "stores.files",
      "6h keep 30d",
    ]);
    expect(codes(full("near"), "rpo: 25h").map(([code, path]) => [code, path])).toContainEqual([
      "recovery/backup-beside-data",
      "stores.files.backups.to",
    ]);
    expect(codes(full("offsite"), "retention: 90d")).toContainEqual([
      "recovery/retention",
      "stores.files.backups.full",
      "daily keep 90d",
    ]);
    expect(codes("{ full: daily keep 7d }", "availability: 99%").map(([code, path]) => [code, path])).toContainEqual([
      "recovery/no-backup",
      "stores.files.backups.full",
    ]);
  });
});
