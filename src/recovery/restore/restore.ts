import { createHash, randomBytes } from "node:crypto";
import { chmod, lchown, lstat, mkdir, readdir, realpath, rename, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract } from "tar";
import { syncDirectory } from "../../disk/atomic-file.js";
import { diskError, isSystemError, requireSpace } from "../../disk/disk-errors.js";
import { makeDirectories } from "../../disk/make-directories.js";
import {
  claimMountPoint,
  contentOf,
  giveMountPoint,
  isMountPoint,
  moveContent,
  stagingPlace,
} from "../../disk/mount-point.js";
import { isAbsent } from "../../disk/read.js";
import { removeTree } from "../../disk/remove-tree.js";
import { syncTree } from "../../disk/sync-tree.js";
import { throwAfterCleanup } from "../../errors/cleanup.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { ServerUser } from "../../postgres/server-user.js";
import { logArchive } from "../archive/log-archive.js";
import { type Backup, type Manifest, requireAuthenticated } from "../backup/catalogue.js";
import { type BackupCodec, corrupt } from "../backup-codec.js";
import type { Repository } from "../repository/repository.js";
import { containTablespaces } from "./contain-tablespaces.js";
import { type EndOfReplay, endOfReplay } from "./end-of-replay.js";
import { fetchLog, requireLog } from "./fetch-log.js";
import { LOG_DIRECTORY, writeSettings } from "./restored-settings.js";
import type { RestoreTarget } from "./target.js";
import type { Timeline } from "./timelines.js";

export interface RestoreOptions {
  readonly user: ServerUser;
  readonly target: RestoreTarget;
  readonly signal?: AbortSignal;
  /** Why the newest part of the log is not archived, if known: a time in that part is rejected with this reason. */
  readonly lag?: string | undefined;
  /** Called with the bytes of the backup that were fetched so far, and all bytes to fetch. */
  readonly onFetched?: (done: number, total: number) => void;
  /** Restore a backup and WAL whose origin nothing proves: everyone who can write to the repository can have written them. */
  readonly acceptUnauthenticated?: boolean;
  /** The timelines of the database; by default those of which the archive has the history. */
  readonly timelines?: readonly Timeline[] | undefined;
}

export interface Restored {
  readonly logFiles: number;
  /** Bytes of the data directory, without the log. */
  readonly bytes: number;
  readonly end: EndOfReplay;
  /** Paths of tablespaces that the WAL creates outside the data directory: the restored server has them within it. */
  readonly tablespaces: readonly string[];
}

/**
 * Restores a backup into `directory`, which must be absent or empty: a PostgreSQL data directory that any server of its
 * version recovers when it starts. The directory appears complete, or not at all.
 * Throws `backup/unauthenticated`, `backup/corrupt`, `log/gap`, `log/unauthenticated`, `restore/not-empty`.
 */
export async function restoreInto(
  directory: string,
  repository: Repository,
  codec: BackupCodec,
  backup: Backup,
  options: RestoreOptions,
): Promise<Restored> {
  const unpacked = await unpackInto(directory, repository, codec, backup, options);
  return unpacked.complete();
}

/** A backup whose files have been fetched, checked and unpacked beside their target directory. */
export interface Unpacked {
  /**
   * Adds the log that is archived by now (for a time, it was added before) and gives the directory its final name. Throws
   * `restore/not-empty` if the target directory is no longer empty; its content is not touched.
   */
  complete(): Promise<Restored>;
  discard(): Promise<void>;
}

/**
 * The first half of `restoreInto`, with every check that can reject a backup: damage, encryption to another identity, a
 * gap in the log, a time that the log does not reach. A running server is not affected.
 */
export async function unpackInto(
  directory: string,
  repository: Repository,
  codec: BackupCodec,
  backup: Backup,
  options: RestoreOptions,
): Promise<Unpacked> {
  // The files of a backup run code: functions, settings, and everything that PostgreSQL loads.
  if (!options.acceptUnauthenticated) requireAuthenticated(backup);
  const { manifest } = backup;
  const target = await realPath(resolve(directory));
  await requireEmpty(target);
  // A unique name: an existing directory is never used or removed.
  const temporary = await stagingPlace(target, `restore-${randomBytes(4).toString("hex")}.tmp`);
  // An extraction that failed may still write for a moment: the removal is then repeated.
  const discard = () => removeTree(temporary);
  const orDiscard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      return throwAfterCleanup(diskError(error, target), discard);
    }
  };
  const archive = logArchive(repository, codec, manifest.system);
  const addLog = async () => {
    const place = join(temporary, LOG_DIRECTORY);
    const { files, firstMissing, used, ...followed } = await fetchLog(
      place,
      archive,
      manifest,
      options.target,
      options,
    );
    const end = await endOfReplay(place, manifest, options.target, followed, { firstMissing, lag: options.lag });
    const tablespaces = await containTablespaces(place, manifest, followed.timeline, used);
    return { logFiles: files.length, end, timeline: followed.timeline, tablespaces };
  };
  const log = await orDiscard(async () => {
    await makeDirectories(dirname(temporary));
    if (await isMountPoint(target)) await claimMountPoint(target);
    await mkdir(temporary, { mode: 0o700 });
    await requireSpace(temporary, manifest.size);
    await requireLog(archive, manifest, options.target, options);
    await unpackBase(temporary, repository, codec, manifest, options);
    // A time is in the past: segments that are archived from now on do not contain it.
    return options.target.kind === "time" ? addLog() : undefined;
  });
  return {
    complete: () =>
      orDiscard(async () => {
        const { logFiles, end, timeline, tablespaces } = log ?? (await addLog());
        await writeSettings(temporary, manifest, { end, timeline }, options.user);
        if (options.user.foreign) await giveTo(temporary, options.user);
        await syncTree(temporary);
        await renameToEmpty(temporary, target);
        await syncDirectory(dirname(target));
        return { logFiles, bytes: manifest.size, end, tablespaces };
      }),
    discard,
  };
}

