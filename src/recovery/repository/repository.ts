import { KeelsonError } from "../../errors/keelson-error.js";

export interface StoredObject {
  readonly name: string;
  readonly bytes: number;
  /** Epoch milliseconds at which it was stored. */
  readonly modified: number;
}

/** What `put` has written, as read back from the bytes that went in. */
export interface Written {
  readonly bytes: number;
  /** Hex SHA-256 of the stored bytes. */
  readonly sha256: string;
}

/**
 * Where backups are kept: a folder or an S3 bucket. Names are relative, with `/` between parts. An object appears whole
 * or not at all, and once `put` has resolved it survives a crash of this machine's processes and a power cut.
 */
export interface Repository {
  /** For people, e.g. `/home/ada/.keelson/starter-local/backups` or `s3://backups/starter`. */
  readonly place: string;
  put(name: string, content: AsyncIterable<Uint8Array>): Promise<Written>;
  /** Throws `backup/missing` where there is no such object. */
  get(name: string): AsyncIterable<Uint8Array>;
  /** Objects whose name starts with `prefix`, in the order of their names. */
  list(prefix: string): Promise<StoredObject[]>;
  /** First parts of the names that have more than one, such as `a` of `a/b`: without a look at what lies below. */
  folders(): Promise<string[]>;
  /** Removing what is not there is no error. */
  remove(name: string): Promise<void>;
}

export function missing(name: string, place: string, cause?: unknown): KeelsonError {
  return new KeelsonError("backup/missing", `${name} is not in ${place}`, {
    cause,
  });
}

export async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** An object's whole content from memory. */
export async function* single(content: Uint8Array): AsyncIterable<Uint8Array> {
  yield content;
}
