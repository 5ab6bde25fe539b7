import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";

const HOUR = 3_600_000;
const GI = 2 ** 30;

/** A service with a volume of 50Gi. `volume`: its backups and objectives. */
const platform = (volume: string, more = "") =>
  sheetOf(`
platform: shop
cloud: aws
data: real
services:
  chroma:
    image: registry.example.com/chroma:1.0.0
    port: 8000
    volumes: { data: { mount: /data, size: 50Gi, persistent: true${volume === "" ? "" : `, ${volume}`} } }
stores: { offsite: { bucket: true }, near: { bucket: true, provide: in-cluster } }
objectives: { rto: 4h, rpo: 25h }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
${more}
`);

const files = (to: string) => `backups: { files: daily keep 30d, to: ${to} }`;

describe("the loss of a volume", () => {
  it("loses everything without a backup, and what was written since the newest one with it", () => {
    expect(rowOf(platform(""), "volume-loss", "chroma/data").rpo.predicted).toMatchObject({
      kind: "unbounded",
      fix: {
        edits: [
          { path: "services.chroma.volumes.data.backups.files", value: "12h keep 7d" },
          { path: "services.chroma.volumes.data.backups.to", value: "offsite" },
        ],
      },
    });
    const { rpo } = rowOf(platform(files("offsite")), "volume-loss", "chroma/data");
    expect(termOf(rpo.predicted, "backup interval")).toBe(24 * HOUR);
    expect(termOf(rpo.predicted, "duration of a backup")).toBeCloseTo((50 * GI) / 100_000, 3);
    expect(rpo.verdict).toBe("kept");
  });

  it("loses everything where a backup expires before the next one is complete", () => {
    const lost = (schedule: string) =>
      rowOf(
        platform(`backups: { files: ${schedule}, to: offsite }, objectives: { rpo: 8d }`),
        "volume-loss",
        "chroma/data",
      );
    const { rto, rpo } = lost("weekly keep 5d");
    expect(rpo).toMatchObject({
      verdict: "broken",
      predicted: {
        kind: "unbounded",
        why: "backups of chroma/data are retained for 5d and taken every 7d: one expires before the next is complete",
        fix: { edits: [{ path: "services.chroma.volumes.data.backups.files", value: "weekly keep 14d" }] },
      },
    });
    expect(rto.predicted.kind).toBe("unbounded");
    expect(lost("weekly keep 7d").rpo.verdict).toBe("broken");
    expect(lost("weekly keep 14d").rpo.verdict).toBe("kept");
  });

  it("ends when a person has restored the files and the unit is ready", () => {
    const { rto } = rowOf(platform(files("offsite")), "volume-loss", "chroma/data");
    expect(termsOf(rto.predicted)).toEqual(
      expect.arrayContaining(["alert fires", "on-call response", "restore started by hand", "start to ready"]),
    );
    expect(termOf(rto.predicted, "restore of the files")).toBeCloseTo((50 * GI) / 80_000, 3);
    const snapshot = rowOf(platform("backups: { snapshot: daily keep 7d }"), "volume-loss", "chroma/data").rto;
    expect(totalOf(snapshot.predicted)).toBeLessThan(totalOf(rto.predicted));
  });

  it("is judged by the objectives of the volume, by fault, and by those of its unit otherwise", () => {
    const own = platform(`${files("offsite")}, objectives: { rpo: 1h, rto: { default: 3h, backup-corruption: none } }`);
    const lost = rowOf(own, "volume-loss", "chroma/data");
    expect(lost.rpo).toMatchObject({ promised: HOUR, verdict: "broken" });
    expect(lost.rto).toMatchObject({ promised: 3 * HOUR, verdict: "kept" });
    expect(rowOf(own, "backup-corruption", "chroma/data").rto.verdict).toBe("not-promised");
    const { rto } = rowOf(platform(files("offsite")), "volume-loss", "chroma/data");
    expect(rto).toMatchObject({ promised: 4 * HOUR, promisedAt: { line: 11 } });
  });

  it("is unknown for snapshots of storage that the file does not describe, and unbounded where a cloud has none", () => {
    const snapshots = "backups: { snapshot: daily keep 7d }";
    const other = (cloud: string) =>
      rowOf(
        sheetOf(`
platform: shop
cloud: ${cloud}
provide: in-cluster
services: { chroma: { image: "x:1", port: 8000, volumes: { data: { size: 5Gi, persistent: true, ${snapshots} } } } }
objectives: { rpo: 48h }
observe: { metrics: prometheus }
`),
        "volume-loss",
        "chroma/data",
      ).rpo;
    expect(other("none").verdict).toBe("unknown");
    expect(other("linode")).toMatchObject({
      verdict: "broken",
      predicted: {
        why: "the declared backups of chroma/data are never taken: the volumes of linode have no snapshots",
      },
    });
  });
});

