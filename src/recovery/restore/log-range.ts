import type { ArchivedFile } from "../archive/log-archive.js";
import { parseLogFile, segmentName } from "../archive/segments.js";
import { placeOf } from "./replay-path.js";
import { partsOf, type Timeline } from "./timelines.js";

export type LogRange =
  | {
      readonly ok: true;
      readonly files: readonly ArchivedFile[];
      /** The first missing file after these; the requested time may still be before it. */
      readonly firstMissing: string | undefined;
      /** Nothing of the timeline itself is archived: the replay ends where it left its parent. */
      readonly atFork: boolean;
    }
  /** The log has a gap: nothing after it can be replayed. `files` are those before it, and all histories. */
  | { readonly ok: false; readonly missing: string; readonly files: readonly ArchivedFile[] };

/**
 * The archived files that a recovery needs to follow a timeline: every segment that leads to it from the backup's first one on,
 * and all histories, because a server numbers its new timeline after the newest. A segment may be archived long after it was
 * closed, so for a point in time all segments are included, and the server stops by itself. A server would end its recovery at
 * a gap without an error, so a gap is a result of its own. Only a gap after a segment that was stored later than the requested
 * time may be beyond that time; the content of the log decides that.
 */
export function logRange(
  archived: readonly ArchivedFile[],
  firstSegment: string,
  until: { readonly time: number } | { readonly segment: string } | "latest",
  timeline: Timeline,
): LogRange {
  const first = parseLogFile(firstSegment);
  if (first?.kind !== "segment") return { ok: false, missing: firstSegment, files: [] };
  const histories = archived.filter((entry) => entry.file.kind === "history");
  const { byPlace, newest } = indexed(archived);
  const parts = partsOf(timeline);
  const last = newest.get(timeline.number);
  const atFork = last === undefined && parts.length > 1;
  const usable = atFork ? parts.slice(1) : parts;
  // At a fork, the segment of the switch is optional: it may have been incomplete when the parent was left.
  const end = atFork ? usable[0]?.to : last;
  const stop = typeof until === "object" && "segment" in until ? parseLogFile(until.segment) : undefined;
  const files: ArchivedFile[] = [];
  let before: number | undefined;
  for (let position = first.position; position === first.position || (end ?? 0n) >= position; position += 1n) {
    // Each timeline is archived without a gap, from the segment of its switch on: an older one does not fill its gaps.
    const owner = usable.find(({ from }) => from <= position);
    const here = owner && byPlace.get(placeOf(owner.number, position));
    if (here === undefined) {
      if (atFork && position === end) break;
      const missing = position === first.position ? firstSegment : segmentName(owner?.number ?? 1, position);
      return typeof until === "object" && "time" in until && before !== undefined && before >= until.time
        ? { ok: true, files: [...files, ...histories], firstMissing: missing, atFork }
        : { ok: false, missing, files: [...files, ...histories] };
    }
    files.push(...here);
    before = Math.max(...here.map((entry) => entry.stored));
    if (stop?.kind === "segment" && position >= stop.position) break;
  }
  return { ok: true, files: [...files, ...histories], firstMissing: undefined, atFork };
}

/** The segments by place, and the position of the newest one of each timeline. */
function indexed(archived: readonly ArchivedFile[]) {
  const byPlace = new Map<string, ArchivedFile[]>();
  const newest = new Map<number, bigint>();
  for (const entry of archived) {
    const { file } = entry;
    if (file.kind !== "segment" || file.name.endsWith(".partial")) continue;
    const place = placeOf(file.timeline, file.position);
    byPlace.set(place, [...(byPlace.get(place) ?? []), entry]);
    const known = newest.get(file.timeline);
    if (known === undefined || known < file.position) newest.set(file.timeline, file.position);
  }
  return { byPlace, newest };
}
