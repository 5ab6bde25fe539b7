import { rm } from "node:fs/promises";
import type { ErrorCode } from "../../errors/catalogue.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { initialise, isInitialised, removeLeftovers } from "../../postgres/cluster.js";
import { type Backup, readCatalogue } from "../backup/catalogue.js";
import { moveIntoPlace } from "../restore/move-into-place.js";
import { restoreInto } from "../restore/restore.js";
import { type RecoveryContext, scratchDirectory } from "./context.js";
import { decideDatabase } from "./decide-database.js";
import { readSystemId } from "./system-id.js";

/** A restore that a lost data directory made necessary. Times are epoch milliseconds. */
export interface RestoreRecord {
  readonly backup: string;
  /** Backups that could not be restored before this one. */
  readonly failedBackups: readonly string[];
  readonly startedAt: number;
  /** The files are in place; the server replays the log from here on. */
  readonly unpackedAt: number;
  /** The server accepts connections again; undefined while it replays. */
  readonly readyAt: number | undefined;
  /** Bytes of the data directory. */
  readonly bytes: number;
}

/** Errors that say nothing about a backup. */
const UNRELATED: ReadonlySet<ErrorCode> = new Set([
  "backup/bucket",
  "disk/full",
  "data/unwritable",
  "file/unreadable",
  "postgres/no-user",
]);

/** Prepares the data directory before each start of the server: keeps, initialises or restores it. */
export class AutoRestore {
  readonly #context: RecoveryContext;
  /** Backups that could not be restored since the server last ran. */
  readonly #failedBackups: string[] = [];
  #leftoversRemoved = false;
  #last: RestoreRecord | undefined;

  constructor(context: RecoveryContext) {
    this.#context = context;
  }

  /** The last restore that a lost data directory made necessary. */
  get last(): RestoreRecord | undefined {
    return this.#last;
  }

  /** Throws `database/lost` if the data directory is lost and no backup can be restored. */
  async prepare(signal: AbortSignal): Promise<void> {
    const { cluster, repository, codec, systemIdFile } = this.#context;
    // Once: a `.tmp` of later is a backup that is being verified while the server restarts.
    if (!this.#leftoversRemoved) await removeLeftovers(scratchDirectory(this.#context));
    this.#leftoversRemoved = true;
    for (;;) {
      const present = await isInitialised(cluster);
      const system = await readSystemId(systemIdFile);
      const backups = present || system === undefined ? [] : (await readCatalogue(repository, codec)).backups;
      const decision = decideDatabase({ present, system, backups, failed: this.#failedBackups });
      switch (decision.action) {
        case "start":
          return;
        case "initialise":
          return initialise(cluster);
        case "refuse":
          // The next start tries every backup again: the failure may have been one of this machine.
          this.#failedBackups.length = 0;
          throw new KeelsonError("database/lost", `the database is lost: ${decision.reason}`, {
            hint: `to start with an empty database: rm ${systemIdFile}`,
          });
        case "restore":
          this.#context.report("warning", `${decision.reason}: restoring it`);
          await this.#restore(decision.backup, signal);
      }
    }
  }

  /** The server runs: earlier failures no longer count. */
  started(): void {
    if (this.#last && this.#last.readyAt === undefined) this.#last = { ...this.#last, readyAt: Date.now() };
    this.#failedBackups.length = 0;
  }

  async #restore(backup: Backup, signal: AbortSignal): Promise<void> {
    const { manifest } = backup;
    const { cluster, repository, codec, report } = this.#context;
    const fresh = `${cluster.data}.restored.tmp`;
    const startedAt = Date.now();
    try {
      await rm(fresh, { recursive: true, force: true });
      await restoreInto(fresh, repository, codec, backup, { user: cluster.user, target: { kind: "latest" }, signal });
      await moveIntoPlace(fresh, cluster.data);
    } catch (error) {
      signal.throwIfAborted();
      // Another backup is in the same repository, and is unpacked to the same disk.
      if (!(error instanceof KeelsonError) || UNRELATED.has(error.code)) throw error;
      this.#failedBackups.push(manifest.id);
      report("error", `backup ${manifest.id} cannot be restored: ${error.message}`);
      return;
    }
    this.#last = {
      backup: manifest.id,
      failedBackups: [...this.#failedBackups],
      startedAt,
      unpackedAt: Date.now(),
      readyAt: undefined,
      bytes: manifest.size,
    };
    report("info", `restored the files of backup ${manifest.id}; replaying the log`);
  }
}
