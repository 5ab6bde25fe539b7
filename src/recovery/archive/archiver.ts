import { watch } from "node:fs";
import { chown, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../errors/thrown.js";
import type { LogArchive } from "./log-archive.js";
import { parseLogFile } from "./segments.js";

/** What does not work: `name` is the log file that could not be stored, or the directory that could not be read. */
export interface ArchiveFailure {
  readonly name: string;
  /** Epoch milliseconds of the first failure in a row. */
  readonly since: number;
  readonly reason: string;
}

/**
 * How archiving stands; `failing` is set from the first refused file until one is stored again, and while the server's
 * requests cannot be read.
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
  /** The hand-over directory, which the server's `archive_command` writes its requests into. */
  readonly handover: string;
  /** The server's data directory. */
  readonly data: string;
  /** The archive of whichever system the data directory holds now; asked anew for each file. */
  readonly archive: () => Promise<LogArchive>;
  /** Owner of the answers, when the server runs as somebody else. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly onChange?: (state: ArchiveState) => void;
}

/** How often the directory is looked at even when the file system reports nothing. */
const POLL = 500;

/**
 * Answers the server's requests to archive finished log files. The server keeps each file until its command succeeds,
 * the command succeeds only on our `.done`, and `.done` is written only after the repository holds the file for good.
 */
export function startArchiver(options: ArchiverOptions): Archiver {
  let stopping = false;
  let stored: Pick<ArchiveState, "archived" | "last"> = { archived: 0, last: undefined };
  /** Two things can fail, and each ends by itself: requests that cannot be read, a file that cannot be stored. */
  let unread: ArchiveFailure | undefined;
  let refused: ArchiveFailure | undefined;
  let wake = () => {};
  const unwatch = watchOver(options.handover, () => wake());

  const state = (): ArchiveState => ({ ...stored, failing: unread ?? refused });
  const changed = () => options.onChange?.(state());

  async function answer(name: string, word: "done" | "failed", text: string): Promise<void> {
    const place = join(options.handover, name);
    await rm(`${place}.request`, { force: true });
    await writeFile(`${place}.answer`, text, { mode: 0o600 });
    if (options.owner) await chown(`${place}.answer`, options.owner.uid, options.owner.gid);
    await rename(`${place}.answer`, `${place}.${word}`);
  }

  async function archive(name: string): Promise<void> {
    try {
      const content = await readFile(join(options.data, "pg_wal", name));
      await (await options.archive()).store(name, content);
      stored = { archived: stored.archived + 1, last: { name, at: Date.now() } };
      refused = undefined;
      await answer(name, "done", "");
    } catch (error) {
      refused = failure(name, error, refused);
      await answer(name, "failed", `${refused.reason}\n`).catch(() => undefined);
    }
    changed();
  }

  /** Names of the log files that the server waits for; none, and a failure that is told, when they cannot be read. */
  async function requests(): Promise<string[]> {
    try {
      const entries = await readdir(options.handover);
      if (unread) {
        unread = undefined;
        changed();
      }
      const names = entries
        .filter((entry) => entry.endsWith(".request"))
        .map((entry) => entry.slice(0, -".request".length));
      return names.filter((name) => parseLogFile(name)).sort();
    } catch (error) {
      const first = unread === undefined;
      unread = failure(options.handover, error, unread);
      if (first) changed();
      return [];
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      const woken = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL);
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

/** Watching only makes it faster: where it cannot be done, or breaks, the polling finds everything. */
function watchOver(directory: string, onChange: () => void): () => void {
  try {
    const watcher = watch(directory, onChange);
    watcher.on("error", () => undefined);
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}
