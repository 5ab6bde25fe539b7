import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { ArchivedFile, LogArchive } from "../archive/log-archive.js";
import { transactionEnds } from "../archive/transaction-ends.js";
import { PAGE_BYTES } from "../archive/wal-records.js";
import type { Manifest } from "../backup/catalogue.js";
import { logRange } from "./log-range.js";
import { replayPath } from "./replay-path.js";
import type { RestoreTarget } from "./target.js";
import { chooseTimeline, readTimelines, type Timeline } from "./timelines.js";

/** The archived files that a recovery needs. */
export interface NeededLog {
  readonly files: readonly ArchivedFile[];
  /** The first missing file after them: only a time before it can be restored. */
  readonly firstMissing: string | undefined;
  /** The timeline that the server follows. */
  readonly timeline: Timeline;
  /** Nothing of that timeline itself is archived: the replay ends where it left its parent. */
  readonly atFork: boolean;
}

/** Finds the archived files that a recovery needs. Throws `log/gap`, `log/unauthenticated`, `restore/timeline`. */
export async function requireLog(
  archive: LogArchive,
  manifest: Manifest,
  target: RestoreTarget,
  options: LogOptions = {},
): Promise<NeededLog> {
  const all = await archive.list();
  const files = trusted(all, options.acceptUnauthenticated ?? false);
  const timelines = options.timelines ?? (await readTimelines(archive, files, [{ manifest }]));
  const timeline = chooseTimeline(timelines, target, manifest);
  const range = logRange(files, manifest.firstSegment, rangeEnd(manifest, target), timeline);
  if (range.ok) return { ...range, timeline };
  const newest = await newestEnd(archive, range.files, manifest, timeline);
  const forged = all.find(({ file, authentic }) => file.name === range.missing && !authentic);
  if (forged === undefined) throw gap(range.missing, manifest, newest);
  throw new KeelsonError(
    "log/unauthenticated",
    `log segment ${range.missing} has no valid authentication code: it and everything after it is not replayed`,
    { hint: timeBefore(newest, manifest) },
  );
}

export interface LogOptions {
  /** Also use files without a valid authentication code, where there is none with one. */
  readonly acceptUnauthenticated?: boolean;
  /** The timelines of the database; by default those of which the archive has the history. */
  readonly timelines?: readonly Timeline[] | undefined;
}

/** The files that may be replayed. Anyone who can write to the repository can add the others. */
export function trusted(files: readonly ArchivedFile[], acceptUnauthenticated: boolean): readonly ArchivedFile[] {
  const authentic = files.filter((file) => file.authentic);
  if (!acceptUnauthenticated) return authentic;
  const names = new Set(authentic.map(({ file }) => file.name));
  return files.filter(({ file, authentic: proven }) => proven || !names.has(file.name));
}

/** The log as it was written to a directory. */
export interface FetchedLog extends NeededLog {
  /** By the name of each file: its bytes up to the zeros at its end. A segment that was closed early has few. */
  readonly used: ReadonlyMap<string, number>;
}

/** Writes the log that a server will replay into `directory`, which must not exist. Throws `log/gap`, `backup/corrupt`. */
export async function fetchLog(
  directory: string,
  archive: LogArchive,
  manifest: Manifest,
  target: RestoreTarget,
  options: LogOptions & { readonly signal?: AbortSignal } = {},
): Promise<FetchedLog> {
  const log = await requireLog(archive, manifest, target, options);
  await mkdir(directory, { mode: 0o700 });
  const used = new Map<string, number>();
  let damaged: string | undefined;
  for (const [name, objects] of byName(log.files)) {
    options.signal?.throwIfAborted();
    // Nothing after a damaged segment can be replayed; the histories are still needed.
    if (damaged !== undefined && !name.endsWith(".history")) continue;
    try {
      used.set(name, await writeSparse(join(directory, name), await readOneOf(archive, objects)));
    } catch (error) {
      // For a point in time the damage may be beyond it: the content of the log before it decides that.
      const later = target.kind === "time" && name !== manifest.firstSegment && !name.endsWith(".history");
      if (!later || !(error instanceof KeelsonError && error.code === "backup/corrupt")) throw error;
      damaged = name;
    }
  }
  return { ...log, used, firstMissing: damaged ?? log.firstMissing };
}

