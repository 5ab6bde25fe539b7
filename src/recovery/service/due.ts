import { z } from "zod";
import { isInitialised } from "../../postgres/cluster.js";
import { asSuperuser } from "../../postgres/server.js";
import { logArchive } from "../archive/log-archive.js";
import { type Backup, readCatalogue, usable } from "../backup/catalogue.js";
import { systemIdentifier } from "../backup/data-directory.js";
import { nextBackup } from "../backup/schedule.js";
import { trusted } from "../restore/fetch-log.js";
import { logRange } from "../restore/log-range.js";
import { chooseTimeline, readTimelines } from "../restore/timelines.js";
import type { RecoveryContext } from "./context.js";

/**
 * When the next full backup is due, in epoch milliseconds; undefined if none are taken. It is due at once if no backup restores the
 * present state: after each restore, which starts a timeline, after the loss of the identity, and after a gap in the log.
 */
export async function dueBackup(context: RecoveryContext): Promise<number | undefined> {
  const { archiver, database, cluster, repository, codec } = context;
  const schedule = database?.backups.full;
  if (!schedule || !archiver) return undefined;
  const now = Date.now();
  if (!(await isInitialised(cluster))) return nextBackup(schedule, undefined, now);
  const system = await systemIdentifier(cluster.data);
  const { backups } = await readCatalogue(repository, codec);
  const own = usable(backups).filter(({ manifest }) => manifest.system === system);
  const newest = own.at(-1);
  if (newest === undefined || !(await restoresPresent(context, newest, own)))
    return nextBackup(schedule, undefined, now);
  return nextBackup(schedule, newest.manifest.startedAt, now);
}

/** Whether the newest backup is on the present timeline, and the log has no gap since. */
async function restoresPresent(context: RecoveryContext, newest: Backup, own: readonly Backup[]): Promise<boolean> {
  const { repository, codec, report } = context;
  const { manifest } = newest;
  const timeline = await currentTimeline(context);
  if (timeline !== undefined && timeline !== manifest.timeline) return false;
  const archive = logArchive(repository, codec, manifest.system);
  const files = trusted(await archive.list(), false);
  const followed = chooseTimeline(await readTimelines(archive, files, own), { kind: "latest" }, manifest);
  const range = logRange(files, manifest.firstSegment, "latest", followed);
  if (range.ok) return true;
  report(
    "error",
    `log segment ${range.missing} is missing from the archive: nothing after it can be restored; a full backup is taken`,
  );
  return false;
}

/** The timeline that the server writes; undefined while it is not running. */
async function currentTimeline({ running }: RecoveryContext): Promise<number | undefined> {
  const server = running();
  if (server === undefined) return undefined;
  return asSuperuser(server, "postgres", async (client) => {
    const { rows } = await client.query("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline");
    return Number.parseInt(z.object({ timeline: z.string() }).parse(rows[0]).timeline, 16);
  });
}
