import { throwAfterCleanup } from "../../errors/cleanup.js";
import type { Milliseconds } from "../../plan/plan.js";
import type { ChosenBackup } from "../../recovery/restore/choose-backup.js";
import type { RestoreObserver } from "../../recovery/restore/progress.js";
import type { RestoreTarget } from "../../recovery/restore/target.js";
import type { Recovery } from "../../recovery/service/recovery.js";
import { NEWEST_SEGMENT_TIMEOUT_MS, type Replacement } from "../../recovery/service/replace.js";
import type { Supervisor } from "../supervisor.js";
import { waitUntilReady } from "../wait-until-ready.js";

/** Time for the previous database, after it is put back, until every process is ready. */
export const ROLLED_BACK_READY_TIMEOUT_MS: Milliseconds = 120_000;

/** The part of a platform whose database is replaced. */
export interface ReplaceablePlatform {
  readonly recovery: Pick<Recovery, "prepareReplacement" | "probeArchive" | "rollBack">;
  readonly supervisor: Pick<Supervisor, "whileStopped" | "whenReady" | "events">;
}

/**
 * Replaces the database by a backup. The backup is located, fetched and verified while the platform serves: a restore that
 * cannot succeed stops nothing. If the server cannot recover from the restored files, the previous database is put back, and
 * the error of the server is thrown.
 */
export async function replaceDatabase(
  { recovery, supervisor }: ReplaceablePlatform,
  chosen: ChosenBackup,
  target: RestoreTarget,
  observer: RestoreObserver,
): Promise<{ readonly id: string; readonly kept: string | undefined; readonly tookMs: Milliseconds }> {
  const startedAt = performance.now();
  const replacement = await recovery.prepareReplacement(chosen, target, observer);
  const done = await replaceStopped(recovery, supervisor, replacement, observer).catch((error: unknown) =>
    throwAfterCleanup(error, () => replacement.discard()),
  );
  observer.step("start");
  try {
    await waitUntilReady(supervisor, () => undefined, undefined);
  } catch (error) {
    const { kept } = done;
    if (kept === undefined) throw error;
    observer.step("roll-back");
    await throwAfterCleanup(error, async () => {
      await supervisor.whileStopped(() => recovery.rollBack(kept));
      await supervisor.whenReady(AbortSignal.timeout(ROLLED_BACK_READY_TIMEOUT_MS));
    });
  }
  return { ...done, tookMs: Math.round(performance.now() - startedAt) };
}

async function replaceStopped(
  recovery: ReplaceablePlatform["recovery"],
  supervisor: ReplaceablePlatform["supervisor"],
  replacement: Replacement,
  observer: RestoreObserver,
): Promise<{ readonly id: string; readonly kept: string | undefined }> {
  // The newest writes are in a WAL segment that is not full. It is archived first, so that a restore can reach the last seconds.
  // A lost database cannot archive it; then the archive is all that remains.
  observer.step("archive");
  await recovery.probeArchive(NEWEST_SEGMENT_TIMEOUT_MS).catch(() => undefined);
  observer.step("stop");
  return supervisor.whileStopped(() => {
    observer.step("replace");
    return replacement.replace();
  });
}
