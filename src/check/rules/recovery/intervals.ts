import type { BackupKind, Milliseconds, Store } from "../../../plan/plan.js";

const MINUTE_MS = 60_000;

/** Common backup intervals, longest first. */
const COMMON_INTERVALS_MS: readonly Milliseconds[] = [
  1440,
  720,
  360,
  240,
  120,
  60,
  30,
  15,
  10,
  5,
  1,
  1 / 2,
  1 / 4,
  1 / 6,
].map((count) => count * MINUTE_MS);

/** Allowed for the upload of one WAL segment. */
const SEGMENT_UPLOAD_MS = 5_000;

/** A WAL archiving interval that keeps an RPO, at most `longest`; undefined if none is short enough. */
export function walInterval(rpo: Milliseconds, longest: Milliseconds = 5 * MINUTE_MS): Milliseconds | undefined {
  return longestIntervalWithin(rpo - SEGMENT_UPLOAD_MS, longest);
}

/** The longest common interval within both limits. */
export function longestIntervalWithin(limit: Milliseconds, longest: Milliseconds): Milliseconds | undefined {
  return COMMON_INTERVALS_MS.find((every) => every <= limit && every <= longest);
}

/** The shortest interval at which the provider takes backups of a kind. */
export function minBackupInterval({ provider }: Store, kind: BackupKind): Milliseconds {
  return provider.limits[kind]?.every.value ?? 0;
}
