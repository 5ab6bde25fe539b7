import type { ArchivedFile } from "../archive/log-archive.js";
import { parseLogFile, segmentName } from "../archive/segments.js";

export type LogRange =
  /** `hole`: the first file that is missing after these; what is asked for may still lie before it. */
  | { readonly ok: true; readonly files: readonly ArchivedFile[]; readonly hole: string | undefined }
  /** The log has a hole: nothing after it can be replayed. `files` are those before it, and all histories. */
  | { readonly ok: false; readonly missing: string; readonly files: readonly ArchivedFile[] };

/**
 * Which archived files a recovery needs: every one from the backup's first segment on, and all timeline histories. When a
 * segment was stored says nothing of when it was closed (archiving may lag), so for a moment all are given, and the server
 * stops by itself. A server that finds a hole would end its recovery there without a word, so a hole is an answer of its
 * own; only one that comes after a segment stored later than the moment may lie beyond it, which the log itself tells.
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
  const hole = (missing: string): LogRange =>
    typeof until === "object" && "time" in until && before !== undefined && before >= until.time
      ? { ok: true, files: [...files, ...histories], hole: missing }
      : { ok: false, missing, files: [...files, ...histories] };
  for (let position = first.position; position <= end; position += 1n) {
    const here = byPosition.get(position);
    if (!here) return hole(segmentName(first.timeline, position));
    // Each timeline is archived without a break, so a position between two of its own must be its own too.
    for (const [timeline, own] of timelines)
      if (!own.has(position) && isInside(position, own)) return hole(segmentName(timeline, position));
    files.push(...here);
    before = Math.max(...here.map((entry) => entry.stored));
    if (stop?.kind === "segment" && position >= stop.position) break;
  }
  return { ok: true, files: [...files, ...histories], hole: undefined };
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
