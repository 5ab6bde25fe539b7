import type { UsageEvent } from "../../../contracts/usage.js";
import type { Entry } from "./records.js";
import { unsettled } from "./recover.js";
import { findSegments, isOnlyUnreadable, readSegment, type Segment } from "./segments.js";

/** The contents of the journal's directory when a process opens it. */
export interface Earlier {
  /** Files with entries that this version can read, oldest first. */
  readonly segments: readonly Segment[];
  /** Number of the next file. */
  readonly next: number;
  /** Ids of voided requests. */
  readonly voided: readonly string[];
  /** Number of entries that another version of Keelson wrote and this one cannot read. */
  readonly unreadable: number;
  /** Settlements of the requests that no earlier process settled. */
  readonly unsettled: readonly UsageEvent[];
}

/** Reads what earlier processes wrote into `directory`. Rejects if it cannot be read. */
export async function readEarlier(directory: string): Promise<Earlier> {
  const entries: Entry[] = [];
  const segments: Segment[] = [];
  let next = 1;
  let unreadable = 0;
  for (const old of await findSegments(directory)) {
    next = old.number + 1;
    const read = await readSegment(old);
    unreadable += old.unreadable.length;
    entries.push(...read);
    if (!isOnlyUnreadable(old, read)) segments.push(old);
  }
  const voided = entries.flatMap((entry) => (entry.kind === "void" ? [entry.id] : []));
  return { segments, next, voided, unreadable, unsettled: unsettled(entries) };
}
