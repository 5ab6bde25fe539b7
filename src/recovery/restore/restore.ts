import { createHash } from "node:crypto";
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract } from "tar";
import { syncDirectory } from "../../disk/atomic-file.js";
import { diskError, isSystemError, requireSpace } from "../../disk/disk-errors.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { writeAccessRules } from "../../postgres/access.js";
import type { ServerUser } from "../../postgres/server-user.js";
import { logArchive } from "../archive/log-archive.js";
import type { Manifest } from "../backup/catalogue.js";
import type { Repository } from "../repository/repository.js";
import { corrupt, type Seal } from "../seal.js";
import { type EndOfReplay, endOfReplay } from "./end-of-replay.js";
import { fetchLog, requireLog } from "./fetch-log.js";
import type { RestoreTarget } from "./target.js";

export interface RestoreOptions {
  readonly user: ServerUser;
  readonly target: RestoreTarget;
  readonly signal?: AbortSignal;
  /** Why the newest part of the log did not reach the repository, when that is known: moments in it are then refused. */
  readonly lag?: string | undefined;
}

/** What was restored. */
export interface Restored {
  readonly logFiles: number;
  /** Bytes of the data directory, without the log. */
  readonly bytes: number;
  readonly end: EndOfReplay;
}

/** Directory with the log to replay, inside the data directory and named relative to it, so that it can be moved. */
const LOG_DIRECTORY = "restored_wal";

/**
 * Restores a backup into `directory`, which must not exist or be empty: a plain PostgreSQL data directory that any
 * server of its version recovers when it is started. It appears whole, or not at all.
 * Throws `backup/corrupt`, `log/gap`, `restore/not-empty`.
 */
export async function restoreInto(
  directory: string,
  repository: Repository,
  seal: Seal,
  manifest: Manifest,
  options: RestoreOptions,
): Promise<Restored> {
  const unpacked = await unpackInto(directory, repository, seal, manifest, options);
  return unpacked.complete();
}

/** A backup whose files have been fetched, checked and unpacked beside the directory that they are meant for. */
export interface Unpacked {
  /** Adds the log that is archived by now (for a moment it was added before), and gives the directory its name. */
  complete(): Promise<Restored>;
  discard(): Promise<void>;
}

/**
 * The first half of `restoreInto`, and all of it that can say no to a backup: a damaged one, one that was encrypted to
 * another identity, a log with a hole, a moment that the log does not reach. Nothing that runs has to be away for it.
 */
export async function unpackInto(
  directory: string,
  repository: Repository,
  seal: Seal,
  manifest: Manifest,
  options: RestoreOptions,
): Promise<Unpacked> {
  const target = resolve(directory);
  await requireEmpty(target);
  const temporary = `${target}.restore.tmp`;
  const discard = () => rm(temporary, { recursive: true, force: true });
  const orNothing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      await discard();
      throw diskError(error, target);
    }
  };
  const archive = logArchive(repository, seal, manifest.system);
  const addLog = async () => {
    const place = join(temporary, LOG_DIRECTORY);
    const { files, hole } = await fetchLog(place, archive, manifest, options.target, options.signal);
    const end = await endOfReplay(place, manifest, options.target, { hole, lag: options.lag });
    return { logFiles: files.length, end };
  };
  const log = await orNothing(async () => {
    await discard();
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    await requireSpace(temporary, manifest.size);
    await requireLog(archive, manifest, options.target);
    await unpackBase(temporary, repository, seal, manifest, options);
    // A moment is in the past: what will be archived from now on says nothing about it.
    return options.target.kind === "time" ? addLog() : undefined;
  });
  return {
    complete: () =>
      orNothing(async () => {
        const { logFiles, end } = log ?? (await addLog());
        await writeRecovery(temporary, manifest, end);
        await writeAccessRules(temporary, options.user);
        if (options.user.foreign) await giveTo(temporary, options.user);
        await rm(target, { recursive: true, force: true });
        await rename(temporary, target);
        await syncDirectory(dirname(target));
        return { logFiles, bytes: manifest.size, end };
      }),
    discard,
  };
}

async function requireEmpty(directory: string): Promise<void> {
  const entries = await readdir(directory).catch((error: unknown) => {
    if (isSystemError(error) && error.code === "ENOENT") return [];
    throw diskError(error, directory);
  });
  if (entries.length > 0) throw new KeelsonError("restore/not-empty", `${directory} is not empty`);
}

async function unpackBase(
  directory: string,
  repository: Repository,
  seal: Seal,
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
      yield chunk;
    }
    // Before the last byte has been seen nothing that was unpacked counts.
    if (done !== bytes) throw corrupt(name, `it has ${done} bytes instead of ${bytes}`);
    if (hash.digest("hex") !== sha256) throw corrupt(name, "its SHA-256 is not the one in the catalogue");
  }
  await pipeline(
    Readable.from(seal.unpack(checked(), name), { objectMode: false }),
    extract({ cwd: directory, strict: true, preserveOwner: false }),
  );
}

/** What a server needs to recover by itself when it is started next. */
async function writeRecovery(directory: string, manifest: Manifest, end: EndOfReplay): Promise<void> {
  const settings = [
    `restore_command = 'cp ${LOG_DIRECTORY}/%f "%p"'`,
    "recovery_target_timeline = 'latest'",
    "recovery_target_action = 'promote'",
    // Whoever is let in before all of the log is replayed reads a state of long ago, and nothing says so.
    "hot_standby = off",
    ...(end.kind === "moment" ? [`recovery_target_time = '${timestamp(end.at)}'`] : []),
    ...(end.kind === "restore-point" ? [`recovery_target_name = '${manifest.restorePoint.name}'`] : []),
  ];
  const file = join(directory, "postgresql.auto.conf");
  // A copy of a server that was itself restored once still carries the settings of that recovery.
  const kept = (await readFile(file, "utf8"))
    .split("\n")
    .filter((line) => !/^(restore_command|recovery_target|hot_standby)/.test(line));
  await writeFile(file, `${[...kept.filter((line) => line !== ""), ...settings].join("\n")}\n`, { mode: 0o600 });
  await writeFile(join(directory, "recovery.signal"), "", { mode: 0o600 });
}

/** As PostgreSQL reads it in any locale and time zone: `2025-11-21 08:01:02.345+00`. */
function timestamp(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace("Z", "+00");
}

/** After recovery: what was only needed for it goes, so that a later crash does not try to recover from it again. */
export async function forgetRecovery(directory: string): Promise<void> {
  await rm(join(directory, LOG_DIRECTORY), { recursive: true, force: true });
}

async function giveTo(path: string, user: ServerUser): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true }))
    await chown(join(entry.parentPath, entry.name), user.uid, user.gid);
  await chown(path, user.uid, user.gid);
}