async function requireEmpty(directory: string): Promise<void> {
  const entries = await contentOf(directory).catch((error: unknown) => {
    // ENOTDIR is not absence here: the target, or a parent of it, is a file.
    if (isSystemError(error) && error.code === "ENOENT") return [];
    throw diskError(error, directory);
  });
  if (entries.length > 0) throw new KeelsonError("restore/not-empty", `${directory} is not empty`);
}

/** Follows links, so that the temporary directory is on the file system of the target. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isAbsent(error)) return path;
    throw diskError(error, path);
  }
}

/** rename(2) replaces an empty directory and fails for any other: files that appeared in it meanwhile are kept. */
async function renameToEmpty(from: string, to: string): Promise<void> {
  if (await isMountPoint(to)) return fillMountPoint(from, to);
  try {
    await rename(from, to);
  } catch (error) {
    if (isSystemError(error) && ["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(error.code ?? ""))
      throw new KeelsonError("restore/not-empty", `${to} is no longer empty`, { cause: error });
    throw error;
  }
}

/** A mount point cannot be replaced: the files are moved into it, that which makes it a database last. */
async function fillMountPoint(from: string, to: string): Promise<void> {
  await requireEmpty(to);
  const owner = await lstat(from);
  await chmod(to, 0o700);
  await moveContent(from, to, "PG_VERSION");
  await rmdir(from);
  await giveMountPoint(to, owner);
}

async function unpackBase(
  directory: string,
  repository: Repository,
  codec: BackupCodec,
  manifest: Manifest,
  options: RestoreOptions,
): Promise<void> {
  const { name, bytes, sha256 } = manifest.base;
  const hash = createHash("sha256");
  let done = 0;
  async function* checked(): AsyncIterable<Uint8Array> {
    for await (const chunk of repository.get(name)) {
      options.signal?.throwIfAborted();
      hash.update(chunk);
      done += chunk.byteLength;
      if (done > bytes) throw corrupt(name, `it has more than ${bytes} bytes`);
      options.onFetched?.(done, bytes);
      yield chunk;
    }
    // The unpacked files count only once every byte has been verified.
    if (done !== bytes) throw corrupt(name, `it has ${done} bytes instead of ${bytes}`);
    if (hash.digest("hex") !== sha256) throw corrupt(name, "its SHA-256 is not the one in the catalogue");
  }
  try {
    await pipeline(
      Readable.from(atMost(maxUnpackedBytes(manifest), codec.decode(checked(), name), name), { objectMode: false }),
      extract({ cwd: directory, strict: true, preserveOwner: false }),
    );
  } catch (error) {
    options.signal?.throwIfAborted();
    // What is not a failure of this machine or of the repository is a defect of the archive.
    if (error instanceof KeelsonError || (isSystemError(error) && MACHINE_FAILURES.has(error.code))) throw error;
    throw corrupt(name, messageOf(error), error);
  }
}

/**
 * Bytes of the archive of a backup at most. Its checksum is known only at its end: until then, an object that decompresses
 * without end would fill the disk. The database may grow while it is copied.
 */
function maxUnpackedBytes({ size }: Manifest): number {
  return 4 * size + 256 * 1024 ** 2;
}

async function* atMost(maxBytes: number, content: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw corrupt(name, `more than ${maxBytes} bytes are in it`);
    yield chunk;
  }
}

/** Failures for which another backup would not help. */
const MACHINE_FAILURES = new Set(["ENOSPC", "EDQUOT", "EACCES", "EROFS", "EIO", "EMFILE", "ENFILE", "ENOMEM"]);

/** Removes the log that the server has replayed, so that a later crash recovery does not read it again. */
export async function removeReplayedLog(directory: string): Promise<void> {
  await removeTree(join(directory, LOG_DIRECTORY));
}

/** The directory itself comes last: until then no other user can enter it and replace a name in it. */
async function giveTo(path: string, user: ServerUser): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true }))
    await lchown(join(entry.parentPath, entry.name), user.uid, user.gid);
  await lchown(path, user.uid, user.gid);
}
