import { constants } from "node:fs";
import { type FileHandle, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { UsageEvent } from "../../../contracts/usage.js";
import { isAbsent } from "../../../disk/read.js";
import { type Entry, entriesIn, frame, settledIn } from "./records.js";

/** One file of the journal. Files are created, published and deleted in the order of their numbers. */
export interface Segment {
  readonly number: number;
  readonly path: string;
  /** Settled entries that the ledger must receive. */
  settled: number;
  /** Intents whose newest copy is in this file and that are not settled. */
  open: number;
  published: boolean;
  /** Lines of another version of Keelson. They are retained when the file is deleted, for that version to read. */
  unreadable: readonly string[];
}

const LOG = ".log";
/** Suffix of files with lines that no version so far could read. */
const UNREADABLE = ".unreadable";
const FILE_NAME = /^(\d{10})(\.log|\.unreadable)$/;

export function segment(directory: string, number: number, suffix = LOG): Segment {
  return {
    number,
    path: join(directory, `${String(number).padStart(10, "0")}${suffix}`),
    settled: 0,
    open: 0,
    published: false,
    unreadable: [],
  };
}

/** The files that an earlier process left, oldest first. */
export async function findSegments(directory: string): Promise<Segment[]> {
  const found = (await readdir(directory)).flatMap((file) => {
    const match = FILE_NAME.exec(file);
    return match === null ? [] : [segment(directory, Number(match[1]), match[2])];
  });
  return found.sort((a, b) => a.number - b.number || a.path.localeCompare(b.path));
}

export function createSegment({ path }: Segment): Promise<FileHandle> {
  return open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND, 0o600);
}

/** The entries of a file of an earlier process; records in `segment` the number of settled entries and the unreadable lines. */
export async function readSegment(segment: Segment): Promise<Entry[]> {
  const entries = [...entriesIn(await readFile(segment.path))];
  segment.settled = entries.filter(({ kind }) => kind === "settled").length;
  segment.unreadable = entries.flatMap((entry) => (entry.kind === "unreadable" ? [entry.line] : []));
  return entries;
}

/** Whether a file contains only lines that this version cannot read. */
export function isOnlyUnreadable({ path, unreadable }: Segment, entries: readonly Entry[]): boolean {
  return path.endsWith(UNREADABLE) && unreadable.length === entries.length;
}

/**
 * The settled events of a closed file, `size` at a time, except those with an id in `without`. Each batch is parsed when it
 * is requested.
 */
export async function* settledBatches(
  { path }: Segment,
  size: number,
  without: ReadonlySet<string>,
): AsyncGenerator<UsageEvent[]> {
  let batch: UsageEvent[] = [];
  for (const event of settledIn(await readFile(path))) {
    if (without.has(event.id)) continue;
    batch.push(event);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Deletes a file; its unreadable lines move to a file of their own. */
export async function deleteSegment({ path, number, unreadable }: Segment): Promise<void> {
  if (unreadable.length > 0) {
    const destination = segment(dirname(path), number, UNREADABLE).path;
    const file = await open(`${destination}.new`, "w", 0o600);
    try {
      await file.writeFile(frame(unreadable));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${destination}.new`, destination);
    if (destination === path) return;
  }
  try {
    await unlink(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
