import { EventEmitter } from "node:events";
import type { RequestedWork } from "../../contracts/backups.js";
import type { RestorePreview } from "../../contracts/restore.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import { archiveCommand } from "../../postgres/archive-script.js";
import type { Server } from "../../postgres/server.js";
import { archiveTimeout } from "../../postgres/settings.js";
import { type ArchiveState, startArchiver } from "../archive/archiver.js";
import { type Backup, type Catalogue, findBackup, readCatalogue } from "../backup/catalogue.js";
import { systemIdentifier } from "../backup/data-directory.js";
import { removeBackup } from "../backup/remove-backup.js";
import { type Scheduler, startScheduler } from "../backup/scheduler.js";
import type { ChosenBackup } from "../restore/choose-backup.js";
import { rollBack } from "../restore/move-into-place.js";
import type { RestoreObserver } from "../restore/progress.js";
import type { RestoreTarget } from "../restore/target.js";
import { completeRestore } from "./after-restore.js";
import { archiveEvents } from "./archive-events.js";
import { AutoRestore, type RestoreRecord } from "./auto-restore.js";
import {
  currentArchive,
  type RecoveryContext,
  type RecoveryEvent,
  type RecoveryEvents,
  type RecoveryOptions,
  serverNotRunning,
} from "./context.js";
import { dueBackup } from "./due.js";
import { type ServiceEvent, type ServiceState, transition } from "./lifecycle.js";
import { previewRestore } from "./preview.js";
import { prepareReplacement, probeArchive, type Replacement } from "./replace.js";
import { RequestedWorkRecorder } from "./requested-work.js";
import { writeSystemId } from "./system-id.js";
import { requireArchive, take, verify } from "./take.js";
import { reportUnusable } from "./unusable.js";
import { WorkQueue } from "./work-queue.js";

export interface RecoveryState {
  readonly service: ServiceState;
  readonly archive: ArchiveState | undefined;
  /** When the next full backup is due, in epoch milliseconds. */
  readonly next: number | undefined;
  /** The work in progress. */
  readonly busy: string | undefined;
  readonly failing: { readonly what: string; readonly since: number; readonly reason: string } | undefined;
  /** The last backup or verification that was requested. */
  readonly requested: RequestedWork | undefined;
}

/** Backups, the log archive and restores of one database, for as long as the platform runs. */
export interface Recovery {
  readonly events: RecoveryEvents;
  /** The server's settings for archiving its log. */
  readonly archive: { readonly command: string; readonly timeoutSeconds: number } | undefined;
  state(): RecoveryState;
  catalogue(): Promise<Catalogue>;
  /** Initialises, keeps or restores the data directory: required before each start of the server. */
  prepare(signal: AbortSignal): Promise<void>;
  /** The server accepts connections: stores its system identifier and schedules the backups. */
  started(server: Server): Promise<void>;
  /** The server did not start. Returns whether `prepare` restores another backup instead of the one that was being replayed. */
  startFailed(error: unknown): Promise<boolean>;
  /** Throws `backup/no-log` and `backup/no-server` if no backup can be taken now. */
  requireBackup(): void;
  take(verify: boolean): Promise<Backup>;
  verify(id: string): Promise<Backup>;
  /** Removes a backup from the repository. */
  remove(id: string): Promise<void>;
  /** See `probeArchive` in replace.ts. */
  probeArchive(timeoutMs: number): Promise<number>;
  /** The last restore that a lost data directory made necessary. */
  lastRestore(): RestoreRecord | undefined;
  /** See `prepareReplacement` in replace.ts. */
  prepareReplacement(chosen: ChosenBackup, target: RestoreTarget, observer: RestoreObserver): Promise<Replacement>;
  /** See `previewRestore` in preview.ts. */
  previewRestore(chosen: ChosenBackup, target: RestoreTarget): Promise<RestorePreview>;
  /** Undoes `Replacement.replace` if the server cannot recover from it. The server must not run. */
  rollBack(kept: string): Promise<void>;
  /** Cancels the work in progress and starts no other; the log is still archived. */
  cancel(): void;
  /** Stops everything, after `cancel` if that was not called. The server must not run. */
  stop(): Promise<void>;
}

