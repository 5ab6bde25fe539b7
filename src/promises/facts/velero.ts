import type { Cited } from "../../plan/plan.js";

const MB = 1_000_000;

const measured =
  "Velero's File System Backup Performance Guide, Kopia with 1 CPU and 2 GB: 900 files of 1 GB in 2 h 30 min (velero.io/docs/v1.18/performance-guidance, read 2026-11-30)";

/** Bytes per second at which a node agent copies files to a bucket. */
export const fileBackupRate: Cited = { value: 100 * MB, source: measured };

/** Bytes per second at which a node agent writes files back to a new volume. Velero publishes no measurement of a restore. */
export const fileRestoreRate: Cited = {
  value: 80 * MB,
  source: `Velero publishes no measurement of a restore; 80 MB/s assumed, one request stream from a bucket, less than its backup rate (${measured})`,
};

/** Bytes per second at which a snapshot is stored apart from its volume. Until then it is pending. */
export const snapshotRate: Cited = {
  value: 50 * MB,
  source:
    "a snapshot is pending until its data is stored, which can take several hours (Amazon EBS User Guide: Create Amazon EBS snapshots, read 2026-11-30); 50 MB/s assumed",
};

/** A volume is created from a snapshot; its blocks are read from the snapshot when they are first needed. */
export const volumeFromSnapshot = {
  value: 120_000,
  why: "a volume from a snapshot can be used at once, with slower reads until its blocks are downloaded (Amazon EBS User Guide: Initialize Amazon EBS volumes, read 2026-11-30); two minutes assumed for the claim and the volume",
};

/** An empty volume for the restored files. */
export const volumeCreated = { value: 30_000, why: "a CSI driver creates a volume in about 30 s" };

/** The commands of the runbook before the restore begins. */
export const volumeRestoreStarted = {
  value: 10 * 60_000,
  why: "the newest backup is found, the unit is scaled to zero, its claim is deleted and `velero restore create` is run; 10 min assumed",
};
