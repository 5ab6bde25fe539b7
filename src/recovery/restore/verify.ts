import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { debugPoint } from "../../disk/debug-point.js";
import { removeTree } from "../../disk/remove-tree.js";
import { diskSpace } from "../../disk/space.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { clusterAt } from "../../postgres/cluster.js";
import { corruptionMessage } from "../../postgres/corruption.js";
import { startServer } from "../../postgres/server.js";
import { requireBackupSpace } from "../backup/backup-space.js";
import { type Backup, type Verification, writeVerification } from "../backup/catalogue.js";
import { compareFingerprints, type Fingerprint, fingerprint } from "../backup/fingerprint.js";
import { isExact } from "../backup/restore-point.js";
import type { BackupCodec } from "../backup-codec.js";
import type { Repository } from "../repository/repository.js";
import { checkPages, checkStructure } from "./integrity.js";
import { restoreInto } from "./restore.js";

export interface VerifyOptions {
  /** A directory that the server's user can enter; the restored copy is created in it and removed afterwards. */
  readonly scratch: string;
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

/** Defects of the backup itself make it invalid. Any other error means that it could not be verified. */
const BACKUP_DEFECTS = new Set([
  "backup/corrupt",
  "backup/missing",
  "log/gap",
  "log/unauthenticated",
  "postgres/start",
]);

/**
 * Restores a backup into an empty directory, starts PostgreSQL on it up to the restore point, reads every row and compares;
 * then checks the structure of every table and index, and the checksum of every page, in all databases.
 * Only this makes a backup valid; the result is stored in the catalogue.
 */
export async function verifyBackup(
  repository: Repository,
  codec: BackupCodec,
  backup: Backup,
  options: VerifyOptions,
): Promise<Verification> {
  const { manifest } = backup;
  const home = join(options.scratch, `verify-${randomBytes(4).toString("hex")}.tmp`);
  const started = performance.now();
  // The copy is beside the running database: it must not take the space that the server needs for its WAL.
  requireBackupSpace(options.scratch, await diskSpace(options.scratch), manifest.size, "the restored copy");
  let verification: Verification;
  try {
    const cluster = await clusterAt(home, join(home, "verify.log"));
    const { user } = cluster;
    await restoreInto(cluster.data, repository, codec, backup, {
      user,
      target: { kind: "restore-point" },
      ...(options.signal && { signal: options.signal }),
    });
    debugPoint("verification/restored");
    const restored = performance.now();
    const server = await startServer(cluster, { autovacuum: false, fsync: false });
    try {
      const replayed = performance.now();
      const exact = await isExact(server, manifest.fingerprint.snapshot);
      const found = await fingerprint(server);
      const { differences, notCompared } = compareFingerprints(manifest.fingerprint, found, exact);
      const structure = await checkStructure(server);
      // A clean shutdown writes every page, so that each can be checked.
      await server.stop("fast");
      const findings = [...(manifest.damage ?? []), ...differences, ...structure, ...(await checkPages(cluster.data))];
      verification = {
        at: options.now(),
        valid: findings.length === 0,
        findings,
        ...(notCompared.length > 0 && { notCompared: [...notCompared] }),
        ...counts(found),
        restoreMs: Math.round(restored - started),
        replayMs: Math.round(replayed - restored),
      };
    } finally {
      // The copy is removed next: no clean shutdown is needed.
      await server.stop("immediate");
    }
  } catch (error) {
    const defect = defectOf(error);
    if (defect === undefined) throw error;
    verification = {
      at: options.now(),
      valid: false,
      findings: [...(manifest.damage ?? []), defect],
      tables: 0,
      rows: 0,
      restoreMs: Math.round(performance.now() - started),
      replayMs: 0,
    };
  } finally {
    await removeTree(home);
  }
  debugPoint("verification/compared");
  await writeVerification(repository, codec, manifest, verification);
  return verification;
}

/** The message of an error that proves a defect of the backup; undefined if the backup could not be verified. */
function defectOf(error: unknown): string | undefined {
  const corruption = corruptionMessage(error);
  if (corruption !== undefined) return `the restored copy is damaged: ${corruption}`;
  const defect = error instanceof KeelsonError && BACKUP_DEFECTS.has(error.code) && !/TCP\/IP/.test(error.message);
  return defect ? error.message : undefined;
}

function counts(found: Fingerprint): { tables: number; rows: number } {
  return { tables: found.tables.length, rows: found.tables.reduce((sum, table) => sum + table.rows, 0) };
}
