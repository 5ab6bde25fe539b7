import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { ArchivedFile, LogArchive } from "../archive/log-archive.js";
import { transactionEnds } from "../archive/transaction-ends.js";
import type { Manifest } from "../backup/catalogue.js";
import { logRange } from "./log-range.js";
import { replayPath } from "./replay-path.js";
import type { RestoreTarget } from "./target.js";

/** The archived files that a recovery needs. */
export interface NeededLog {
  readonly files: readonly ArchivedFile[];
  /** The first file that is missing after them: only a moment before it can still be reached. */
  readonly hole: string | undefined;
}

/** Finds what a recovery needs of the archive. Throws `log/gap`. */
export async function requireLog(archive: LogArchive, manifest: Manifest, target: RestoreTarget): Promise<NeededLog> {
  const range = logRange(await archive.list(), manifest.firstSegment, rangeEnd(manifest, target));
  if (range.ok) return { files: range.files, hole: range.hole };
  throw gap(range.missing, manifest, await newestEnd(archive, range.files, manifest));
}

/** Writes the log that a server is to replay into `directory`, which must not exist. Throws `log/gap`, `backup/corrupt`. */
export async function fetchLog(
  directory: string,
  archive: LogArchive,
  manifest: Manifest,
  target: RestoreTarget,
  signal?: AbortSignal,
): Promise<NeededLog> {
  const log = await requireLog(archive, manifest, target);
  await mkdir(directory, { mode: 0o700 });
  for (const file of log.files) {
    signal?.throwIfAborted();
    await writeSparse(join(directory, file.file.name), await archive.read(file));
  }
  return log;
}

/** A log with a hole, and the last moment before it whose state is known. `newest` is in epoch microseconds. */
export function gap(segment: string, manifest: Manifest, newest: number | undefined): KeelsonError {
  return new KeelsonError(
    "log/gap",
    `log segment ${segment} is not in the repository: nothing after it can be replayed`,
    {
      hint: momentBefore(newest, manifest) ?? "restore an older or a newer backup; `keelson backups` lists them",
    },
  );
}

/**
 * How to ask for the newest state that is surely known: the one just before the newest transaction's end (epoch
 * microseconds), since another may have ended at the same moment in what is missing. Undefined where the backup cannot
 * be taken back that far.
 */
export function momentBefore(newest: number | undefined, manifest: Manifest): string | undefined {
  if (newest === undefined) return undefined;
  const at = Math.ceil(newest / 1000) - 1;
  if (at < manifest.restorePoint.at) return undefined;
  const moment = new Date(at).toISOString();
  return `what was committed until ${moment} can be had: --at ${moment}`;
}

/** When the newest transaction that would be replayed ended; read from the end, so that little has to be fetched. */
async function newestEnd(
  archive: LogArchive,
  files: readonly ArchivedFile[],
  manifest: Manifest,
): Promise<number | undefined> {
  const byName = new Map(files.map((entry) => [entry.file.name, entry]));
  const histories = new Map<string, string>();
  for (const entry of files)
    if (entry.file.kind === "history") histories.set(entry.file.name, (await archive.read(entry)).toString("utf8"));
  const path = replayPath(
    files.map(({ file }) => file),
    histories,
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

/** A segment that was closed early is mostly zeros: they are not written, the file is only given its length. */
async function writeSparse(path: string, content: Buffer): Promise<void> {
  let end = content.length;
  while (end >= PAGE && content.subarray(end - PAGE, end).equals(ZEROS)) end -= PAGE;
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(content.subarray(0, end));
    await handle.truncate(content.length);
  } finally {
    await handle.close();
  }
}

const PAGE = 8192;
const ZEROS = Buffer.alloc(PAGE);
