import { KeelsonError } from "../../errors/keelson-error.js";
import { SEGMENT_BYTES } from "./segments.js";

/**
 * The log format of PostgreSQL 17: pages of 8 KiB, each with a header (`XLogPageHeaderData`), and records that start at
 * multiples of eight bytes and continue over pages (`XLogRecord`). The layouts are those of `access/xlog_internal.h`,
 * `access/xlogrecord.h` and `access/xact.h`.
 */
const PAGE_BYTES = 8192;
/** `XLOG_PAGE_MAGIC`. It changes with the layout; pages with another value are not read. */
const MAGIC = 0xd116;
const FIRST_IS_CONTINUATION = 0x1;
const LONG_HEADER = 0x2;

const RECORD_HEADER_BYTES = 24;
/** Bytes of a record that are read: its header, what can precede its data, and the time at the start of the data. */
const PREFIX_BYTES = 64;

/** Resource managers, and the kinds of their records that are read here. */
const XLOG = 0;
const XLOG_SWITCH = 0x40;
const XACT = 1;
const XACT_KIND = 0x70;
/** Commit and abort, also of prepared transactions: with a target time PostgreSQL stops only before one of these. */
const ENDS: ReadonlySet<number> = new Set([0x00, 0x20, 0x30, 0x40]);

/** The epoch of PostgreSQL, 2000-01-01, in microseconds since 1970. */
const POSTGRES_EPOCH_MICROS = 946_684_800_000_000;

export interface TransactionEnds {
  /**
   * Reads the next segment. Returns when its transactions were committed or rolled back, in log order, in epoch microseconds.
   * Throws `log/format` for the log of another version of PostgreSQL.
   */
  read(position: bigint, content: Buffer): readonly number[];
  /** Whether the log ends within the segment that was read: no record of a later segment is replayed. */
  ended(): boolean;
}

/** A record that continues in the next page. */
interface OpenRecord {
  /** The first `PREFIX_BYTES`; empty if the start of the record was not read. */
  readonly start: Buffer[];
  length: number;
  missing: number;
}

/**
 * Reads segments in replay order. `from` is the LSN of the first record; by default the first record that starts in the
 * first segment.
 */
export function transactionEnds(from = 0n): TransactionEnds {
  let open: OpenRecord | undefined;
  let over = false;

  function read(position: bigint, content: Buffer): number[] {
    const ends: number[] = [];
    const start = position * SEGMENT_BYTES;
    for (let page = 0; page < content.length; page += PAGE_BYTES) {
      const address = start + BigInt(page);
      const end = page + PAGE_BYTES;
      if (start + BigInt(end) <= from) continue;
      if (content.readUInt16LE(page) !== MAGIC || content.readBigUInt64LE(page + 8) !== address) {
        if (page === 0) throw unknownFormat(content.readUInt16LE(0));
        over = true;
        return ends;
      }
      const flags = content.readUInt16LE(page + 2);
      let at = page + ((flags & LONG_HEADER) === 0 ? 24 : 40);
      if (address < from) at = Number(from - start);
      else if ((flags & FIRST_IS_CONTINUATION) !== 0) {
        open ??= { start: [], length: 0, missing: content.readUInt32LE(page + 16) };
        const part = Math.min(open.missing, end - at);
        if (open.length > 0) appendPrefix(open, content.subarray(at, at + part));
        open.missing -= part;
        at = aligned(at + part);
        if (open.missing > 0) continue;
        const record = Buffer.concat(open.start);
        open = undefined;
        if (isSwitch(record, 0)) return ends;
        addEnd(ends, record, 0);
      }
      // After a crash the server abandons an incomplete record and continues with another.
      open = undefined;
      while (at < end) {
        const total = content.readUInt32LE(at);
        if (total < RECORD_HEADER_BYTES) {
          over = true;
          return ends;
        }
        if (total > end - at) {
          open = { start: [], length: 0, missing: total - (end - at) };
          appendPrefix(open, content.subarray(at, end));
          break;
        }
        // The rest of a segment after a switch is empty.
        if (isSwitch(content, at)) return ends;
        addEnd(ends, content, at);
        at = aligned(at + total);
      }
    }
    return ends;
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

function appendPrefix(open: OpenRecord, part: Buffer): void {
  if (open.length >= PREFIX_BYTES) return;
  open.start.push(part.subarray(0, PREFIX_BYTES - open.length));
  open.length += part.length;
}

function aligned(at: number): number {
  return (at + 7) & ~7;
}

function isSwitch(bytes: Buffer, at: number): boolean {
  return bytes.length > at + 17 && bytes[at + 17] === XLOG && ((bytes[at + 16] ?? 0) & 0xf0) === XLOG_SWITCH;
}

function addEnd(ends: number[], bytes: Buffer, at: number): void {
  if (bytes.length <= at + RECORD_HEADER_BYTES || bytes[at + 17] !== XACT) return;
  if (!ENDS.has((bytes[at + 16] ?? 0) & XACT_KIND)) return;
  const time = bytes.readBigInt64LE(dataOf(bytes, at + RECORD_HEADER_BYTES));
  ends.push(Number(time) + POSTGRES_EPOCH_MICROS);
}

/** The offset of a record's data: after its length, which an origin and a top-level transaction can precede. */
function dataOf(bytes: Buffer, at: number): number {
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

function unknownFormat(found: number): KeelsonError {
  return new KeelsonError(
    "log/format",
    `the log was written by another version of PostgreSQL (0x${found.toString(16)}): its commit times cannot be read`,
  );
}
