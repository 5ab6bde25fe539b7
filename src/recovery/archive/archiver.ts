import { watch } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "../../disk/atomic-file.js";
import { readOwned } from "../../disk/owned-file.js";
import { isAbsent } from "../../disk/read.js";
import { messageOf } from "../../errors/thrown.js";
import type { LogArchive, PreparedFile } from "./log-archive.js";
import { type ArchiveBacklog, backlogOf, readyFiles } from "./ready-files.js";
import { parseLogFile } from "./segments.js";

/** A failure: `name` is the log file that could not be stored, or the directory that could not be read. */
export interface ArchiveFailure {
  readonly name: string;
  /** Epoch milliseconds of the first failure in a row. */
  readonly since: number;
  readonly reason: string;
}

/**
 * The state of archiving. `failing` is set from the first file that could not be stored until one is stored again, and
 * while the server's requests cannot be read.
 */
export interface ArchiveState {
  readonly archived: number;
  readonly last: { readonly name: string; readonly at: number } | undefined;
  readonly failing: ArchiveFailure | undefined;
  /** As of the last half second. */
  readonly backlog: ArchiveBacklog;
}

export interface Archiver {
  state(): ArchiveState;
  stop(): Promise<void>;
}

export interface ArchiverOptions {
  /** The directory in which the server's `archive_command` creates its requests. */
  readonly handover: string;
  /** The server's data directory. */
  readonly data: string;
  /** The archive of the database in the data directory; resolved for each file, because a restore can change it. */
  readonly archive: () => Promise<LogArchive>;
  /** Owner of the replies, if the server runs as another user. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly onChange?: (state: ArchiveState) => void;
}

/** How often the directory is read even if the file system reports no change. */
const POLL_INTERVAL_MS = 500;
/** Files that are compressed and encrypted at once. */
const PARALLEL_FILES = 4;
/** Files that are stored before the server has requested them: it requests one at a time. */
const MAX_AHEAD = 64;

/**
 * Archives finished log files. The server requests them one at a time and keeps each until its command succeeds; the command
 * succeeds only when `<name>.done` exists, and that file is written only after the repository has stored the log file durably.
 *
 * The server's request costs the start of a process, so the archiver works ahead as pgBackRest does: it stores further files that
 * are ready, and answers their later requests at once. Several files are compressed and encrypted at the same time, but they
 * are stored strictly in the server's order: the archive never has a gap before its newest file.
 */
export function startArchiver(options: ArchiverOptions): Archiver {
  const archiver = new QueueArchiver(options);
  const running = archiver.run();
  const unwatch = watchDirectory(options.handover, () => archiver.wake());
  return {
    state: () => archiver.state(),
    async stop() {
      archiver.stop();
      unwatch();
      await running;
    },
  };
}

/** Identifies the content of a finished log file: a file of the same name after a restore is another one. */
type Version = string;

class QueueArchiver {
  readonly #options: ArchiverOptions;
  #stopping = false;
  #wake = () => {};
  #stored: Pick<ArchiveState, "archived" | "last"> = { archived: 0, last: undefined };
  #backlog: ArchiveBacklog = { files: 0, bytes: 0, oldestAt: undefined };
  /** Two independent failures: requests that cannot be read, and a file that cannot be stored. */
  #unreadableRequests: ArchiveFailure | undefined;
  #failedFile: ArchiveFailure | undefined;
  /** Stored, and not yet recorded as archived by the server: most of them before it has requested them. */
  readonly #ahead = new Map<string, Version>();
  readonly #prepared = new Map<string, Promise<PreparedFile>>();

  constructor(options: ArchiverOptions) {
    this.#options = options;
  }

