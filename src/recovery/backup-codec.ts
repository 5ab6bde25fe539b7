import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGunzip, createGzip, gunzip } from "node:zlib";
import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import { isSystemError } from "../disk/disk-errors.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
import { type Authenticator, authenticatorOf } from "./authenticator.js";

const gunzipWhole = promisify(gunzip);

/**
 * The encoding of stored objects: gzip, then age. The command-line tools of these names decode it. Their origin is
 * authenticated separately.
 */
export interface BackupCodec {
  /** Undefined without an identity: then nothing is written, and the origin of an object cannot be checked. */
  readonly authenticator: Authenticator | undefined;
  /** Suffix of an encoded object's name: `.gz` or `.gz.age`. */
  readonly suffix: string;
  /** Public key that objects are encrypted to; undefined without encryption. */
  readonly recipient: string | undefined;
  /** Further public keys that objects are encrypted to: each of their identities decrypts them too. */
  readonly escrow: readonly string[];
  encode(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Throws `backup/corrupt` if the content was changed, `backup/wrong-key` if it was encrypted to another identity. */
  decode(content: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array>;
  /**
   * Decodes an object in memory in one piece, which takes a third of the time. Throws as `decode`, and `backup/corrupt` if the content
   * has more than `maxBytes`: an object can decompress without end.
   */
  decodeWhole(stored: Uint8Array, maxBytes: number, name: string): Promise<Buffer>;
}

/** Compression without encryption. */
export function gzipCodec(authenticator: Authenticator | undefined): BackupCodec {
  return {
    authenticator,
    suffix: ".gz",
    ...{ recipient: undefined, escrow: [] },
    encode: compress,
    decode: decompress,
    decodeWhole: decompressWhole,
  };
}

/** Compression, then encryption to an X25519 identity in the format of `age-keygen`, and to the public keys of `escrow`. */
export async function ageCodec(identity: string, escrow: readonly string[] = []): Promise<BackupCodec> {
  const recipient = await identityToRecipient(identity);
  return {
    authenticator: authenticatorOf(identity),
    suffix: ".gz.age",
    ...{ recipient, escrow },
    encode: (content) => encrypt(compress(content), [recipient, ...escrow]),
    decode: (content, name) => reportCorruption(decompress(decrypt(content, identity), name), name),
    decodeWhole: async (stored, maxBytes, name) => {
      const parts: Uint8Array[] = [];
      for await (const part of reportCorruption(decrypt(Readable.from([stored]), identity), name)) parts.push(part);
      return decompressWhole(Buffer.concat(parts), maxBytes, name);
    },
  };
}

function compress(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return transform(content, () => createGzip({ level: 3 }));
}

function decompress(content: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array> {
  return reportCorruption(
    transform(content, () => createGunzip()),
    name,
  );
}

async function decompressWhole(stored: Uint8Array, maxBytes: number, name: string): Promise<Buffer> {
  try {
    // One chunk for all of it; it is only as large in memory as the content.
    return await gunzipWhole(stored, { chunkSize: maxBytes + 1, maxOutputLength: maxBytes });
  } catch (error) {
    const tooLarge = isSystemError(error) && error.code === "ERR_BUFFER_TOO_LARGE";
    throw corrupt(name, tooLarge ? `it has more than ${maxBytes} bytes` : messageOf(error), error);
  }
}

async function* encrypt(content: AsyncIterable<Uint8Array>, recipients: readonly string[]): AsyncIterable<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  yield* await encrypter.encrypt(stream(content));
}

async function* decrypt(content: AsyncIterable<Uint8Array>, identity: string): AsyncIterable<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  yield* await decrypter.decrypt(stream(content)).catch((error: unknown) => {
    if (error instanceof Error && /no identity matched/.test(error.message))
      throw new KeelsonError("backup/wrong-key", "the backup was encrypted to another identity", {
        cause: error,
      });
    throw error;
  });
}

function stream(content: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = content[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

async function* transform(
  content: AsyncIterable<Uint8Array>,
  make: () => NodeJS.ReadWriteStream & AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const through = make();
  // A failure at either end destroys `through`: the consumer receives it.
  const flow = pipeline(Readable.from(content, { objectMode: false }), through);
  flow.catch(() => undefined);
  yield* through;
  await flow;
}

async function* reportCorruption(content: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    if (error instanceof KeelsonError) throw error;
    throw corrupt(name, messageOf(error), error);
  }
}

export function corrupt(name: string, why: string, cause?: unknown): KeelsonError {
  return new KeelsonError("backup/corrupt", `${name} is damaged: ${why}`, {
    cause,
  });
}
