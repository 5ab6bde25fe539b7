import { KeelsonError } from "../../errors/keelson-error.js";
import { SEGMENT_BYTES } from "./segments.js";

/**
 * The WAL format of PostgreSQL 17: pages of 8 KiB, each with a header (`XLogPageHeaderData`), and records that start at
 * multiples of eight bytes and continue over pages (`XLogRecord`). The layouts are those of `access/xlog_internal.h` and
 * `access/xlogrecord.h`; resource managers are numbered by `access/rmgrlist.h`.
 */
export const PAGE_BYTES = 8192;
/** `XLOG_PAGE_MAGIC`. It changes with the layout; pages with another value are not read. */
const MAGIC = 0xd116;
const FIRST_IS_CONTINUATION = 0x1;
const LONG_HEADER = 0x2;

export const RECORD_HEADER_BYTES = 24;
/** Bytes of a record that continues over pages that are kept: enough for every record that is read here as a whole. */
const MAX_KEPT_BYTES = 2_048;

const INFO_OFFSET = 16;
const MANAGER_OFFSET = 17;
const XLOG = 0;
const XLOG_SWITCH = 0x40;

/** The part of a record within one page: a view of the segment at this position (`segmentName`). */
export interface RecordPart {
  readonly position: bigint;
  /** Offset in the segment. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * Receives each record once it is complete: it starts at `at` of `bytes`. A record that continues over pages has `parts`, and
 * `bytes` has its first 2 KiB only; another one lies as a whole in the segment.
 */
export type RecordVisitor = (bytes: Buffer, at: number, parts: readonly RecordPart[] | undefined) => void;

export interface WalReader {
  /** Reads the next segment. Throws `log/format` for the WAL of another major version of PostgreSQL. */
  read(position: bigint, content: Buffer): void;
  /** Whether the log ends within the segment that was read: no record of a later segment is replayed. */
  ended(): boolean;
}

/** A record that continues in the next page. */
interface OpenRecord {
  /** The first `MAX_KEPT_BYTES`; empty if the start of the record was not read. */
  readonly parts: RecordPart[];
  kept: number;
  missing: number;
}

/**
 * Reads segments in replay order. `from` is the LSN of the first record; by default the first record that starts in the
 * first segment.
 */
export function walReader(visit: RecordVisitor, from = 0n): WalReader {
  let open: OpenRecord | undefined;
  let over = false;

  function read(position: bigint, content: Buffer): void {
    const start = position * SEGMENT_BYTES;
    for (let page = 0; page < content.length; page += PAGE_BYTES) {
      const address = start + BigInt(page);
      const end = page + PAGE_BYTES;
      if (start + BigInt(end) <= from) continue;
      if (content.readUInt16LE(page) !== MAGIC || content.readBigUInt64LE(page + 8) !== address) {
        if (page === 0) throw unknownFormat(content.readUInt16LE(0));
        over = true;
        return;
      }
      const flags = content.readUInt16LE(page + 2);
      let at = page + ((flags & LONG_HEADER) === 0 ? 24 : 40);
      if (address < from) at = Number(from - start);
      else if ((flags & FIRST_IS_CONTINUATION) !== 0) {
        open ??= { parts: [], kept: 0, missing: content.readUInt32LE(page + 16) };
        const part = Math.min(open.missing, end - at);
        if (open.kept > 0) keep(open, position, content, at, at + part);
        open.missing -= part;
        at = aligned(at + part);
        if (open.missing > 0) continue;
        const { parts } = open;
        const record = Buffer.concat(parts.map(({ bytes }) => bytes));
        open = undefined;
        if (isSwitch(record, 0)) return;
        if (record.length > RECORD_HEADER_BYTES) visit(record, 0, parts);
      }
      // After a crash the server abandons an incomplete record and continues with another.
      open = undefined;
      while (at < end) {
        const total = content.readUInt32LE(at);
        if (total < RECORD_HEADER_BYTES) {
          over = true;
          return;
        }
        if (total > end - at) {
          open = { parts: [], kept: 0, missing: total - (end - at) };
          keep(open, position, content, at, end);
          break;
        }
        // The rest of a segment after a switch is empty.
        if (isSwitch(content, at)) return;
        if (total > RECORD_HEADER_BYTES) visit(content, at, undefined);
        at = aligned(at + total);
      }
    }
  }

  return { read, ended: () => over };
}

/** Whether a record starts at `lsn` in this segment: the log continues there. A switch record counts too. */
export function hasRecordFrom(position: bigint, content: Buffer, lsn: bigint): boolean {
  const at = Number(lsn - position * SEGMENT_BYTES);
  if (at < 0 || at >= content.length) return false;
  const inPage = at % PAGE_BYTES;
  // At the start of a page the record follows the page header.
  const header = (content.readUInt16LE(at - inPage + 2) & LONG_HEADER) === 0 ? 24 : 40;
  const start = inPage === 0 ? at + header : at;
  return content.readUInt32LE(start) >= RECORD_HEADER_BYTES;
}

/** The resource manager that replays a record (`xl_rmid`). */
export function managerOf(bytes: Buffer, at: number): number {
  return bytes[at + MANAGER_OFFSET] ?? 0;
}

/** The kind of a record, which its resource manager defines (`xl_info`, with flags that all records share). */
export function infoOf(bytes: Buffer, at: number): number {
  return bytes[at + INFO_OFFSET] ?? 0;
}

/**
 * The offset of the data of a record without blocks whose data follows at `at`: after its length, which an origin and a top-level
 * transaction can precede. Throws `log/format`.
 */
export function dataOf(bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case 255:
      return at + 2;
    case 254:
      return at + 5;
    case 253:
      return dataOf(bytes, at + 3);
    case 252:
      return dataOf(bytes, at + 5);
    default:
      throw unknownFormat(bytes[at] ?? 0);
  }
}

function keep(open: OpenRecord, position: bigint, content: Buffer, at: number, end: number): void {
  if (open.kept >= MAX_KEPT_BYTES) return;
  const bytes = content.subarray(at, Math.min(end, at + MAX_KEPT_BYTES - open.kept));
  open.parts.push({ position, offset: at, bytes });
  open.kept += bytes.length;
}

function aligned(at: number): number {
  return (at + 7) & ~7;
}

function isSwitch(bytes: Buffer, at: number): boolean {
  return (
    bytes.length > at + MANAGER_OFFSET && managerOf(bytes, at) === XLOG && (infoOf(bytes, at) & 0xf0) === XLOG_SWITCH
  );
}

function unknownFormat(found: number): KeelsonError {
  return new KeelsonError(
    "log/format",
    `the log was written by another version of PostgreSQL (0x${found.toString(16)}): its records cannot be read`,
  );
}