  state(): ArchiveState {
    const failing = this.#unreadableRequests ?? this.#failedFile;
    return { ...this.#stored, failing, backlog: this.#backlog };
  }

  wake(): void {
    this.#wake();
  }

  stop(): void {
    this.#stopping = true;
    this.#wake();
  }

  async run(): Promise<void> {
    // Apart from the storage, which may take long: just then the backlog grows.
    const timer = setInterval(() => void this.#ready(), POLL_INTERVAL_MS);
    try {
      await this.#storeFiles();
    } finally {
      clearInterval(timer);
    }
  }

  async #storeFiles(): Promise<void> {
    while (!this.#stopping) {
      const woken = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_INTERVAL_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (await this.#round()) this.#wake();
      await woken;
    }
    this.#prepared.clear();
  }

  /** Answers the requests, and stores at most one file. Returns whether there may be more to do. */
  async #round(): Promise<boolean> {
    const requested = await this.#requests();
    const pending: string[] = [];
    for (const name of requested)
      if (await this.#isStored(name)) await this.#reply(name, "done", "");
      else {
        this.#ahead.delete(name);
        pending.push(name);
      }
    const ready = await this.#ready();
    // After a failure only what the server requests is tried again, at its pace.
    const further = this.#failedFile || this.#ahead.size >= MAX_AHEAD ? [] : ready;
    const queue = [...new Set([...pending, ...further])].filter((name) => !this.#ahead.has(name));
    const [next] = queue;
    if (next === undefined) return false;
    for (const name of queue.slice(0, PARALLEL_FILES)) this.#prepare(name);
    await this.#store(next, pending.includes(next));
    return true;
  }

  /** Whether this very file is stored already. */
  async #isStored(name: string): Promise<boolean> {
    const version = this.#ahead.get(name);
    return version !== undefined && version === (await this.#version(name).catch(() => undefined));
  }

  async #version(name: string): Promise<Version> {
    const { ino, size, mtimeMs } = await lstat(join(this.#options.data, "pg_wal", name));
    return `${ino} ${size} ${mtimeMs}`;
  }

  #prepare(name: string): void {
    if (this.#prepared.has(name)) return;
    const work = (async () => (await this.#options.archive()).prepare(name, await this.#content(name)))();
    // Awaited when it is the turn of the file; until then a failure must not count as unhandled.
    work.catch(() => undefined);
    this.#prepared.set(name, work);
  }

  /** The directory belongs to the server's user, which may be another one: links in it are not followed. */
  #content(name: string): Promise<Buffer> {
    return readOwned(this.#options.data, join("pg_wal", name));
  }

  async #store(name: string, requested: boolean): Promise<void> {
    try {
      const version = await this.#version(name);
      const prepared = await this.#prepared.get(name);
      await prepared?.store();
      this.#stored = { archived: this.#stored.archived + 1, last: { name, at: Date.now() } };
      this.#failedFile = undefined;
      this.#ahead.set(name, version);
      if (requested) await this.#reply(name, "done", "");
    } catch (error) {
      // Files after it must not be stored before it.
      this.#prepared.clear();
      // A restore has replaced the data directory since the file was listed.
      if (!requested && isAbsent(error)) return;
      this.#failedFile = failure(name, error, this.#failedFile);
      if (requested) await this.#reply(name, "failed", `${this.#failedFile.reason}\n`).catch(() => undefined);
    } finally {
      this.#prepared.delete(name);
    }
    this.#changed();
  }

  async #reply(name: string, result: "done" | "failed", text: string): Promise<void> {
    const { handover, owner } = this.#options;
    const place = join(handover, name);
    await rm(`${place}.request`, { force: true });
    await replaceFile(`${place}.${result}`, text, { owner });
  }

  /** Names of the log files that the server requests; empty, with a reported failure, if they cannot be read. */
  async #requests(): Promise<string[]> {
    const { handover } = this.#options;
    try {
      const entries = await readdir(handover);
      if (this.#unreadableRequests) {
        this.#unreadableRequests = undefined;
        this.#changed();
      }
      const names = entries
        .filter((entry) => entry.endsWith(".request"))
        .map((entry) => entry.slice(0, -".request".length));
      return names.filter((name) => parseLogFile(name)).sort();
    } catch (error) {
      const first = this.#unreadableRequests === undefined;
      this.#unreadableRequests = failure(handover, error, this.#unreadableRequests);
      if (first) this.#changed();
      return [];
    }
  }

  /** The finished files, and the backlog as a side result. Without a data directory, as during a restore, there are none. */
  async #ready(): Promise<readonly string[]> {
    const { data } = this.#options;
    try {
      const ready = await readyFiles(data);
      for (const name of this.#ahead.keys()) if (!ready.includes(name)) this.#ahead.delete(name);
      this.#backlog = await backlogOf(
        data,
        ready.filter((name) => !this.#ahead.has(name)),
      );
      return ready;
    } catch {
      // The requests of the server are still served; the backlog keeps its last value.
      return [];
    }
  }

  #changed(): void {
    this.#options.onChange?.(this.state());
  }
}

function failure(name: string, error: unknown, before: ArchiveFailure | undefined): ArchiveFailure {
  const reason = messageOf(error);
  return { name, since: before?.since ?? Date.now(), reason };
}

/** Watching only reduces the delay: if it is impossible or fails, polling finds every request. */
function watchDirectory(directory: string, onChange: () => void): () => void {
  try {
    const watcher = watch(directory, onChange);
    watcher.on("error", () => undefined);
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}
