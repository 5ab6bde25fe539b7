import { KeelsonError } from "../../errors/keelson-error.js";
import { type Backup, type Catalogue, findBackup } from "../backup/catalogue.js";
import type { RestoreTarget } from "./target.js";

/**
 * The backup that an id means for a target. A moment can only be reached from a backup that was complete before it:
 * `latest` then means the newest of these. Throws `backup/unknown`, and `restore/too-early` for a younger one.
 */
export function backupFor(catalogue: Catalogue, id: string, target: RestoreTarget): Backup {
  if (target.kind !== "time") return findBackup(catalogue, id);
  const { at } = target;
  const older = catalogue.backups.filter(
    ({ manifest, verification }) => manifest.restorePoint.at <= at && verification?.valid !== false,
  );
  const found = id === "latest" ? older.at(-1) : findBackup(catalogue, id);
  if (found && found.manifest.restorePoint.at <= at) return found;
  const moment = new Date(at).toISOString();
  const alternative = older.at(-1)?.manifest.id;
  throw new KeelsonError(
    "restore/too-early",
    found ? `backup ${found.manifest.id} is younger than ${moment}` : `there is no backup from before ${moment}`,
    { hint: alternative ? `from this one it can be reached: ${alternative}` : "`keelson backups` lists what there is" },
  );
}

/**
 * Refuses a moment that has not come: nobody knows its state. `newest` gives the newest moment that there is a state of;
 * all times are epoch milliseconds. Throws `restore/future`.
 */
export async function requirePast(target: RestoreTarget, now: number, newest: () => Promise<number>): Promise<void> {
  if (target.kind !== "time" || target.at <= now) return;
  throw new KeelsonError("restore/future", `${new Date(target.at).toISOString()} has not come yet`, {
    hint: `the newest moment that can be reached is ${new Date(await newest()).toISOString()}; without --at everything is restored`,
  });
}