export function startRecovery(options: RecoveryOptions): Recovery {
  const { cluster, repository, codec, database } = options;
  const events: RecoveryEvents = new EventEmitter();
  const report = (level: RecoveryEvent["level"], what: string): void => {
    events.emit("event", { at: Date.now(), level, what });
  };
  const archiver = database?.backups.log
    ? startArchiver({
        handover: cluster.run,
        data: cluster.data,
        archive: () => currentArchive(options),
        owner: cluster.user.foreign ? cluster.user : undefined,
        onChange: archiveEvents(report),
      })
    : undefined;
  let service: ServiceState = "new";
  let server: Server | undefined;
  const enter = (event: ServiceEvent): void => {
    service = transition(service, event);
  };
  const queue = new WorkQueue();
  const context: RecoveryContext = {
    ...options,
    queue,
    startedAt: Date.now(),
    archiver,
    report,
    server() {
      const running = context.running();
      if (!running) throw serverNotRunning();
      return running;
    },
    running: () => (service === "running" ? server : undefined),
  };
  const requested = new RequestedWorkRecorder(Date.now);
  const autoRestore = new AutoRestore(context);
  /** The last backup that was requested failed; undefined since one succeeded. */
  let failedRequest: RecoveryState["failing"];
  const scheduler = backupSchedule(context, () => {
    failedRequest = undefined;
  });

  async function prepare(signal: AbortSignal): Promise<void> {
    enter("prepare");
    try {
      await autoRestore.prepare(signal);
    } catch (error) {
      enter("fail");
      throw error;
    }
  }

  async function started(running: Server): Promise<void> {
    server = running;
    enter("started");
    await autoRestore.started();
    await writeSystemId(options.systemIdFile, await systemIdentifier(cluster.data));
    await completeRestore(context);
    void reportUnusable(context);
    // Work that failed because the server was not running is due at once. Not awaited: an unreachable repository must not
    // delay the database.
    void scheduler.reconsider();
  }

  async function takeNow(verified: boolean): Promise<Backup> {
    let taken: Backup;
    try {
      taken = await take(context, verified);
      failedRequest = undefined;
    } catch (error) {
      const reason = messageOf(error);
      if (!isInterruption(error)) {
        failedRequest = { what: "backup", since: failedRequest?.since ?? Date.now(), reason };
        report("error", `the backup failed: ${reason}`);
      }
      throw error;
    }
    // The next scheduled backup is due later.
    await scheduler.reconsider();
    return taken;
  }

  function cancel(): void {
    enter("stop");
    scheduler.stop();
    queue.close("the platform is stopping");
  }

  return {
    events,
    archive:
      archiver && database
        ? { command: archiveCommand(cluster.archiveScript, cluster.run), timeoutSeconds: archiveTimeout(database) }
        : undefined,
    state: () => ({
      service,
      archive: archiver?.state(),
      next: scheduler.next(),
      busy: queue.busy,
      failing: scheduler.failing() ?? failedRequest,
      requested: requested.last,
    }),
    catalogue: () => readCatalogue(repository, codec),
    prepare,
    started,
    startFailed: (error) => autoRestore.startFailed(error),
    requireBackup() {
      requireArchive(context);
      context.server();
    },
    take: (verified) => requested.during({ kind: "backup" }, () => takeNow(verified)),
    verify: (id) => requested.during({ kind: "verification", backup: id }, () => verify(context, id)),
    remove: async (id) => removeBackup(repository, findBackup(await readCatalogue(repository, codec), id)),
    probeArchive: (timeoutMs) => probeArchive(context, timeoutMs),
    lastRestore: () => autoRestore.last,
    prepareReplacement: (chosen, target, observer) => prepareReplacement(context, chosen, target, observer),
    previewRestore: (chosen, target) => previewRestore(context, chosen, target),
    rollBack: (kept) => rollBack(kept, cluster.data),
    cancel,
    async stop() {
      cancel();
      await queue.idle();
      await archiver?.stop();
      enter("stopped");
    },
  };
}

/** The work was cancelled by a restore or the end of the platform: that is no failure of the backup. */
function isInterruption(error: unknown): boolean {
  return error instanceof KeelsonError && (error.code === "recovery/interrupted" || error.code === "platform/stopping");
}

/** Takes the full backups of the platform file's schedule, each verified by a restore. */
function backupSchedule(context: RecoveryContext, onSuccess: () => void): Scheduler {
  const { report } = context;
  return startScheduler({
    what: "backup",
    due: () => dueBackup(context),
    async work() {
      await take(context, true);
      onSuccess();
    },
    onFailure: (reason) => report("error", `the scheduled backup failed: ${reason}`),
  });
}
