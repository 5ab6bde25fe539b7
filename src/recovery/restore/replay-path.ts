import { type LogFile, parseLogFile, segmentOf } from "../archive/segments.js";

type Segment = Extract<LogFile, { kind: "segment" }>;

/**
 * The segments that a server replays from `first` on, in order, when it follows the newest timeline. If two timelines have
 * the same segment, the newer timeline's is replayed; segments of an older timeline after the switch are not.
 * `histories` are the contents of the `.history` files by name.
 */
export function replayPath(
  files: readonly LogFile[],
  histories: ReadonlyMap<string, string>,
  first: string,
): readonly Segment[] {
  const start = parseLogFile(first);
  if (start?.kind !== "segment") return [];
  const byPlace = new Map(
    files.flatMap((file) =>
      // A segment that was incomplete at a timeline switch is archived as `.partial` and never replayed.
      file.kind === "segment" && !file.name.endsWith(".partial")
        ? [[`${file.timeline} ${file.position}`, file] as const]
        : [],
    ),
  );
  const timelines = newestFirst(start.timeline, histories);
  const path: Segment[] = [];
  let current = start.timeline;
  for (let position = start.position; ; position += 1n) {
    const next = timelines
      .filter((timeline) => timeline.number >= current && timeline.startsAt <= position)
      .map((timeline) => byPlace.get(`${timeline.number} ${position}`))
      .find((file) => file !== undefined);
    if (!next) return path;
    current = next.timeline;
    path.push(next);
  }
}

/** The timelines that lead to the newest one, newest first, and the segment in which each starts. */
function newestFirst(
  first: number,
  histories: ReadonlyMap<string, string>,
): readonly { readonly number: number; readonly startsAt: bigint }[] {
  let newest = first;
  while (histories.has(historyName(newest + 1))) newest += 1;
  const timelines: { number: number; startsAt: bigint }[] = [];
  let startsAt = 0n;
  for (const line of (histories.get(historyName(newest)) ?? "").split("\n")) {
    // `1	0/5000098	no recovery target specified`: the parent, and the LSN at which this timeline left it.
    const [, parent, left] = /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/.exec(line) ?? [];
    if (parent === undefined || left === undefined) continue;
    timelines.unshift({ number: Number(parent), startsAt });
    startsAt = segmentOf(left);
  }
  return [{ number: newest, startsAt }, ...timelines];
}

function historyName(timeline: number): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, "0")}.history`;
}
