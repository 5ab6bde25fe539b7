import { KeelsonError } from "../../errors/keelson-error.js";
import type { ArchivedFile, LogArchive } from "../archive/log-archive.js";
import { parseLsn, SEGMENT_BYTES } from "../archive/segments.js";
import type { Backup, Manifest } from "../backup/catalogue.js";
import type { RestoreTarget } from "./target.js";

/**
 * A timeline of the WAL. Every restore starts a new one, at the position where its replay ended; what the earlier timeline
 * contains after that position is not part of the new one. Its `.history` file lists its ancestors.
 */
export interface Timeline {
  readonly number: number;
  /** Oldest first, each with the LSN at which the next timeline left it. */
  readonly ancestors: readonly { readonly number: number; readonly until: bigint }[];
  /** Epoch milliseconds at which it existed at the latest. */
  readonly since: number;
}

/** A part of the WAL that leads to a timeline: its segments on timeline `number`. */
export interface Part {
  readonly number: number;
  /** The first and the last segment, by position; a timeline and its successor share the segment of the switch. */
  readonly from: bigint;
  readonly to: bigint | undefined;
}

/** The timelines of a database in the archive, oldest first. Timeline 1 has no history file. */
export async function readTimelines(
  archive: LogArchive,
  files: readonly ArchivedFile[],
  backups: readonly Pick<Backup, "manifest">[] = [],
): Promise<readonly Timeline[]> {
  const histories = files.flatMap((entry) => (entry.file.kind === "history" ? [entry] : []));
  const read = await Promise.all(
    histories.map(async (entry) => ({
      number: Number.parseInt(entry.file.name.slice(0, 8), 16),
      ancestors: parseHistory((await archive.read(entry)).toString("utf8")),
      since: entry.stored,
    })),
  );
  const found = new Map<number, Timeline>([[1, { number: 1, ancestors: [], since: 0 }]]);
  for (const timeline of read) found.set(timeline.number, timeline);
  for (const { manifest } of backups) {
    const known = found.get(manifest.timeline) ?? { number: manifest.timeline, ancestors: [], since: Infinity };
    // A repository that was copied has new file times; the times in a manifest stay.
    found.set(manifest.timeline, { ...known, since: Math.min(known.since, manifest.startedAt) });
  }
  return [...found.values()].sort((a, b) => a.number - b.number);
}

/** The lines of a history file: `1	0/5000098	no recovery target specified`, the parent and where it was left. */
export function parseHistory(text: string): Timeline["ancestors"] {
  return text.split("\n").flatMap((line) => {
    const [, parent, left] = /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/.exec(line) ?? [];
    return parent === undefined || left === undefined ? [] : [{ number: Number(parent), until: parseLsn(left) }];
  });
}

/** Whether a server that starts from the backup can follow the timeline: the backup was complete before it was left. */
export function reaches({ number, ancestors }: Timeline, manifest: Pick<Manifest, "timeline" | "stopLsn">): boolean {
  if (manifest.timeline === number) return true;
  const ancestor = ancestors.find((candidate) => candidate.number === manifest.timeline);
  return ancestor !== undefined && ancestor.until >= parseLsn(manifest.stopLsn);
}

/** The parts of the WAL that lead to a timeline, newest first. */
export function partsOf({ number, ancestors }: Timeline): readonly Part[] {
  const parts: Part[] = [];
  let from = 0n;
  for (const ancestor of ancestors) {
    const to = ancestor.until / SEGMENT_BYTES;
    parts.unshift({ number: ancestor.number, from, to });
    from = to;
  }
  return [{ number, from, to: undefined }, ...parts];
}

/**
 * The timeline that a restore follows. A requested one is used as it is. A point in time belongs to the timeline that was
 * current then; without a time it is the newest one. `PostgreSQL`'s `latest` is not used: it takes the newest timeline
 * also if the backup, or the time, is not on it.
 * With `backup`, only timelines that the backup reaches are considered. Throws `restore/timeline`.
 */
export function chooseTimeline(
  timelines: readonly Timeline[],
  target: RestoreTarget,
  backup?: Pick<Manifest, "id" | "timeline" | "stopLsn">,
): Timeline {
  if (target.kind === "restore-point" && backup) return own(timelines, backup.timeline);
  const possible = timelines.filter((timeline) => backup === undefined || reaches(timeline, backup));
  const requested = target.kind === "restore-point" ? undefined : target.timeline;
  const found =
    requested !== undefined
      ? possible.find(({ number }) => number === requested)
      : possible.findLast(({ since }) => target.kind !== "time" || since <= target.at);
  if (found) return found;
  // The first timeline of a backup can be recorded later than the backup itself.
  if (requested === undefined && backup) return own(timelines, backup.timeline);
  const numbers = possible.map(({ number }) => number).join(", ");
  throw new KeelsonError(
    "restore/timeline",
    backup ? `backup ${backup.id} does not lead to timeline ${requested}` : `there is no timeline ${requested}`,
    { hint: `possible timelines: ${numbers}` },
  );
}

function own(timelines: readonly Timeline[], number: number): Timeline {
  return timelines.find((timeline) => timeline.number === number) ?? { number, ancestors: [], since: 0 };
}
