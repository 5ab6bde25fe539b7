import { KeelsonError } from "../../errors/keelson-error.js";
import { SEGMENT_BYTES } from "./segments.js";

/**
 * The log as PostgreSQL 17 writes it: pages of 8 KiB, each with a header (`XLogPageHeaderData`), and records that begin at
 * multiples of eight and run on over pages (`XLogRecord`). The layouts are those of `access/xlog_internal.h`,
 * `access/xlogrecord.h` and `access/xact.h`.
 */
const PAGE = 8192;
/** `XLOG_PAGE_MAGIC`. It changes with the layout: what another one says is not guessed. */
const MAGIC = 0xd116;
const FIRST_IS_CONTINUATION = 0x1;
const LONG_HEADER = 0x2;

const RECORD_HEADER = 24;
/** Bytes of a record that are looked at: its header, what may stand before its data, and the time at its beginning. */
const LOOKED_AT = 64;

/** Resource managers, and those kinds of their records that matter here. */
const XLOG = 0;
const XLOG_SWITCH = 0x40;
const XACT = 1;
const XACT_KIND = 0x70;
/** Commit, abort, and both of prepared transactions: PostgreSQL stops at a moment before one of these, and nowhere else. */
const ENDS: ReadonlySet<number> = new Set([0x00, 0x20, 0x30, 0x40]);

/** Microseconds from 1970 to 2000, from which PostgreSQL counts. */
const POSTGRES_EPOCH = 946_684_800_000_000;

export interface TransactionEnds {
  /**
   * Reads the next segment. When its transactions were committed or rolled back, in the log's order, epoch microseconds.
   * Throws `log/format` for the log of another version of PostgreSQL.
   */
  read(position: bigint, content: Buffer): readonly number[];
  /** The log has an end within the segment that was read: no record of a later one would be replayed. */
  ended(): boolean;
}

/** A record that goes on in the next page. */
interface OpenRecord {
  /** As much of its beginning as is looked at; nothing when it was not read. */
  readonly start: Buffer[];
  length: number;
  missing: number;
}

/**
 * Reads segments in the order of a replay. `from` is the LSN of the record that it begins with; without it, the first
 * record that begins in the first segment does.
 */
export function transactionEnds(from = 0n): TransactionEnds {
  let open: OpenRecord | undefined;
  let over = false;

  function read(position: bigint, content: Buffer): number[] {
    const ends: number[] = [];
    const start = position * SEGMENT_BYTES;
    for (let page = 0; page < content.length; page += PAGE) {
      const address = start + BigInt(page);
      const end = page + PAGE;
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
        if (open.length > 0) keep(open, content.subarray(at, at + part));
        open.missing -= part;
        at = aligned(at + part);
        if (open.missing > 0) continue;
        const record = Buffer.concat(open.start);
        open = undefined;
        if (isSwitch(record, 0)) return ends;
        addEnd(ends, record, 0);
      }
      // After a crash the server gives up a record that it could not finish, and goes on with another.
      open = undefined;
      while (at < end) {
        const total = content.readUInt32LE(at);
        if (total < RECORD_HEADER) {
          over = true;
          return ends;
        }
        if (total > end - at) {
          open = { start: [], length: 0, missing: total - (end - at) };
          keep(open, content.subarray(at, end));
          break;
        }
        // The rest of a segment that was closed early is empty.
        if (isSwitch(content, at)) return ends;
        addEnd(ends, content, at);
        at = aligned(at + total);
      }
    }
    return ends;
  }

  return { read, ended: () => over };
}

function keep(open: OpenRecord, part: Buffer): void {
  if (open.length >= LOOKED_AT) return;
  open.start.push(part.subarray(0, LOOKED_AT - open.length));
  open.length += part.length;
}

function aligned(at: number): number {
  return (at + 7) & ~7;
}

function isSwitch(bytes: Buffer, at: number): boolean {
  return bytes.length > at + 17 && bytes[at + 17] === XLOG && ((bytes[at + 16] ?? 0) & 0xf0) === XLOG_SWITCH;
}

function addEnd(ends: number[], bytes: Buffer, at: number): void {
  if (bytes.length <= at + RECORD_HEADER || bytes[at + 17] !== XACT) return;
  if (!ENDS.has((bytes[at + 16] ?? 0) & XACT_KIND)) return;
  const time = bytes.readBigInt64LE(dataOf(bytes, at + RECORD_HEADER));
  ends.push(Number(time) + POSTGRES_EPOCH);
}

/** Where a record's data begins: after its length, before which an origin and a top transaction may be named. */
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
    `the log was written by another version of PostgreSQL (0x${found.toString(16)}): its moments cannot be read`,
  );
}
