import type { ArchivedFile } from "../archive/log-archive.js";
import { parseLogFile, segmentName } from "../archive/segments.js";

export type LogRange =
  /** `firstMissing`: the first missing file after these; the requested time may still be before it. */
  | { readonly ok: true; readonly files: readonly ArchivedFile[]; readonly firstMissing: string | undefined }
  /** The log has a gap: nothing after it can be replayed. `files` are those before it, and all histories. */
  | { readonly ok: false; readonly missing: string; readonly files: readonly ArchivedFile[] };

/**
 * The archived files that a recovery needs: every segment from the backup's first one on, and all timeline histories. A
 * segment may be archived long after it was closed, so for a point in time all segments are included, and the server stops
 * by itself. A server would end its recovery at a gap without an error, so a gap is a result of its own. Only a gap after a
 * segment that was stored later than the requested time may be beyond that time; the content of the log decides that.
 */
export function logRange(
  archived: readonly ArchivedFile[],
  firstSegment: string,
  until: { readonly time: number } | { readonly segment: string } | "latest",
): LogRange {
  const first = parseLogFile(firstSegment);
  if (first?.kind !== "segment") return { ok: false, missing: firstSegment, files: [] };
  const histories = archived.filter((entry) => entry.file.kind === "history");
  const byPosition = new Map<bigint, ArchivedFile[]>();
  const timelines = new Map<number, Set<bigint>>();
  for (const entry of archived) {
    const { file } = entry;
    if (file.kind !== "segment" || file.position < first.position) continue;
    byPosition.set(file.position, [...(byPosition.get(file.position) ?? []), entry]);
    timelines.set(file.timeline, (timelines.get(file.timeline) ?? new Set()).add(file.position));
  }
  if (!byPosition.has(first.position)) return { ok: false, missing: firstSegment, files: [] };
  const end = last([...byPosition.keys()]);
  const stop = typeof until === "object" && "segment" in until ? parseLogFile(until.segment) : undefined;
  const files: ArchivedFile[] = [];
  let before: number | undefined;
  const gap = (missing: string): LogRange =>
    typeof until === "object" && "time" in until && before !== undefined && before >= until.time
      ? { ok: true, files: [...files, ...histories], firstMissing: missing }
      : { ok: false, missing, files: [...files, ...histories] };
  for (let position = first.position; position <= end; position += 1n) {
    const here = byPosition.get(position);
    if (!here) return gap(segmentName(first.timeline, position));
    // Each timeline is archived without a gap: it contains every position between two of its own.
    for (const [timeline, own] of timelines)
      if (!own.has(position) && isInside(position, own)) return gap(segmentName(timeline, position));
    files.push(...here);
    before = Math.max(...here.map((entry) => entry.stored));
    if (stop?.kind === "segment" && position >= stop.position) break;
  }
  return { ok: true, files: [...files, ...histories], firstMissing: undefined };
}

function last(positions: readonly bigint[]): bigint {
  return [...positions].sort((a, b) => (a < b ? -1 : 1)).at(-1) ?? 0n;
}

function isInside(position: bigint, own: ReadonlySet<bigint>): boolean {
  let below = false;
  let above = false;
  for (const other of own) {
    below ||= other < position;
    above ||= other > position;
  }
  return below && above;
}
