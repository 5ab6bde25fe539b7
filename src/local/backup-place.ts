import { join } from "node:path";
import { readIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { markerName, rememberedRepository } from "../recovery/repository/marker.js";
import type { Layout } from "./layout.js";

/**
 * Where the backups of a platform are: the given place, else the place that its database has used before, else the folder in the
 * data directory. A start that omits `--backups` must not continue the WAL archive elsewhere. `note`: what to report about it.
 * Throws `backup/moved` for a bucket, whose endpoint is not known.
 */
export async function backupPlace(
  given: string | undefined,
  places: Pick<Layout, "backups" | "database">,
): Promise<{ readonly place: string; readonly note?: string }> {
  const remembered = await rememberedRepository(`${places.database}.repository`);
  if (given !== undefined || remembered === undefined || remembered.place === places.backups)
    return { place: given ?? places.backups };
  // The whole data directory was moved or copied, with the backups in it.
  const own = await readIfPresent(join(places.backups, markerName(remembered.system)));
  if (own?.includes(remembered.marker)) return { place: places.backups };
  const other = `to continue in the data directory: --backups ${places.backups}`;
  if (remembered.place.startsWith("s3://"))
    throw new KeelsonError("backup/moved", `the backups of this database are in ${remembered.place}`, {
      hint: `name it with its endpoint and region: --backups 's3://…'; ${other}`,
    });
  return { place: remembered.place, note: `backups are in ${remembered.place}, as before; ${other}` };
}
