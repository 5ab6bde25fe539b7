import type { BackupKind, Milliseconds, Store } from "../../../plan/plan.js";
import { longestIntervalWithin } from "../../../promises/intervals.js";

const MINUTE_MS = 60_000;

/** Allowed for the upload of one WAL segment. */
const SEGMENT_UPLOAD_MS = 5_000;

/** A WAL archiving interval that keeps an RPO, at most `longest`; undefined if none is short enough. */
export function walInterval(rpo: Milliseconds, longest: Milliseconds = 5 * MINUTE_MS): Milliseconds | undefined {
  return longestIntervalWithin(rpo - SEGMENT_UPLOAD_MS, longest);
}

/** The shortest interval at which the provider takes backups of a kind. */
export function minBackupInterval({ provider }: Store, kind: BackupKind): Milliseconds {
  return provider.limits[kind]?.every.value ?? 0;
}