function byName(files: readonly ArchivedFile[]): ReadonlyMap<string, readonly ArchivedFile[]> {
  const found = new Map<string, readonly ArchivedFile[]>();
  for (const entry of files) found.set(entry.file.name, [...(found.get(entry.file.name) ?? []), entry]);
  return found;
}

/**
 * The content of a file that is stored once, or several times with the same content. Of several objects, the damaged ones do not
 * count. Throws `log/conflict` if they differ: two servers have written them, and it is unknown which one is right.
 */
async function readOneOf(archive: LogArchive, objects: readonly ArchivedFile[]): Promise<Buffer> {
  const results = await Promise.allSettled(objects.map((entry) => archive.read(entry)));
  const contents = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const [first, ...others] = contents;
  if (first === undefined) throw results.find((result) => result.status === "rejected")?.reason;
  if (others.every((other) => other.equals(first))) return first;
  throw new KeelsonError(
    "log/conflict",
    `the repository has log file ${objects[0]?.file.name} with different content: ${objects.map(({ object }) => object).join(", ")}`,
    { hint: "two servers have archived to this location; remove the object of the other one" },
  );
}

/** The error for a gap in the log, with the last time before it that can be restored. `newest` is in epoch microseconds. */
export function gap(segment: string, manifest: Manifest, newest: number | undefined): KeelsonError {
  return new KeelsonError(
    "log/gap",
    `log segment ${segment} is missing in the repository, or damaged: nothing after it can be replayed`,
    {
      hint: timeBefore(newest, manifest) ?? "restore an older or a newer backup; `keelson backups` lists them",
    },
  );
}

/**
 * A hint with the newest state that can be restored: just before the newest transaction's end (epoch microseconds),
 * because another transaction may have ended at the same time in the missing part. Undefined if the backup is later.
 */
export function timeBefore(newest: number | undefined, manifest: Manifest): string | undefined {
  if (newest === undefined) return undefined;
  const at = Math.ceil(newest / 1000) - 1;
  if (at < manifest.restorePoint.at) return undefined;
  const time = new Date(at).toISOString();
  return `everything committed until ${time} can be restored: --at ${time}`;
}

/** When the newest replayable transaction ended. Reads the log from its end, to fetch as little as possible. */
async function newestEnd(
  archive: LogArchive,
  files: readonly ArchivedFile[],
  manifest: Manifest,
  timeline: Timeline,
): Promise<number | undefined> {
  const byName = new Map(files.map((entry) => [entry.file.name, entry]));
  const path = replayPath(
    files.map(({ file }) => file),
    timeline,
    manifest.firstSegment,
  );
  for (const { name, position } of [...path].reverse()) {
    const entry = byName.get(name);
    const ends = entry ? transactionEnds().read(position, await archive.read(entry)) : [];
    if (ends.length > 0) return ends.reduce((a, b) => Math.max(a, b));
  }
  return undefined;
}

function rangeEnd(manifest: Manifest, target: RestoreTarget): Parameters<typeof logRange>[2] {
  if (target.kind === "time") return { time: target.at };
  return target.kind === "latest" ? "latest" : { segment: manifest.lastSegment };
}

/**
 * A segment that was switched early is mostly zeros: the file gets its length, and the zeros are not written. Resolves with the bytes
 * that are.
 */
async function writeSparse(path: string, content: Buffer): Promise<number> {
  let end = content.length;
  while (end >= PAGE_BYTES && content.subarray(end - PAGE_BYTES, end).equals(ZEROS)) end -= PAGE_BYTES;
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(content.subarray(0, end));
    await handle.truncate(content.length);
    return end;
  } finally {
    await handle.close();
  }
}

const ZEROS = Buffer.alloc(PAGE_BYTES);
