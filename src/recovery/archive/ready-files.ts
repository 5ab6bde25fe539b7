import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isAbsent, readdirIfPresent } from "../../disk/read.js";
import { parseLogFile, SEGMENT_BYTES } from "./segments.js";

/** Finished log files that are not in the archive yet: a lost database would lose what is in them. */
export interface ArchiveBacklog {
  readonly files: number;
  readonly bytes: number;
  /** Epoch milliseconds at which the oldest of them was finished; undefined if there is none. */
  readonly oldestAt: number | undefined;
}

const READY = ".ready";

/**
 * The names of the finished log files that the server has not recorded as archived: those with a `.ready` file. A file that is
 * ready does not change any more. Oldest first, in the order in which the server archives them: histories of timelines before
 * segments (`pgarch_readyXlog`).
 */
export async function readyFiles(dataDirectory: string): Promise<string[]> {
  const entries = (await readdirIfPresent(statusDirectory(dataDirectory))) ?? [];
  return entries
    .flatMap(({ name }) => (name.endsWith(READY) ? [name.slice(0, -READY.length)] : []))
    .filter((name) => parseLogFile(name) !== undefined)
    .sort(compareLogFiles);
}

function compareLogFiles(a: string, b: string): number {
  const history = Number(b.endsWith(".history")) - Number(a.endsWith(".history"));
  return history || (a < b ? -1 : 1);
}

/** The backlog of these files, oldest first. */
export async function backlogOf(dataDirectory: string, files: readonly string[]): Promise<ArchiveBacklog> {
  const segments = files.filter((name) => parseLogFile(name)?.kind === "segment");
  const bytes = segments.length * Number(SEGMENT_BYTES);
  const [oldest] = files;
  return {
    files: files.length,
    bytes,
    oldestAt: oldest === undefined ? undefined : await finishedAt(dataDirectory, oldest),
  };
}

async function finishedAt(dataDirectory: string, name: string): Promise<number | undefined> {
  try {
    return (await stat(join(statusDirectory(dataDirectory), `${name}${READY}`))).mtimeMs;
  } catch (error) {
    // The server has recorded it as archived meanwhile.
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function statusDirectory(dataDirectory: string): string {
  return join(dataDirectory, "pg_wal", "archive_status");
}
