import { EventEmitter } from "node:events";
import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { writeAtomically } from "../disk/atomic-file.js";
import { readIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import type { Database } from "../plan/plan.js";
import { archiveCommand } from "../postgres/archive-script.js";
import { type Cluster, initialise, isInitialised, removeLeftovers } from "../postgres/cluster.js";
import type { Server } from "../postgres/server.js";
import { archiveTimeout } from "../postgres/settings.js";
import { type Archiver, type ArchiveState, startArchiver } from "./archive/archiver.js";
import { logArchive } from "./archive/log-archive.js";
import { probeLog } from "./archive/probe.js";
import { type Backup, backupPrefix, type Catalogue, findBackup, readCatalogue } from "./backup/catalogue.js";
import { systemIdentifier } from "./backup/data-directory.js";
import { prune } from "./backup/retention.js";
import { nextBackup } from "./backup/schedule.js";
import { startScheduler } from "./backup/scheduler.js";
import { takeBackup } from "./backup/take-backup.js";
import { decideDatabase } from "./decide-database.js";
import type { Repository } from "./repository/repository.js";
import { backupFor, requirePast } from "./restore/choose-backup.js";
import { forgetRecovery, restoreInto, unpackInto } from "./restore/restore.js";
import type { RestoreTarget } from "./restore/target.js";
import { verifyBackup } from "./restore/verify.js";
import type { Seal } from "./seal.js";
import { WorkQueue } from "./work-queue.js";

export interface RecoveryOptions {
  readonly platform: string;
  /** What the plan says of the database; undefined: nothing is backed up by itself. */
  readonly database: Database | undefined;
  readonly cluster: Cluster;
  readonly repository: Repository;
  readonly seal: Seal;
  /** Remembers which database lives here. */
  readonly memory: string;
}

export interface RecoveryEvent {
  readonly at: number;
  readonly level: "info" | "warning" | "error";
  readonly what: string;
}

export interface RecoveryState {
  readonly archive: ArchiveState | undefined;
  /** When the next whole copy is due, epoch milliseconds. */
  readonly next: number | undefined;
  /** What is being done now. */
  readonly busy: string | undefined;
  readonly failing: { readonly what: string; readonly since: number; readonly reason: string } | undefined;
}

/** A restore that the platform made by itself. Times are epoch milliseconds. */
export interface RestoreRecord {
  readonly backup: string;
  /** Backups that were tried before it and could not be read. */
  readonly triedInVain: readonly string[];
  readonly begun: number;
  /** The files are in place; the server replays the log from here on. */
  readonly unpacked: number;
  /** The server accepts connections again; undefined while it replays. */
  readonly ready: number | undefined;
  /** Bytes of the data directory. */
  readonly bytes: number;
}

/** Backups, the log archive and restores of one database, for as long as the platform runs. */
export interface Recovery {
  readonly events: EventEmitter<{ event: [RecoveryEvent] }>;
  /** What the server is to be started with so that its log is archived. */
  readonly archive: { readonly command: string; readonly timeoutSeconds: number } | undefined;
  state(): RecoveryState;
  catalogue(): Promise<Catalogue>;
  /** Makes, keeps or restores the data directory: what a start of the server needs first. */
  prepare(signal: AbortSignal): Promise<void>;
  /** The server is up: remember it, and begin with the scheduled copies. */
  started(server: Server): Promise<void>;
  take(verify: boolean): Promise<Backup>;
  verify(id: string): Promise<Backup>;
  /** Takes a backup out of the catalogue and the repository. */
  remove(id: string): Promise<void>;
  /**
   * Writes something, closes the log's segment, and waits until the repository has it. Milliseconds that it took;
   * throws `log/not-archived` when it takes longer than `patience`.
   */
  probeArchive(patience: number): Promise<number>;
  /** The last restore that a loss of the data directory made necessary. */
  lastRestore(): RestoreRecord | undefined;
  /**
   * Finds, fetches and checks a backup that is to take the place of the data directory. The server keeps running: whatever
   * is wrong with the wish or with the backup is told before anything is stopped. Throws `backup/unknown`,
   * `restore/too-early`, `restore/future`, `backup/corrupt`, `backup/wrong-key`, `log/gap`, and `log/not-archived` for a
   * moment that the log does not reach.
   */
  prepareReplacement(id: string, target: RestoreTarget): Promise<Replacement>;
  /** Undoes `replace` when the server cannot recover from what was restored. The server must be away. */
  putBack(kept: string): Promise<void>;
  /** Gives up what is under way and begins nothing new; the log is still archived. */
  cancel(): void;
  /** After `cancel`, once the server is away. */
  stop(): Promise<void>;
}

/** A backup that is ready to take the place of the data directory. */
export interface Replacement {
  readonly id: string;
  /** Does it, with all of the log. The server must be away; what was there is kept aside. */
  replace(): Promise<{ id: string; kept: string | undefined }>;
  /** Gives it up: nothing of it is left. */
  discard(): Promise<void>;
}

/** Milliseconds that the restore of a moment waits for the newest segment of the log to be stored. */
const newestSegmentPatience = 10_000;

const memorySchema = z.object({ system: z.string() });

function noServer(): KeelsonError {
  return new KeelsonError("backup/no-server", "the database is not running");
}

export function startRecovery(options: RecoveryOptions): Recovery {
  const { cluster, repository, seal, database } = options;
  const events = new EventEmitter<{ event: [RecoveryEvent] }>();
  const scratch = dirname(cluster.data);
  const owner = cluster.user.foreign ? cluster.user : undefined;
  const schedule = database?.backups.full;
  const queue = new WorkQueue();
  let archiver: Archiver | undefined;
  let server: Server | undefined;
  let cleared = false;
  let restored: RestoreRecord | undefined;
  const failed: string[] = [];

  const tell = (level: RecoveryEvent["level"], what: string) => events.emit("event", { at: Date.now(), level, what });

  if (database?.backups.log) {
    let wasFailing = false;
    archiver = startArchiver({
      handover: cluster.run,
      data: cluster.data,
      archive: async () => logArchive(repository, seal, await systemIdentifier(cluster.data)),
      owner,
      onChange({ failing: now }) {
        if (now && !wasFailing) tell("error", `the log is not archived: ${now.reason}`);
        if (!now && wasFailing) tell("info", "the log is archived again");
        wasFailing = now !== undefined;
      },
    });
  }

  async function known(): Promise<string | undefined> {
    const text = await readIfPresent(options.memory);
    return text === undefined ? undefined : memorySchema.parse(JSON.parse(text)).system;
  }

  async function prepare(signal: AbortSignal): Promise<void> {
    // Once: later on a `.tmp` may be a restore that is being proven while the server starts again.
    if (!cleared) await removeLeftovers(scratch);
    cleared = true;
    for (;;) {
      const present = await isInitialised(cluster);
      const system = await known();
      const backups = present || system === undefined ? [] : (await readCatalogue(repository)).backups;
      const decision = decideDatabase({ present, known: system, backups, failed });
      switch (decision.action) {
        case "start":
          return;
        case "initialise":
          return initialise(cluster);
        case "refuse":
          throw new KeelsonError("database/lost", `the database is lost: ${decision.reason}`, {
            hint: `to begin with an empty one: rm ${options.memory}`,
          });
        case "restore": {
          const { id } = decision.backup.manifest;
          tell("warning", `${decision.reason}: restoring it`);
          const begun = Date.now();
          try {
            await intoPlace(decision.backup, { kind: "latest" }, signal);
            const { size } = decision.backup.manifest;
            restored = {
              backup: id,
              triedInVain: [...failed],
              begun,
              unpacked: Date.now(),
              ready: undefined,
              bytes: size,
            };
            tell("info", `restored the files of backup ${id}; the log since is replayed next`);
          } catch (error) {
            signal.throwIfAborted();
            if (!(error instanceof KeelsonError && /^(backup|log)\//.test(error.code))) throw error;
            failed.push(id);
            tell("error", `backup ${id} cannot be restored: ${error.message}`);
          }
        }
      }
    }
  }

  async function intoPlace({ manifest }: Backup, target: RestoreTarget, signal: AbortSignal): Promise<void> {
    const fresh = `${cluster.data}.restored.tmp`;
    await rm(fresh, { recursive: true, force: true });
    await restoreInto(fresh, repository, seal, manifest, { user: cluster.user, target, signal });
    await putInPlace(fresh);
  }

  /** Where the data directory that made way is kept. */
  async function putInPlace(fresh: string): Promise<string | undefined> {
    const aside = `${cluster.data}.before-${new Date().toISOString().replace(/[-:.]/g, "")}`;
    const kept = await rename(cluster.data, aside).then(
      () => aside,
      () => undefined,
    );
    await rename(fresh, cluster.data);
    return kept;
  }

  /** Has the log up to now stored. Why it cannot be, if so; a server that is away has no more of it to give. */
  async function lagOfArchive(): Promise<string | undefined> {
    try {
      await probeArchive(newestSegmentPatience);
      return undefined;
    } catch (error) {
      return error instanceof KeelsonError && error.code === "log/not-archived" ? error.message : undefined;
    }
  }

  async function prepareReplacement(id: string, target: RestoreTarget): Promise<Replacement> {
    // Before the queue, in which a backup may be under way: it is not given up for a wish that cannot be met.
    await requirePast(target, Date.now(), async () => Date.now());
    const { manifest } = backupFor(await readCatalogue(repository), id, target);
    if (manifest.recipient !== null && manifest.recipient !== seal.recipient)
      throw new KeelsonError("backup/wrong-key", `backup ${manifest.id} was encrypted to another identity`, {
        hint: `restore it aside with the right one: keelson restore ${manifest.id} --to DIR --identity FILE`,
      });
    const lag = target.kind === "time" ? await lagOfArchive() : undefined;
    // A name of its own: the other one is used when the data directory is lost, which may happen meanwhile.
    const fresh = `${cluster.data}.replacement.tmp`;
    queue.interrupt("the database is being restored");
    const unpacked = await queue.run("unpacking a backup to restore it", async (signal) => {
      await rm(fresh, { recursive: true, force: true });
      return unpackInto(fresh, repository, seal, manifest, { user: cluster.user, target, signal, lag });
    });
    return {
      id: manifest.id,
      replace() {
        // Nothing can be copied from a server that is away, nor need it be.
        queue.interrupt("the database is being restored");
        return queue.run("restoring", async () => {
          await unpacked.complete();
          return { id: manifest.id, kept: await putInPlace(fresh) };
        });
      },
      discard: unpacked.discard,
    };
  }

  async function remember(system: string): Promise<void> {
    await writeAtomically(options.memory, `${JSON.stringify({ system })}\n`);
  }

  async function take(verify: boolean): Promise<Backup> {
    if (!archiver)
      throw new KeelsonError("backup/no-log", "the platform file declares no log for the database's backups");
    const taken = await queue.run("taking a backup", async (signal, rename) => {
      if (!server) throw noServer();
      const from = { platform: options.platform, server, data: cluster.data };
      const manifest = await takeBackup(from, repository, seal, { now: Date.now, signal });
      tell("info", `backup ${manifest.id} is stored`);
      if (!verify) return { manifest, verification: undefined };
      rename(`restoring backup ${manifest.id} to prove it`);
      const proven = await check({ manifest, verification: undefined }, signal);
      await removeExpired();
      return proven;
    });
    // The scheduled one is due later now.
    await scheduler.reconsider();
    return taken;
  }

  async function check({ manifest }: Backup, signal: AbortSignal): Promise<Backup> {
    const verification = await verifyBackup(repository, seal, manifest, { scratch, now: Date.now, signal });
    if (verification.valid) tell("info", `backup ${manifest.id} was restored and is valid`);
    else tell("error", `backup ${manifest.id} is not valid: ${verification.findings.join("; ")}`);
    return { manifest, verification };
  }

  async function removeExpired(): Promise<void> {
    if (!schedule || !database?.backups.log) return;
    const system = await systemIdentifier(cluster.data);
    const { backups } = await readCatalogue(repository);
    const log = await logArchive(repository, seal, system).list();
    const own = backups.filter((backup) => backup.manifest.system === system);
    const gone = prune(own, log, { full: schedule.keep, log: database.backups.log.keep }, Date.now());
    for (const { backup } of gone.backups) await removeBackup(backup);
    for (const { file } of gone.log) await repository.remove(file.object);
    if (gone.backups.length + gone.log.length > 0)
      tell("info", `removed ${gone.backups.length} expired backups and ${gone.log.length} files of the log`);
  }

  async function removeBackup({ manifest }: Backup): Promise<void> {
    const objects = await repository.list(backupPrefix(manifest));
    // The manifest first: it must not speak of what has gone.
    const isManifest = (name: string) => Number(name.endsWith("/manifest.json"));
    for (const object of objects.sort((a, b) => isManifest(b.name) - isManifest(a.name)))
      await repository.remove(object.name);
  }

  async function probeArchive(patience: number): Promise<number> {
    if (!server) throw noServer();
    if (!archiver)
      throw new KeelsonError("log/not-archived", "the platform file declares no log for the database's backups");
    const archive = logArchive(repository, seal, await systemIdentifier(cluster.data));
    return probeLog(server, archive, patience, () => archiver?.state().failing?.reason);
  }

  const scheduler = startScheduler({
    what: "backup",
    async due() {
      if (!schedule || !archiver) return undefined;
      const system = (await isInitialised(cluster)) ? await systemIdentifier(cluster.data) : undefined;
      const own = (await readCatalogue(repository)).backups.filter((backup) => backup.manifest.system === system);
      return nextBackup(schedule, own.at(-1)?.manifest.startedAt, Date.now());
    },
    async work() {
      await take(true);
    },
    onFailure: (reason) => tell("error", `the scheduled backup failed: ${reason}`),
  });

  function cancel(): void {
    scheduler.stop();
    queue.close("the platform is ending");
  }

  return {
    events,
    archive:
      archiver && database
        ? { command: archiveCommand(cluster.archiveScript, cluster.run), timeoutSeconds: archiveTimeout(database) }
        : undefined,
    state: () => ({
      archive: archiver?.state(),
      next: scheduler.next(),
      busy: queue.busy,
      failing: scheduler.failing(),
    }),
    catalogue: () => readCatalogue(repository),
    prepare,
    async started(running) {
      server = running;
      if (restored && restored.ready === undefined) restored = { ...restored, ready: Date.now() };
      failed.length = 0;
      await remember(await systemIdentifier(cluster.data));
      await forgetRecovery(cluster.data);
      // What failed because the server was away is tried again soon, not after the wait. Nobody waits for it: a place of the
      // backups that does not answer must not keep the database away.
      void scheduler.reconsider();
    },
    take,
    verify: (id) =>
      queue.run("restoring a backup to prove it", async (signal) =>
        check(findBackup(await readCatalogue(repository), id), signal),
      ),
    remove: async (id) => removeBackup(findBackup(await readCatalogue(repository), id)),
    probeArchive,
    lastRestore: () => restored,
    prepareReplacement,
    async putBack(kept) {
      await rename(cluster.data, `${kept}.not-recovered`);
      await rename(kept, cluster.data);
      await rm(`${kept}.not-recovered`, { recursive: true, force: true });
    },
    cancel,
    async stop() {
      cancel();
      await queue.idle();
      await archiver?.stop();
    },
  };
}
