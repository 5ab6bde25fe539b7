import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readdirIfPresent, statIfPresent } from "../../disk/read.js";
import { removeReplayedLog } from "../restore/restore.js";
import { LOG_DIRECTORY } from "../restore/restored-settings.js";
import { currentArchive, type RecoveryContext } from "./context.js";

/** How long a restored server waits until its history is archived. */
const HISTORY_TIMEOUT_MS = 10_000;

/**
 * Completes a restore once the server has replayed the log. Waits until the history of the new timeline is archived: without
 * it, another loss at this moment would be restored from the timeline that this restore has left, with what it has discarded.
 */
export async function completeRestore(context: RecoveryContext): Promise<void> {
  const { cluster, archiver, report } = context;
  if ((await statIfPresent(join(cluster.data, LOG_DIRECTORY))) === undefined) return;
  const history = await newestHistory(cluster.data);
  if (archiver && history !== undefined) {
    const archive = await currentArchive(context).catch(() => undefined);
    const archived = async () => (await archive?.has(history).catch(() => false)) ?? false;
    const end = performance.now() + HISTORY_TIMEOUT_MS;
    while (!(await archived()) && performance.now() < end && archiver.state().failing === undefined) await sleep(50);
    if (!(await archived()))
      report(
        "warning",
        `${history} is not archived yet: until then a loss is restored to the state before this restore`,
      );
  }
  await removeReplayedLog(cluster.data);
}

/** The name of the history file of the timeline that the server has started. */
async function newestHistory(data: string): Promise<string | undefined> {
  const names = ((await readdirIfPresent(join(data, "pg_wal"))) ?? []).map(({ name }) => name);
  return names
    .filter((name) => /^[0-9A-F]{8}\.history$/.test(name))
    .sort()
    .at(-1);
}
