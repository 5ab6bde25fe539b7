/**
 * Named points at which a test kills the process, so that a test reproduces a crash window every time.
 * Active only while the environment variable KEELSON_DEBUG_POINT is `NAME` or `NAME:COUNT`: the process then sends itself
 * SIGKILL when the point is reached for the COUNT-th time (default 1).
 */
export type DebugPoint =
  /** Entries of the usage journal are durable; no client has been notified. */
  | "journal/durable"
  /** The ledger has acknowledged a batch of a journal file; the file is not marked as published. */
  | "publisher/recorded"
  /** A file is marked as published and not deleted. */
  | "journal/published";

const [ACTIVE, COUNT] = (process.env["KEELSON_DEBUG_POINT"] ?? "").split(":");
let remaining = Number(COUNT ?? 1);

export function debugPoint(name: DebugPoint): void {
  if (name !== ACTIVE) return;
  remaining -= 1;
  if (remaining === 0) process.kill(process.pid, "SIGKILL");
}
