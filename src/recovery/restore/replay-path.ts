import type { LogFile } from "../archive/segments.js";
import { parseLogFile } from "../archive/segments.js";
import { partsOf, type Timeline } from "./timelines.js";

export type Segment = Extract<LogFile, { kind: "segment" }>;

/**
 * The segments that a server replays from `first` on, in order, when it follows `timeline`. If two timelines have the same
 * segment, the newer timeline's is replayed; segments of an older timeline after the switch are not.
 */
export function replayPath(files: readonly LogFile[], timeline: Timeline, first: string): readonly Segment[] {
  const start = parseLogFile(first);
  if (start?.kind !== "segment") return [];
  const byPlace = segmentsByPlace(files);
  const parts = partsOf(timeline);
  const path: Segment[] = [];
  let current = start.timeline;
  for (let position = start.position; ; position += 1n) {
    const next = parts
      .filter(({ number, from, to }) => number >= current && from <= position && (to === undefined || position <= to))
      .map(({ number }) => byPlace.get(placeOf(number, position)))
      .find((file) => file !== undefined);
    if (!next) return path;
    current = next.timeline;
    path.push(next);
  }
}

/** Complete segments by timeline and position. One that was incomplete at a switch is archived as `.partial`, and never replayed. */
export function segmentsByPlace(files: readonly LogFile[]): ReadonlyMap<string, Segment> {
  return new Map(
    files.flatMap((file) =>
      file.kind === "segment" && !file.name.endsWith(".partial")
        ? [[placeOf(file.timeline, file.position), file] as const]
        : [],
    ),
  );
}

export function placeOf(timeline: number, position: bigint): string {
  return `${timeline} ${position}`;
}