describe("backups of a volume", () => {
  it("survive the deletion of their namespace only in a bucket outside it; of several, one is enough", () => {
    const deleted = (to: string) => rowOf(platform(files(to)), "deletion", "chroma/data").rpo;
    expect(deleted("near").predicted).toMatchObject({ kind: "unbounded" });
    expect(deleted("offsite").verdict).toBe("kept");
    expect(deleted("[near, offsite]").verdict).toBe("kept");
  });

  it("bring a lost cluster back, and bound what it loses", () => {
    const cluster = (to: string) => rowOf(platform(files(to)), "cluster-loss", "shop").rpo.predicted.kind;
    expect(cluster("near")).toBe("unbounded");
    expect(cluster("offsite")).toBe("bounded");
  });

  it("are as old in the standby region as the newest copy, once their bucket is replicated there", () => {
    const region = (copy: string) =>
      rowOf(
        sheetOf(`
platform: shop
cloud: aws
regions: { primary: us-east-1, standby: [{ region: us-west-2, mode: warm }], failover: { check: 30s, failures: 3, ttl: 60s } }
services:
  chroma:
    image: registry.example.com/chroma:1.0.0
    port: 8000
    volumes: { data: { size: 50Gi, persistent: true, ${files("offsite")} } }
stores: { offsite: { bucket: { versions: true${copy} } } }
objectives: { rto: 4h, rpo: 25h }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`),
        "region-loss",
        "shop",
      );
    expect(region("").rpo.predicted).toMatchObject({
      kind: "unbounded",
      fix: { edits: [{ path: "stores.offsite.bucket.copy", value: "us-west-2" }] },
    });
    const copied = region(", copy: us-west-2");
    expect(totalOf(copied.rpo.predicted)).toBeGreaterThan(24 * HOUR);
    expect(copied.rpo.verdict).toBe("kept");
    expect(termsOf(copied.rto.predicted)).toContain("restore of chroma/data, the slowest");
  });

  it("are two intervals old if the newest cannot be read, and lost if only one is retained", () => {
    const corrupt = (schedule: string) =>
      rowOf(platform(`backups: { files: ${schedule}, to: offsite }`), "backup-corruption", "chroma/data").rpo.predicted;
    expect(totalOf(corrupt("6h keep 7d"))).toBeGreaterThan(12 * HOUR);
    expect(corrupt("daily keep 1d")).toMatchObject({ kind: "unbounded" });
  });

  it("are watched by the age of the newest one of Velero, and restored by its commands", () => {
    const { alert, runbook } = rowOf(platform(files("[near, offsite]")), "volume-loss", "chroma/data");
    expect(alert).toMatchObject({
      name: "backup-too-old",
      condition: { metric: "velero_backup_last_successful_timestamp", labels: [{ label: "schedule", match: "=~" }] },
    });
    expect(runbook.steps.map(({ command }) => command ?? "").join("\n")).toContain("velero restore create");
    const without = rowOf(platform(""), "volume-loss", "chroma/data");
    expect(without.alert.name).toBe("replicas-missing");
    expect(without.runbook.id).toBe("recreate-volume");
  });

  it("of a service that runs beside several others are one row", () => {
    const sheet = sheetOf(`
platform: shop
cloud: aws
services:
  a: { image: "x:1", port: 8000, beside: memory }
  b: { image: "x:1", port: 8000, beside: memory }
  memory: { image: "x:1", port: 9000, volumes: { state: { size: 5Gi, persistent: true } } }
objectives: { rpo: 1h }
`);
    expect(sheet.rows.filter(({ fault }) => fault === "volume-loss").map(({ subject }) => subject)).toEqual([
      "memory/state",
    ]);
  });
});
