import type { Milliseconds } from "../../plan/plan.js";
import type { ArchivedFile } from "../archive/log-archive.js";
import { parseLogFile } from "../archive/segments.js";
import type { Backup } from "./catalogue.js";

export interface RetentionPolicy {
  /** `backups.full.keep`. */
  readonly full: Milliseconds;
  /** `backups.log.keep`: any moment of that past can be restored. */
  readonly log: Milliseconds;
}

export interface Pruning {
  readonly backups: readonly { readonly backup: Backup; readonly reason: string }[];
  readonly log: readonly { readonly file: ArchivedFile; readonly reason: string }[];
}

/**
 * What may go. Kept are: every backup younger than the policy, the newest one and the newest valid one whatever their
 * age, and the one from which the oldest promised moment is restored. Of the log: everything since that one's
 * beginning, and what each other kept backup needs to become consistent.
 */
export function prune(
  backups: readonly Backup[],
  log: readonly ArchivedFile[],
  policy: RetentionPolicy,
  now: number,
): Pruning {
  const byAge = [...backups].sort((a, b) => a.manifest.finishedAt - b.manifest.finishedAt);
  const valid = byAge.filter((backup) => backup.verification?.valid !== false);
  const anchor = valid.findLast((backup) => backup.manifest.restorePoint.at <= now - policy.log) ?? valid[0];
  const needed = new Set([byAge.at(-1), byAge.findLast((backup) => backup.verification?.valid === true), anchor]);
  const kept = byAge.filter((backup) => needed.has(backup) || now - backup.manifest.finishedAt <= policy.full);
  const gone = byAge.filter((backup) => !kept.includes(backup));
  return {
    backups: gone.map((backup) => ({
      backup,
      reason: "older than backups.full keeps, and no promised moment needs it",
    })),
    log: log
      .filter((file) => isDispensable(file, kept, anchor))
      .map((file) => ({ file, reason: "no kept backup and no promised moment needs it" })),
  };
}

function isDispensable({ file }: ArchivedFile, kept: readonly Backup[], anchor: Backup | undefined): boolean {
  // Histories are a few bytes each and tell recovery which timeline follows which.
  if (file.kind === "history" || anchor === undefined) return false;
  const name = file.kind === "segment" ? file : parseLogFile(file.name.slice(0, 24));
  if (name?.kind !== "segment") return false;
  if (name.position >= position(anchor.manifest.firstSegment)) return false;
  return !kept.some(
    ({ manifest }) =>
      name.position >= position(manifest.firstSegment) && name.position <= position(manifest.lastSegment),
  );
}

function position(segment: string): bigint {
  const file = parseLogFile(segment);
  return file?.kind === "segment" ? file.position : 0n;
}
