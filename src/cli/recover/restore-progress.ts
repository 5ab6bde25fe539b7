import { setTimeout as sleep } from "node:timers/promises";
import {
  lastRestoreSchema,
  type RestorePreview,
  type RestoreProgress,
  type RestoreStepName,
} from "../../contracts/restore.js";
import { callControl } from "../../local/control/client.js";
import { formatAge, formatSize } from "../../promises/format.js";
import { coloursFor } from "../terminal/colours.js";
import { printError } from "../terminal/output.js";

const POLL_INTERVAL_MS = 200;
const REQUEST_TIMEOUT_MS = 10_000;

const paint = coloursFor(process.stderr, process.env);

/** What a restore in place does to the running platform, for its confirmation. */
export function consequencesOf({ backup, at, newestData, lostMs, estimate }: RestorePreview, now: number): string[] {
  const state = backup.valid === undefined ? "not verified" : backup.valid ? "verified" : "NOT VALID";
  return [
    `This replaces the database of the running platform by backup ${backup.id} (${state}, ${formatSize(backup.bytes)}, ${ago(backup.finishedAt, now)}) and the archived WAL.`,
    lostMs === 0
      ? "No committed write is lost: the newest WAL is archived first."
      : `Every write after ${new Date(newestData).toISOString()}${at === undefined ? "" : " (--at)"} is lost: the last ${formatAge(lostMs)}.`,
    estimate === undefined
      ? "The platform is unavailable during the restore; the duration is unknown, because no backup was verified yet."
      : `The platform is unavailable for about ${formatAge(estimate.unavailableMs)}, after a preparation of ${formatAge(estimate.preparationMs)} while it serves.`,
    "The previous data directory is kept.",
  ];
}

const STEPS = {
  choose: "choosing the backup",
  fetch: "fetching the backup; the platform still serves",
  archive: "archiving the newest WAL segment",
  stop: "stopping the platform",
  replace: "fetching the WAL and moving the restored data directory into place",
  start: "replaying the WAL and starting the platform",
  "roll-back": "the server could not recover: putting the previous data directory back",
} satisfies Record<RestoreStepName, string>;

/** Prints each step of the restore that starts from now on, until the signal aborts. */
export async function showProgress(control: string, signal: AbortSignal): Promise<void> {
  const since = Date.now();
  let shown = 0;
  const show = ({ startedAt, steps }: RestoreProgress): void => {
    for (const step of steps.slice(shown))
      printError(
        `${paint.dim(`${((step.startedAt - startedAt) / 1000).toFixed(1).padStart(6)} s`)}  ${STEPS[step.name]}\n`,
      );
    shown = steps.length;
  };
  while (!signal.aborted) {
    await sleep(POLL_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    // A poll that fails is repeated: the request that restores reports its own errors.
    const last = await callControl(control, "/restore", lastRestoreSchema, { timeoutMs: REQUEST_TIMEOUT_MS }).catch(
      () => undefined,
    );
    if (last?.restore && last.restore.startedAt >= since) show(last.restore);
  }
}

function ago(at: number, now: number): string {
  return `${formatAge(now - at)} old`;
}
