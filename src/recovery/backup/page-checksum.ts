/**
 * The checksum of a data page, as PostgreSQL computes it (`src/include/storage/checksum_impl.h`): 32 interleaved FNV-1a hashes
 * of 32-bit words, mixed with the number of the block.
 */

/** `BLCKSZ` of every packaged server. */
export const PAGE_BYTES = 8192;
/** `RELSEG_SIZE`: blocks of one file of a relation; 1 GiB. */
const BLOCKS_PER_FILE = 131_072;

const SUMS = 32;
const FNV_PRIME = 16_777_619;
/** `checksumBaseOffsets`. */
const OFFSETS = Int32Array.of(
  ...[0x5b1f36e9, 0xb8525960, 0x02ab50aa, 0x1de66d2a, 0x79ff467a, 0x9bb9f8a3, 0x217e7cd2, 0x83e13d2c],
  ...[0xf8d4474f, 0xe39eb970, 0x42c6ae16, 0x993216fa, 0x7b093b5d, 0x98daff3c, 0xf718902a, 0x0b1c9cdb],
  ...[0xe58f764b, 0x187636bc, 0x5d7b3bb1, 0xe73de7de, 0x92bec979, 0xcca6c0b2, 0x304a0979, 0x85aa43d4],
  ...[0x783125bb, 0x6ca8eaa2, 0xe407eac6, 0x4b5cfc3e, 0x9fbf8c76, 0x15ca20be, 0xf2ca9fd3, 0x959bd756],
);

/** Offsets in `PageHeaderData` (`storage/bufpage.h`). */
const CHECKSUM_OFFSET = 8;
const UPPER_OFFSET = 14;

/** The checksum of the page that starts at `offset`. The stored checksum counts as zero. For little-endian processors. */
export function pageChecksum(bytes: Buffer, offset: number, block: number): number {
  const words = wordsOf(bytes, offset);
  const sums = Int32Array.from(OFFSETS);
  for (let row = 0; row < words.length; row += SUMS)
    for (let n = 0; n < SUMS; n += 1) {
      const at = row + n;
      const word = words[at] ?? 0;
      // The stored checksum is the lower half of the word at its offset.
      sums[n] = mixed(sums[n] ?? 0, at === CHECKSUM_OFFSET / 4 ? word & ~0xffff : word);
    }
  let result = 0;
  for (const sum of sums) result ^= mixed(mixed(sum, 0), 0);
  // Never zero, so that a zero is no valid checksum.
  return (((result ^ block) >>> 0) % 65_535) + 1;
}

function wordsOf(bytes: Buffer, offset: number): Int32Array {
  const start = bytes.byteOffset + offset;
  if (start % 4 === 0) return new Int32Array(bytes.buffer, start, PAGE_BYTES / 4);
  return new Int32Array(Uint8Array.from(bytes.subarray(offset, offset + PAGE_BYTES)).buffer);
}

function mixed(sum: number, word: number): number {
  const value = sum ^ word;
  return Math.imul(value, FNV_PRIME) ^ (value >>> 17);
}

/**
 * - `valid`: the checksum matches, or the page is new (only zeros).
 * - `changed`: written since `since`, so it may be half written; the replay of the log restores it.
 * - `damaged`: neither.
 */
export type PageState = "valid" | "changed" | "damaged";

/** Checks one page, as pg_basebackup does (`verify_page_checksum` in `backup/basebackup.c`). `since`: an LSN. */
export function checkPage(bytes: Buffer, offset: number, block: number, since: bigint): PageState {
  if (bytes.readUInt16LE(offset + UPPER_OFFSET) === 0)
    return bytes.subarray(offset, offset + PAGE_BYTES).equals(NEW_PAGE) ? "valid" : "damaged";
  if (pageLsn(bytes, offset) >= since) return "changed";
  return bytes.readUInt16LE(offset + CHECKSUM_OFFSET) === pageChecksum(bytes, offset, block) ? "valid" : "damaged";
}

const NEW_PAGE = Buffer.alloc(PAGE_BYTES);

/** The LSN of the newest change of the page: two 32-bit words, the higher one first. */
export function pageLsn(bytes: Buffer, offset: number): bigint {
  return (BigInt(bytes.readUInt32LE(offset)) << 32n) + BigInt(bytes.readUInt32LE(offset + 4));
}

/** `<oid>[_fork][.<file>]` in a database's directory, in `global`, or in a tablespace within the data directory. */
const RELATION_FILE = /^(?:global|base\/\d+|pg_tblspc\/\d+\/PG_\d+_\d+\/\d+)\/\d+(?:_(?:fsm|vm|init))?(?:\.(\d+))?$/;

/**
 * The number of the first block in a file of the data directory; undefined for a file without pages, and for temporary
 * relations, which no backup needs.
 */
export function firstBlock(path: string): number | undefined {
  const match = RELATION_FILE.exec(path);
  return match ? Number(match[1] ?? 0) * BLOCKS_PER_FILE : undefined;
}
