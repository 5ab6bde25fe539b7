/**
 * Named points at which a test kills the process, so that a test reproduces a crash window every time.
 * Active only while the environment variable KEELSON_DEBUG_POINT is `NAME` or `NAME:COUNT`: the process then sends itself
 * SIGKILL when the point is reached for the COUNT-th time (default 1).
 */
export type DebugPoint = (typeof RECOVERY_POINTS)[number] | UsagePoint;

type UsagePoint =
  /** Entries of the usage journal are durable; no client has been notified. */
  | "journal/durable"
  /** The ledger has acknowledged a batch of a journal file; the file is not marked as published. */
  | "publisher/recorded"
  /** A file is marked as published and not deleted. */
  | "journal/published";

/** The steps of backups, restores and upgrades, in their order. */
export const RECOVERY_POINTS = [
  /** The copy of a backup is stored, without a manifest. */
  "backup/copied",
  /** The log that makes it consistent is archived. */
  "backup/log-archived",
  /** It is in the catalogue, and not verified. */
  "backup/stored",
  /** A restored copy exists for its verification. */
  "verification/restored",
  /** The copy was compared and removed; the result is not stored. */
  "verification/compared",
  /** The files of a backup are unpacked beside the running database. */
  "restore/unpacked",
  /** A data directory is about to be replaced. */
  "replace/noted",
  /** It has another name, and nothing has its own. */
  "replace/moved-aside",
  /** The new one has its name; the note about the replacement exists. */
  "replace/moved",
  /** The replacement is complete; the server has not started. */
  "replace/completed",
  /** An empty cluster of the new version exists. */
  "upgrade/initialised",
  /** All rows are copied and compared. */
  "upgrade/compared",
] as const;

const [ACTIVE, COUNT] = (process.env["KEELSON_DEBUG_POINT"] ?? "").split(":");
let remaining = Number(COUNT ?? 1);

export function debugPoint(name: DebugPoint): void {
  if (name !== ACTIVE) return;
  remaining -= 1;
  if (remaining === 0) process.kill(process.pid, "SIGKILL");
}
