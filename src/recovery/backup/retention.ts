import type { Milliseconds } from "../../plan/plan.js";
import type { ArchivedFile } from "../archive/log-archive.js";
import { parseLogFile } from "../archive/segments.js";
import { type Backup, byLogPosition } from "./catalogue.js";

export interface RetentionPolicy {
  /** `backups.full.keep`. */
  readonly full: Milliseconds;
  /** `backups.log.keep`: any time in this period can be restored. */
  readonly log: Milliseconds;
}

export interface Pruning {
  readonly backups: readonly { readonly backup: Backup; readonly reason: string }[];
  readonly log: readonly { readonly file: ArchivedFile; readonly reason: string }[];
}

/**
 * The expired backups and log files. A backup is retained if it is younger than the policy, if it is the newest or the
 * newest valid one, or if the oldest time within the log's retention is restored from it (the anchor). Of the log, everything
 * since the start of the anchor is retained, and what each other retained backup needs to become consistent.
 */
export function prune(
  backups: readonly Backup[],
  log: readonly ArchivedFile[],
  policy: RetentionPolicy,
  now: number,
): Pruning {
  const byAge = [...backups].sort(byLogPosition);
  const valid = byAge.filter((backup) => backup.verification?.valid !== false);
  const anchor = valid.findLast((backup) => backup.manifest.restorePoint.at <= now - policy.log) ?? valid[0];
  const needed = new Set([byAge.at(-1), byAge.findLast((backup) => backup.verification?.valid === true), anchor]);
  const retained = byAge.filter((backup) => needed.has(backup) || now - backup.manifest.finishedAt <= policy.full);
  const expired = byAge.filter((backup) => !retained.includes(backup));
  return {
    backups: expired.map((backup) => ({
      backup,
      reason: "older than the retention of full backups, and not needed within the retention of the log",
    })),
    log: log
      .filter((file) => isExpired(file, retained, anchor))
      .map((file) => ({ file, reason: "needed by no retained backup and not within the retention of the log" })),
  };
}

function isExpired({ file }: ArchivedFile, retained: readonly Backup[], anchor: Backup | undefined): boolean {
  // Timeline histories are small, and every recovery needs them.
  if (file.kind === "history" || anchor === undefined) return false;
  const name = file.kind === "segment" ? file : parseLogFile(file.name.slice(0, 24));
  if (name?.kind !== "segment") return false;
  if (name.position >= position(anchor.manifest.firstSegment)) return false;
  return !retained.some(
    ({ manifest }) =>
      name.position >= position(manifest.firstSegment) && name.position <= position(manifest.lastSegment),
  );
}

function position(segment: string): bigint {
  const file = parseLogFile(segment);
  return file?.kind === "segment" ? file.position : 0n;
}
