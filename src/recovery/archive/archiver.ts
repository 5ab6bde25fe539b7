import { watch } from "node:fs";
import { chown, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isSystemError } from "../../local/disk-errors.js";
import type { LogArchive } from "./log-archive.js";
import { parseLogFile } from "./segments.js";

/** How archiving stands; `failing` is set from the first refused file until one is stored again. */
export interface ArchiveState {
  readonly archived: number;
  readonly last: { readonly name: string; readonly at: number } | undefined;
  readonly failing: { readonly name: string; readonly since: number; readonly reason: string } | undefined;
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
  let state: ArchiveState = { archived: 0, last: undefined, failing: undefined };
  let wake = () => {};
  const watcher = watch(options.handover, () => wake());
  watcher.on("error", () => undefined);

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
      state = { archived: state.archived + 1, last: { name, at: Date.now() }, failing: undefined };
      await answer(name, "done", "");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      state = { ...state, failing: { name, since: state.failing?.since ?? Date.now(), reason } };
      await answer(name, "failed", `${reason}\n`).catch(() => undefined);
    }
    options.onChange?.(state);
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
      const entries = await readdir(options.handover).catch((error: unknown) => {
        if (isSystemError(error) && error.code === "ENOENT") return [];
        throw error;
      });
      const names = entries
        .filter((entry) => entry.endsWith(".request"))
        .map((entry) => entry.slice(0, -".request".length));
      for (const name of names.sort()) if (parseLogFile(name)) await archive(name);
      if (names.length > 0) wake();
      await woken;
    }
  }

  const running = run();
  return {
    state: () => state,
    async stop() {
      stopping = true;
      wake();
      watcher.close();
      await running;
    },
  };
}
