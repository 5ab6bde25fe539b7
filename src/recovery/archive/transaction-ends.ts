import { dataOf, infoOf, managerOf, RECORD_HEADER_BYTES, walReader } from "./wal-records.js";

/** The resource manager of transactions, and the kinds of its records, as in `access/xact.h`. */
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

/** Reads segments in replay order. `from`: see `walReader`. */
export function transactionEnds(from = 0n): TransactionEnds {
  let ends: number[] = [];
  const reader = walReader((bytes, at) => {
    if (managerOf(bytes, at) !== XACT || !ENDS.has(infoOf(bytes, at) & XACT_KIND)) return;
    const time = bytes.readBigInt64LE(dataOf(bytes, at + RECORD_HEADER_BYTES));
    ends.push(Number(time) + POSTGRES_EPOCH_MICROS);
  }, from);
  return {
    read(position, content) {
      ends = [];
      reader.read(position, content);
      return ends;
    },
    ended: reader.ended,
  };
}
