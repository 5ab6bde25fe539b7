import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { writeAtomically } from "../disk/atomic-file.js";
import { readIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";

/** How objects are packed: gzip, then age. Both are undone by the plain tools of these names. */
export interface Seal {
  /** What a packed object's name ends with: `.gz` or `.gz.age`. */
  readonly suffix: string;
  /** Public key that objects are encrypted to; undefined when they are not. */
  readonly recipient: string | undefined;
  pack(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Throws `backup/corrupt` when a bit was changed, `backup/wrong-key` when the identity does not fit. */
  unpack(content: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array>;
}

export const plainSeal: Seal = {
  suffix: ".gz",
  recipient: undefined,
  pack: (content) => transform(content, () => createGzip({ level: 3 })),
  unpack: (content, name) =>
    reportCorruption(
      transform(content, () => createGunzip()),
      name,
    ),
};

/** Encrypts to an X25519 identity in the format of `age-keygen`. */
export async function ageSeal(identity: string): Promise<Seal> {
  const recipient = await identityToRecipient(identity);
  return {
    suffix: ".gz.age",
    recipient,
    pack: (content) => encrypt(plainSeal.pack(content), recipient),
    unpack: (content, name) => reportCorruption(plainSeal.unpack(decrypt(content, identity), name), name),
  };
}

/** Reads the identity file, or makes one. It is the only thing that opens the backups: without it they are noise. */
export async function loadOrCreateIdentity(path: string): Promise<string> {
  try {
    return await loadIdentity(path);
  } catch (error) {
    if (!(error instanceof KeelsonError && error.code === "backup/no-identity")) throw error;
  }
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAtomically(path, `# public key: ${recipient}\n${identity}\n`);
  return identity;
}

export async function loadIdentity(path: string): Promise<string> {
  const text = await readIfPresent(path);
  if (text === undefined) throw new KeelsonError("backup/no-identity", `there is no identity file at ${path}`);
  const identity = text.split("\n").find((line) => line.startsWith("AGE-SECRET-KEY-"));
  if (identity === undefined) throw new KeelsonError("backup/identity", `${path} holds no age identity`);
  return identity.trim();
}

async function* encrypt(content: AsyncIterable<Uint8Array>, recipient: string): AsyncIterable<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
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
  // A failure at either end destroys `through`, and so reaches whoever iterates over it.
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
