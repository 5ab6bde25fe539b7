import type { RestorePreview } from "../../contracts/restore.js";
import { segmentFetch } from "../../promises/facts/stores.js";
import { logArchive } from "../archive/log-archive.js";
import { type Backup, readCatalogue } from "../backup/catalogue.js";
import { type ChosenBackup, chooseBackup, requirePast } from "../restore/choose-backup.js";
import { requireLog } from "../restore/fetch-log.js";
import type { RestoreTarget } from "../restore/target.js";
import type { RecoveryContext } from "./context.js";
import { readSystemId } from "./system-id.js";

/**
 * What a restore in place would do now, without fetching or stopping anything. Throws the errors of the request itself:
 * `backup/unknown`, `restore/too-early`, `restore/future`, `log/gap`.
 */
export async function previewRestore(
  context: RecoveryContext,
  chosen: ChosenBackup,
  target: RestoreTarget,
): Promise<RestorePreview> {
  const now = Date.now();
  await requirePast(target, now, async () => now);
  const { repository, codec } = context;
  const choice = await chooseBackup(repository, codec, chosen, target, await readSystemId(context.systemIdFile));
  const { backup, timelines, acceptUnauthenticated } = choice;
  const { manifest, verification } = backup;
  const log = await requireLog(logArchive(repository, codec, manifest.system), manifest, target, {
    acceptUnauthenticated,
    timelines,
  });
  const newestData = target.kind === "time" ? target.at : newestArchived(context, now);
  const estimate = estimated(backup, (await readCatalogue(repository, codec)).backups, log.files.length);
  return {
    backup: {
      id: manifest.id,
      finishedAt: manifest.finishedAt,
      size: manifest.size,
      bytes: manifest.base.bytes,
      ...(verification && { valid: verification.valid }),
    },
    ...(target.kind === "time" && { at: target.at }),
    newestData,
    lostMs: Math.max(0, now - newestData),
    ...(estimate && { estimate }),
  };
}

/** Before the platform stops, its newest segment is archived, so that nothing is lost; unless archiving fails. */
function newestArchived({ archiver }: RecoveryContext, now: number): number {
  const state = archiver?.state();
  return state?.failing === undefined ? now : (state.last?.at ?? state.failing.since);
}

/** From what the verification of this backup measured, or else that of the newest verified one, by its size. */
function estimated(backup: Backup, all: readonly Backup[], segments: number): RestorePreview["estimate"] {
  const own = backup.verification?.valid ? backup : undefined;
  const measured = own ?? all.findLast(({ verification }) => verification?.valid === true);
  if (measured?.verification === undefined) return undefined;
  const scale = backup.manifest.size / Math.max(1, measured.manifest.size);
  const { restoreMs, replayMs } = measured.verification;
  return {
    preparationMs: Math.round(restoreMs * scale),
    unavailableMs: Math.round(replayMs + segments * segmentFetch.embedded.value),
    measuredOn: measured.manifest.id,
  };
}
