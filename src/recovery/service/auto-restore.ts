import { rm } from "node:fs/promises";
import { writeAtomically } from "../../disk/atomic-file.js";
import { claimMountPoint, isMountPoint, removeStaged, stagingPlace } from "../../disk/mount-point.js";
import { readIfPresent } from "../../disk/read.js";
import { removeTree } from "../../disk/remove-tree.js";
import type { ErrorCode } from "../../errors/catalogue.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { initialise, isInitialised, removeLeftovers } from "../../postgres/cluster.js";
import { logArchive } from "../archive/log-archive.js";
import { type Backup, readCatalogue, usable } from "../backup/catalogue.js";
import { trusted } from "../restore/fetch-log.js";
import { moveIntoPlace, removeDatabase, undoInterrupted } from "../restore/move-into-place.js";
import { restoreInto } from "../restore/restore.js";
import { readTimelines, type Timeline } from "../restore/timelines.js";
import { type RecoveryContext, scratchDirectory } from "./context.js";
import { type DatabaseSituation, decideDatabase } from "./decide-database.js";
import { reportContained } from "./report-contained.js";
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
    const { cluster, systemIdFile, report } = this.#context;
    // Once: a `.tmp` of later is a backup that is being verified while the server restarts.
    if (!this.#leftoversRemoved) {
      await removeLeftovers(scratchDirectory(this.#context));
      await removeStaged(cluster.data);
      const previous = await undoInterrupted(cluster.data);
      if (previous)
        report("warning", `a restore was interrupted: the previous database is back in place (${previous})`);
    }
    this.#leftoversRemoved = true;
    for (;;) {
      const present = await isInitialised(cluster);
      const system = await readSystemId(systemIdFile);
      const stored = present || system === undefined ? NOTHING : await this.#stored(system);
      const decision = decideDatabase({ present, system, ...stored, failed: this.#failedBackups });
      switch (decision.action) {
        case "start":
          return;
        case "initialise":
          return initialise(cluster);
        case "refuse":
          // The next start tries every backup again: the failure may have been one of this machine.
          this.#failedBackups.length = 0;
          throw new KeelsonError("database/lost", `the database is lost: ${decision.reason}`, {
            hint: `if its backups are in another place: --backups PLACE; only to give up its data and start with an empty database: rm ${systemIdFile}`,
          });
        case "restore":
          report("warning", `${decision.reason}: restoring it`);
          await this.#restore(decision.backup, stored.timelines, signal);
      }
    }
  }

  /** The server runs: earlier failures no longer count. */
  async started(): Promise<void> {
    await rm(this.#note, { force: true });
    if (this.#last && this.#last.readyAt === undefined) this.#last = { ...this.#last, readyAt: Date.now() };
    this.#failedBackups.length = 0;
  }

  /**
   * The server did not start. If it was replaying the log of a restored backup, that backup cannot be restored: its copy is removed,
   * and the next `prepare` restores another one. Returns whether that is the case.
   */
  async startFailed(error: unknown): Promise<boolean> {
    const { cluster, report } = this.#context;
    const backup = await readIfPresent(this.#note);
    if (backup === undefined || !(error instanceof KeelsonError) || error.code !== "postgres/start") return false;
    // A port that another program took meanwhile is no defect of the backup.
    if (/TCP\/IP|could not bind/.test(error.message)) return false;
    report("error", `backup ${backup} cannot be restored: ${error.message}`);
    this.#failedBackups.push(backup);
    this.#last = undefined;
    await removeDatabase(cluster.data);
    await rm(this.#note, { force: true });
    return true;
  }

  /** Contains the id of the backup whose log the server is replaying, also after a crash of Keelson. */
  get #note(): string {
    return `${this.#context.systemIdFile}.restoring`;
  }

  /** The backups of the database, and the timelines in its WAL archive. */
  async #stored(system: string): Promise<Pick<DatabaseSituation, "backups" | "timelines">> {
    const { repository, codec } = this.#context;
    const { backups } = await readCatalogue(repository, codec);
    const own = usable(backups).filter(({ manifest }) => manifest.system === system);
    const archive = logArchive(repository, codec, system);
    const timelines = await readTimelines(archive, trusted(await archive.list(), false), own);
    return { backups, timelines };
  }

  async #restore(backup: Backup, timelines: readonly Timeline[], signal: AbortSignal): Promise<void> {
    const { manifest } = backup;
    const { cluster, repository, codec, report } = this.#context;
    const fresh = await stagingPlace(cluster.data, "restored.tmp");
    const startedAt = Date.now();
    try {
      if (await isMountPoint(cluster.data)) await claimMountPoint(cluster.data);
      await removeTree(fresh);
      const options = { user: cluster.user, target: { kind: "latest" }, signal, timelines } as const;
      reportContained(report, await restoreInto(fresh, repository, codec, backup, options));
      await writeAtomically(this.#note, manifest.id);
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

const NOTHING: Pick<DatabaseSituation, "backups" | "timelines"> = { backups: [], timelines: [] };
