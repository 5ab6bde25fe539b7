import type { Repository } from "../repository/repository.js";
import { type Backup, backupPrefix } from "./catalogue.js";

/** Removes a backup from the repository. */
export async function removeBackup(repository: Repository, { manifest }: Backup): Promise<void> {
  const objects = await repository.list(backupPrefix(manifest));
  // The manifest first: the catalogue must not list a backup whose files are missing.
  const isManifest = (name: string) => Number(name.endsWith("/manifest.json"));
  for (const object of objects.sort((a, b) => isManifest(b.name) - isManifest(a.name)))
    await repository.remove(object.name);
}
