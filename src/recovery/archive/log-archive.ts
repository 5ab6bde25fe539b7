import { createHash } from "node:crypto";
import { KeelsonError } from "../../errors/keelson-error.js";
import { type BackupCodec, corrupt } from "../backup-codec.js";
import { collect, collectAtMost, type Repository, single } from "../repository/repository.js";
import { type LogFile, parseLogFile, SEGMENT_BYTES } from "./segments.js";

/** A stored log file: its object name contains the SHA-256 of the stored bytes and an authentication code. */
export interface ArchivedFile {
  readonly file: LogFile;
  readonly object: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Epoch milliseconds at which it was stored: everything in it was committed before. */
  readonly stored: number;
  /** Whether a holder of the platform's identity has stored it. Another file must not be replayed. */
  readonly authentic: boolean;
}

/** A log file that is compressed and encrypted, but not stored. */
export interface PreparedFile {
  /** Resolves once the file is durable. */
  store(): Promise<void>;
}

/** The archived log of one database system. Only the content of authentic files is compared with new files. */
export interface LogArchive {
  /**
   * Prepares a file for its storage. Nothing is left to store if it is in the archive already. Throws `log/conflict` for other
   * content of the same name.
   */
  prepare(name: string, content: Uint8Array): Promise<PreparedFile>;
  /** Stores a file; resolves once it is durable. Idempotent. Throws `log/conflict` for other content of the same name. */
  store(name: string, content: Uint8Array): Promise<void>;
  /** Every file, authentic or not. */
  list(): Promise<ArchivedFile[]>;
  /** The file's content. Throws `backup/corrupt` if it was changed. */
  read(file: ArchivedFile): Promise<Buffer>;
  /** Whether an authentic file of this name is stored. */
  has(name: string): Promise<boolean>;
}

/** No file of the WAL is larger than a segment; compressed and encrypted, it grows by less than a hundredth at worst. */
const MAX_STORED_BYTES = Number(SEGMENT_BYTES) + 1024 * 1024;

/** Objects of earlier versions have no authentication code. */
const OBJECT = /^(.+?)\.([0-9a-f]{64})(?:\.([0-9a-f]{64}))?\.gz(?:\.age)?$/;

/** The archive of one database, by its system identifier: two databases never share one. */
export function logArchive(repository: Repository, codec: BackupCodec, system: string): LogArchive {
  const prefix = `${system}/wal/`;

  async function find(start: string): Promise<ArchivedFile[]> {
    const objects = await repository.list(prefix + start);
    return objects.flatMap(({ name, bytes, modified }) => {
      const [, log = "", sha256 = "", mac = ""] = OBJECT.exec(name.slice(prefix.length)) ?? [];
      const file = parseLogFile(log);
      if (!file) return [];
      const authentic = codec.authenticator?.verifies(mac, "wal", system, log, sha256) ?? false;
      return [{ file, object: name, bytes, sha256, stored: modified, authentic }];
    });
  }

  async function read(archived: ArchivedFile): Promise<Buffer> {
    const stored = await collectAtMost(MAX_STORED_BYTES, repository.get(archived.object), archived.object);
    if (sha256(stored) !== archived.sha256) throw corrupt(archived.object, "its SHA-256 is not the one in its name");
    return codec.decodeWhole(stored, Number(SEGMENT_BYTES), archived.object);
  }

  return {
    read,
    list: () => find(""),
    has: async (name) => (await find(`${name}.`)).some(({ authentic }) => authentic),
    prepare,
    store: async (name, content) => (await prepare(name, content)).store(),
  };

  async function prepare(name: string, content: Uint8Array): Promise<PreparedFile> {
    const { authenticator } = codec;
    if (authenticator === undefined)
      throw new KeelsonError("backup/no-identity", `${name} cannot be archived without an identity`);
    const earlier = (await find(`${name}.`)).filter(({ authentic }) => authentic);
    for (const existing of earlier) {
      // The server archives a file again if it was killed before it recorded the success.
      const same = await read(existing).then(
        (found) => found.equals(content),
        () => undefined,
      );
      if (same === true) return { store: async () => undefined };
      if (same === false) throw new KeelsonError("log/conflict", `${existing.object} exists with other content`);
    }
    const encoded = await collect(codec.encode(single(content)));
    const hash = sha256(encoded);
    const mac = authenticator.mac("wal", system, name, hash);
    const object = `${prefix}${name}.${hash}.${mac}${codec.suffix}`;
    return {
      async store() {
        await repository.put(object, single(encoded));
        // The new object replaces those that can no longer be read.
        for (const damaged of earlier) await repository.remove(damaged.object);
      },
    };
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
