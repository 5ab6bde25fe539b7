import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { isAbsent } from "./read.js";

/** The space of a file system, in bytes. */
export interface DiskSpace {
  /** Available to this user. */
  readonly free: number;
  readonly total: number;
}

/** The space of the file system that holds `path`, or would hold it. */
export async function diskSpace(path: string): Promise<DiskSpace> {
  try {
    const { bavail, blocks, bsize } = await statfs(path);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch (error) {
    const parent = dirname(path);
    if (!isAbsent(error) || parent === path) throw error;
    return diskSpace(parent);
  }
}

const MAX_RESERVE_BYTES = 512 * 1024 * 1024;
const RESERVE_FRACTION = 0.05;

/**
 * Bytes that must stay free on a file system with a database, at most what its WAL grows by between two checkpoints
 * (`max_wal_size`). A disk with less is nearly full: PostgreSQL stops when it cannot write its WAL.
 */
export function reserveOf({ total }: DiskSpace): number {
  return Math.min(MAX_RESERVE_BYTES, Math.floor(total * RESERVE_FRACTION));
}
