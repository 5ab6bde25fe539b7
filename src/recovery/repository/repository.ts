import type { DiskSpace } from "../../disk/space.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { corrupt } from "../backup-codec.js";

export interface StoredObject {
  readonly name: string;
  readonly bytes: number;
  /** Epoch milliseconds at which it was stored. */
  readonly modified: number;
}

/** An object that was never completed. No listing shows it. */
export interface PartialObject {
  readonly name: string;
  /** Epoch milliseconds: the last write to the file, or the start of the upload. */
  readonly modified: number;
  remove(): Promise<void>;
}

/** Size and checksum of the bytes that `put` wrote. */
export interface Written {
  readonly bytes: number;
  /** Hex SHA-256 of the stored bytes. */
  readonly sha256: string;
}

/**
 * The storage of backups: a folder or an S3 bucket. Names are relative, with `/` between parts. An object appears complete
 * or not at all, and once `put` has resolved it survives a crash and a power failure.
 */
export interface Repository {
  /** For display, e.g. `/home/ada/.keelson/starter-local/backups` or `s3://backups/starter`. */
  readonly place: string;
  put(name: string, content: AsyncIterable<Uint8Array>): Promise<Written>;
  /** Throws `backup/missing` if the object does not exist. */
  get(name: string): AsyncIterable<Uint8Array>;
  /** Objects whose name starts with `prefix`, sorted by name. */
  list(prefix: string): Promise<StoredObject[]>;
  /** The top-level folders, such as `a` of `a/b`, without listing their content. */
  folders(): Promise<string[]>;
  /** What interrupted calls of `put` have left below `prefix`: temporary files, or uploads that were not completed. */
  partials(prefix: string): Promise<PartialObject[]>;
  /** The space of the file system that holds it; undefined for a bucket. */
  space(): Promise<DiskSpace | undefined>;
  /** Idempotent: an absent object is not an error. */
  remove(name: string): Promise<void>;
}

export function missing(name: string, place: string, cause?: unknown): KeelsonError {
  return new KeelsonError("backup/missing", `${name} is not in ${place}`, {
    cause,
  });
}

/**
 * Collects an object, or content decoded from it, of at most this many bytes. Everyone who can write to the repository can store
 * one of any size, and it is authenticated only once it is in memory. Throws `backup/corrupt` for a larger one.
 */
export async function collectAtMost(
  maxBytes: number,
  content: AsyncIterable<Uint8Array>,
  name: string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw corrupt(name, `it has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Collects content that this program has made. */
export async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Content in memory as a stream. */
export async function* single(content: Uint8Array): AsyncIterable<Uint8Array> {
  yield content;
}
