import { watch } from "node:fs";
import { chown, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../errors/thrown.js";
import type { LogArchive } from "./log-archive.js";
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

/**
 * Archives finished log files on request of the server. The server keeps each file until its command succeeds, the command
 * succeeds only when `<name>.done` exists, and that file is written only after the repository has stored the log file durably.
 */
export function startArchiver(options: ArchiverOptions): Archiver {
  let stopping = false;
  let stored: Pick<ArchiveState, "archived" | "last"> = { archived: 0, last: undefined };
  /** Two independent failures: requests that cannot be read, and a file that cannot be stored. */
  let unreadableRequests: ArchiveFailure | undefined;
  let failedFile: ArchiveFailure | undefined;
  let wake = () => {};
  const unwatch = watchDirectory(options.handover, () => wake());

  const state = (): ArchiveState => ({ ...stored, failing: unreadableRequests ?? failedFile });
  const changed = () => options.onChange?.(state());

  async function reply(name: string, result: "done" | "failed", text: string): Promise<void> {
    const place = join(options.handover, name);
    await rm(`${place}.request`, { force: true });
    await writeFile(`${place}.answer`, text, { mode: 0o600 });
    if (options.owner) await chown(`${place}.answer`, options.owner.uid, options.owner.gid);
    await rename(`${place}.answer`, `${place}.${result}`);
  }

  async function archive(name: string): Promise<void> {
    try {
      const content = await readFile(join(options.data, "pg_wal", name));
      await (await options.archive()).store(name, content);
      stored = { archived: stored.archived + 1, last: { name, at: Date.now() } };
      failedFile = undefined;
      await reply(name, "done", "");
    } catch (error) {
      failedFile = failure(name, error, failedFile);
      await reply(name, "failed", `${failedFile.reason}\n`).catch(() => undefined);
    }
    changed();
  }

  /** Names of the log files to archive; empty, with a reported failure, if they cannot be read. */
  async function requests(): Promise<string[]> {
    try {
      const entries = await readdir(options.handover);
      if (unreadableRequests) {
        unreadableRequests = undefined;
        changed();
      }
      const names = entries
        .filter((entry) => entry.endsWith(".request"))
        .map((entry) => entry.slice(0, -".request".length));
      return names.filter((name) => parseLogFile(name)).sort();
    } catch (error) {
      const first = unreadableRequests === undefined;
      unreadableRequests = failure(options.handover, error, unreadableRequests);
      if (first) changed();
      return [];
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      const woken = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_INTERVAL_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      const names = await requests();
      for (const name of names) await archive(name);
      if (names.length > 0) wake();
      await woken;
    }
  }

  const running = run();
  return {
    state,
    async stop() {
      stopping = true;
      wake();
      unwatch();
      await running;
    },
  };
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
