import { type DiskSpace, reserveOf } from "../../disk/space.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Manifest } from "./catalogue.js";

const MEBIBYTE = 1024 * 1024;
/** How much larger than the one before, in relation to its data, a backup is assumed to be. */
const MARGIN = 1.1;

/**
 * Bytes that a backup of `size` bytes of data will have: as much of the data as the newest backup of the same database had,
 * and 10 %; all of it for the first one.
 */
export function expectedBackupBytes(
  size: number,
  newest: { readonly size: number; readonly base: Pick<Manifest["base"], "bytes"> } | undefined,
): number {
  if (newest === undefined || newest.size <= 0) return size;
  const { base, size: before } = newest;
  return Math.ceil(Math.min(1, (base.bytes / before) * MARGIN) * size);
}

/** Throws `backup/no-space` unless `bytes` can be stored and the reserve of the disk stays free. */
export function requireBackupSpace(place: string, space: DiskSpace, bytes: number, what = "the backup"): void {
  const reserve = reserveOf(space);
  if (space.free - bytes >= reserve) return;
  const mebibytes = (value: number) => `${Math.ceil(value / MEBIBYTE)} MiB`;
  throw new KeelsonError(
    "backup/no-space",
    `${what} needs ${mebibytes(bytes)}, and ${mebibytes(reserve)} must stay free, but the disk that holds ${place} has ${mebibytes(space.free)} left`,
  );
}

/** The space is checked again after this many bytes. */
const CHECK_INTERVAL_BYTES = 32 * MEBIBYTE;

/** Passes the content of a backup on, and throws `backup/no-space` before it takes the reserve of the disk. */
export async function* withinSpace(
  content: AsyncIterable<Uint8Array>,
  place: string,
  space: () => Promise<DiskSpace | undefined>,
): AsyncIterable<Uint8Array> {
  let unchecked = 0;
  for await (const chunk of content) {
    unchecked += chunk.byteLength;
    if (unchecked >= CHECK_INTERVAL_BYTES) {
      const now = await space();
      if (now) requireBackupSpace(place, now, chunk.byteLength);
      unchecked = 0;
    }
    yield chunk;
  }
}
