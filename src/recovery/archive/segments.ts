/** File names of the write-ahead log (WAL), as PostgreSQL defines them. */

/** Eight hex digits each of timeline, log and segment. */
const SEGMENT = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial)?$/;
const HISTORY = /^[0-9A-F]{8}\.history$/;
const BACKUP_HISTORY = /^[0-9A-F]{24}\.[0-9A-F]{8}\.backup$/;

/** Segments of 16 MB: 256 of them make one `log`. */
const SEGMENTS_PER_LOG = 256n;
/** Bytes of a segment. */
export const SEGMENT_BYTES = 16n * 1024n * 1024n;

export type LogFile =
  | { readonly kind: "segment"; readonly name: string; readonly timeline: number; readonly position: bigint }
  | { readonly kind: "history"; readonly name: string }
  | { readonly kind: "backup-history"; readonly name: string };

/** Parses a file name; undefined if it is not a log file. */
export function parseLogFile(name: string): LogFile | undefined {
  const segment = SEGMENT.exec(name);
  if (segment) {
    const [, timeline = "", log = "", part = ""] = segment;
    const position = BigInt(`0x${log}`) * SEGMENTS_PER_LOG + BigInt(`0x${part}`);
    return { kind: "segment", name, timeline: Number.parseInt(timeline, 16), position };
  }
  if (HISTORY.test(name)) return { kind: "history", name };
  if (BACKUP_HISTORY.test(name)) return { kind: "backup-history", name };
  return undefined;
}

/** An LSN such as `0/3000148`, in bytes since the start of the log. */
export function parseLsn(lsn: string): bigint {
  const [high = "0", low = "0"] = lsn.split("/");
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

/** An LSN as PostgreSQL writes it: `0/3000148`. */
export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`;
}

/** The number of the segment that contains an LSN such as `0/3000148`, counted from the start of the log. */
export function segmentOf(lsn: string): bigint {
  return parseLsn(lsn) / SEGMENT_BYTES;
}

/** The name of a segment on a timeline. */
export function segmentName(timeline: number, position: bigint): string {
  const hex = (value: bigint) => value.toString(16).toUpperCase().padStart(8, "0");
  return hex(BigInt(timeline)) + hex(position / SEGMENTS_PER_LOG) + hex(position % SEGMENTS_PER_LOG);
}
