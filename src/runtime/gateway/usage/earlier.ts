import type { UsageEvent } from "../../../contracts/usage.js";
import { UnsettledRequests } from "./recover.js";
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

/** Reads what earlier processes wrote into `directory`, one file in memory at a time. Rejects if it cannot be read. */
export async function readEarlier(directory: string): Promise<Earlier> {
  const found = await findSegments(directory);
  const segments: Segment[] = [];
  const voided: string[] = [];
  const requests = new UnsettledRequests();
  let next = 1;
  let unreadable = 0;
  for (const old of found) {
    next = old.number + 1;
    const entries = await readSegment(old);
    unreadable += old.unreadable.length;
    for (const entry of entries) {
      requests.add(entry);
      if (entry.kind === "void") voided.push(entry.id);
    }
    if (!isOnlyUnreadable(old, entries)) segments.push(old);
  }
  for (const old of found) {
    if (requests.size === 0) break;
    for (const entry of await readSegment(old)) requests.exclude(entry);
  }
  return { segments, next, voided, unreadable, unsettled: requests.settlements() };
}
