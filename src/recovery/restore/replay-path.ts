import { type LogFile, parseLogFile, segmentOf } from "../archive/segments.js";

type Segment = Extract<LogFile, { kind: "segment" }>;

/**
 * The segments that a server replays from `first` on, in their order, when it follows the newest timeline: where two
 * timelines have the same segment it takes the newer one's, and what an older one holds after they parted is left out.
 * `histories` are the contents of the `.history` files by their names.
 */
export function replayPath(
  files: readonly LogFile[],
  histories: ReadonlyMap<string, string>,
  first: string,
): readonly Segment[] {
  const begin = parseLogFile(first);
  if (begin?.kind !== "segment") return [];
  const byPlace = new Map(
    files.flatMap((file) =>
      // What a server had begun when another took over is archived as `.partial`, and replayed by nobody.
      file.kind === "segment" && !file.name.endsWith(".partial")
        ? [[`${file.timeline} ${file.position}`, file] as const]
        : [],
    ),
  );
  const timelines = newestFirst(begin.timeline, histories);
  const path: Segment[] = [];
  let current = begin.timeline;
  for (let position = begin.position; ; position += 1n) {
    const next = timelines
      .filter((timeline) => timeline.number >= current && timeline.begins <= position)
      .map((timeline) => byPlace.get(`${timeline.number} ${position}`))
      .find((file) => file !== undefined);
    if (!next) return path;
    current = next.timeline;
    path.push(next);
  }
}

/** The timelines that lead to the newest one, and the segment that each begins in. */
function newestFirst(
  start: number,
  histories: ReadonlyMap<string, string>,
): readonly { readonly number: number; readonly begins: bigint }[] {
  let newest = start;
  while (histories.has(historyName(newest + 1))) newest += 1;
  const timelines: { number: number; begins: bigint }[] = [];
  let begins = 0n;
  for (const line of (histories.get(historyName(newest)) ?? "").split("\n")) {
    // `1	0/5000098	no recovery target specified`: the parent, and where it was left.
    const [, parent, left] = /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/.exec(line) ?? [];
    if (parent === undefined || left === undefined) continue;
    timelines.unshift({ number: Number(parent), begins });
    begins = segmentOf(left);
  }
  return [{ number: newest, begins }, ...timelines];
}

function historyName(timeline: number): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, "0")}.history`;
}
