import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isAbsent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { parseLogFile, parseLsn, SEGMENT_BYTES, segmentName } from "../archive/segments.js";
import { transactionEnds } from "../archive/transaction-ends.js";
import { hasRecordFrom } from "../archive/wal-records.js";
import type { Manifest } from "../backup/catalogue.js";
import { gap, timeBefore } from "./fetch-log.js";
import { replayPath } from "./replay-path.js";
import type { RestoreTarget } from "./target.js";
import type { Timeline } from "./timelines.js";

/** Where a server stops replaying the log; `at` is in epoch milliseconds. */
export type EndOfReplay =
  /** `newest`: when the last transaction in the log ended, in epoch microseconds, if that was determined. */
  | { readonly kind: "end-of-log"; readonly newest?: number }
  | { readonly kind: "time"; readonly at: number }
  /** Before the record at this position: the timeline left its parent there, and nothing after it is archived. */
  | { readonly kind: "lsn"; readonly lsn: bigint }
  | { readonly kind: "restore-point" };

/** Log that could not be fetched: transactions in it may have ended before the requested time. */
export interface Missing {
  /** The first missing file, if later ones exist. */
  readonly firstMissing: string | undefined;
  /** Why the newest part of the log is not archived. */
  readonly lag: string | undefined;
}

/** The timeline that the server follows. */
export interface Followed {
  readonly timeline: Timeline;
  /** See `NeededLog.atFork`. */
  readonly atFork: boolean;
}

/**
 * Determines where the replay ends. With `recovery_target_time` a server stops before the first transaction that ended
 * later, and refuses to start if the log has none. In that case the whole log is the state at that time, unless a part of
 * it is missing: a transaction could have been committed in that part.
 * `directory` contains the log. Throws `log/gap`, `log/not-archived`, `log/damaged`, `log/format`.
 */
export async function endOfReplay(
  directory: string,
  manifest: Manifest,
  target: RestoreTarget,
  { timeline, atFork }: Followed,
  missing: Missing,
): Promise<EndOfReplay> {
  if (target.kind === "restore-point") return target;
  if (atFork) return endAtFork(directory, timeline);
  if (target.kind === "latest") return { kind: "end-of-log" };
  const { later, newest } = await transactionsUntil(directory, manifest, timeline, Math.round(target.at * 1000));
  if (later) return { kind: "time", at: target.at };
  if (missing.firstMissing !== undefined) throw gap(missing.firstMissing, manifest, newest);
  if (missing.lag !== undefined)
    throw new KeelsonError(
      "log/not-archived",
      `the log up to ${new Date(target.at).toISOString()} is not in the repository: ${missing.lag}`,
      { hint: timeBefore(newest, manifest) ?? "`keelson status` shows the state of log archiving" },
    );
  return { kind: "end-of-log", ...(newest !== undefined && { newest }) };
}

/** Whether a transaction ended after `time`; otherwise when the newest one ended. Both in epoch microseconds. */
async function transactionsUntil(
  directory: string,
  manifest: Manifest,
  timeline: Timeline,
  time: number,
): Promise<{ later: boolean; newest: number | undefined }> {
  const names = await readdir(directory);
  const files = names.flatMap((name) => parseLogFile(name) ?? []);
  const path = replayPath(files, timeline, manifest.firstSegment);
  const log = transactionEnds(parseLsn(manifest.startLsn));
  let newest: number | undefined;
  for (const [index, { name, position }] of path.entries()) {
    for (const end of log.read(position, await readFile(join(directory, name)))) {
      if (end > time) return { later: true, newest: end };
      newest = Math.max(newest ?? end, end);
    }
    if (log.ended() && index < path.length - 1)
      throw new KeelsonError("log/damaged", `log segment ${name} ends too early: nothing after it can be replayed`, {
        hint: timeBefore(newest, manifest) ?? "restore an older or a newer backup; `keelson backups` lists them",
      });
  }
  return { later: false, newest };
}

/**
 * The position at which a timeline left its parent, if the parent's log continues after it: a server would replay that too.
 * PostgreSQL refuses a position that the log does not reach, so without more log the replay ends by itself.
 */
async function endAtFork(directory: string, { ancestors }: Timeline): Promise<EndOfReplay> {
  const parent = ancestors.at(-1);
  if (parent === undefined) return { kind: "end-of-log" };
  const position = parent.until / SEGMENT_BYTES;
  const content = await readFile(join(directory, segmentName(parent.number, position))).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  return content !== undefined && hasRecordFrom(position, content, parent.until)
    ? { kind: "lsn", lsn: parent.until }
    : { kind: "end-of-log" };
}
