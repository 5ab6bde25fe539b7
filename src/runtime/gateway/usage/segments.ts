import { constants } from "node:fs";
import { type FileHandle, open, readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { UsageEvent } from "../../../contracts/usage.js";
import { type Entry, entriesIn, settledIn } from "./records.js";

/** One file of the log. Files are made, published and deleted in the order of their numbers. */
export interface Segment {
  readonly number: number;
  readonly path: string;
  /** Settled entries that the ledger must get. */
  settled: number;
  /** Intents whose newest copy is here and that are not settled yet. */
  open: number;
  published: boolean;
}

const name = /^(\d{10})\.log$/;

export function segment(directory: string, number: number): Segment {
  return {
    number,
    path: join(directory, `${String(number).padStart(10, "0")}.log`),
    settled: 0,
    open: 0,
    published: false,
  };
}

/** The segments that an earlier process left, oldest first. */
export async function findSegments(directory: string): Promise<Segment[]> {
  const numbers = (await readdir(directory)).map((file) => Number(name.exec(file)?.[1] ?? Number.NaN));
  return numbers
    .filter((number) => !Number.isNaN(number))
    .sort((a, b) => a - b)
    .map((number) => segment(directory, number));
}

/** Creates a segment. */
export function createSegment({ path }: Segment): Promise<FileHandle> {
  return open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND, 0o600);
}

export async function readSegment({ path }: Segment): Promise<Entry[]> {
  return [...entriesIn(await readFile(path))];
}

/**
 * The settled events of a closed segment, `size` at a time, but for those with an id in `without`. Each batch is read when
 * it is asked for, and then forgotten.
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

export async function deleteSegment({ path }: Segment): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}
