import { debugPoint } from "../../disk/debug-point.js";
import { removeTree } from "../../disk/remove-tree.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { probeLog } from "../archive/probe.js";
import { type ChosenBackup, chooseBackup, requirePast } from "../restore/choose-backup.js";
import { moveIntoPlace } from "../restore/move-into-place.js";
import type { RestoreObserver } from "../restore/progress.js";
import { unpackInto } from "../restore/restore.js";
import type { RestoreTarget } from "../restore/target.js";
import { currentArchive, type RecoveryContext } from "./context.js";
import { reportContained } from "./report-contained.js";
import { readSystemId } from "./system-id.js";

/** A backup that is ready to replace the data directory. */
export interface Replacement {
  readonly id: string;
  /** Replaces the data directory, with all of the log. The server must not run. Returns where the old one is kept. */
  replace(): Promise<{ id: string; kept: string | undefined }>;
  /** Removes everything that was prepared. */
  discard(): Promise<void>;
}

/** How long a restore waits until the newest segment of the log is archived. */
export const NEWEST_SEGMENT_TIMEOUT_MS = 10_000;

/** Why running work is cancelled. */
const RESTORING = "the database is being restored";

/**
 * Finds, fetches and checks a backup that is to replace the data directory, while the server keeps running: an invalid
 * request or backup is rejected before anything stops. Throws `backup/unknown`, `restore/too-early`, `restore/future`,
 * `backup/corrupt`, `backup/wrong-key`, `log/gap`, and `log/not-archived` for a time that the log does not reach.
 */
export async function prepareReplacement(
  context: RecoveryContext,
  chosen: ChosenBackup,
  target: RestoreTarget,
  observer: RestoreObserver,
): Promise<Replacement> {
  const { cluster, repository, codec, queue, report } = context;
  observer.step("choose");
  // Before the queue: a backup in progress is not cancelled for a request that is rejected.
  await requirePast(target, Date.now(), async () => Date.now());
  const system = await readSystemId(context.systemIdFile);
  const choice = await chooseBackup(repository, codec, chosen, target, system);
  const { backup, timelines, acceptUnauthenticated } = choice;
  const { manifest } = backup;
  if (manifest.recipient !== null && manifest.recipient !== codec.recipient)
    throw new KeelsonError("backup/wrong-key", `backup ${manifest.id} was encrypted to another identity`, {
      hint: `restore it into a directory with the right identity: keelson restore ${manifest.id} --to DIR --identity FILE`,
    });
  observer.chosen(manifest.id);
  const lag = target.kind === "time" ? await archiveLag(context) : undefined;
  // Not the name that an automatic restore uses: the data directory may be lost meanwhile.
  const fresh = `${cluster.data}.replacement.tmp`;
  queue.interrupt(RESTORING);
  observer.step("fetch");
  const unpacked = await queue.run("unpacking a backup to restore it", async (signal) => {
    await removeTree(fresh);
    return unpackInto(fresh, repository, codec, backup, {
      ...{ user: cluster.user, target, signal, lag, acceptUnauthenticated, timelines },
      onFetched: observer.fetched.bind(observer),
    });
  });
  debugPoint("restore/unpacked");
  return {
    id: manifest.id,
    replace() {
      // Work that needs the server cannot succeed while it is stopped.
      queue.interrupt(RESTORING);
      return queue.run("restoring", async () => {
        reportContained(report, await unpacked.complete());
        return { id: manifest.id, kept: await moveIntoPlace(fresh, cluster.data) };
      });
    },
    discard: unpacked.discard,
  };
}

/**
 * Writes a restore point, switches the WAL segment and waits until the repository has it. Returns the milliseconds that it
 * took. Throws `backup/no-server`, and `log/not-archived` after the timeout.
 */
export async function probeArchive(context: RecoveryContext, timeoutMs: number): Promise<number> {
  const server = context.server();
  const { archiver } = context;
  if (!archiver)
    throw new KeelsonError("log/not-archived", "the platform file declares no log for the database's backups");
  return probeLog(server, await currentArchive(context), timeoutMs, () => archiver.state().failing?.reason);
}

/** Archives the log up to now. Returns why that is impossible; undefined also for a server that is not running. */
async function archiveLag(context: RecoveryContext): Promise<string | undefined> {
  try {
    await probeArchive(context, NEWEST_SEGMENT_TIMEOUT_MS);
    return undefined;
  } catch (error) {
    return error instanceof KeelsonError && error.code === "log/not-archived" ? error.message : undefined;
  }
}
