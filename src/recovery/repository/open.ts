import { requireNotWorldWritable } from "../../disk/private-directory.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Repository } from "./repository.js";

/** Opens a repository: `s3://bucket/prefix`, or a folder. The S3 client is loaded on demand. Throws `backup/place`, `data/shared`. */
export async function openRepository(place: string): Promise<Repository> {
  if (place.startsWith("s3://")) return (await import("./s3.js")).openBucket(place);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(place))
    throw new KeelsonError("backup/place", `${place} is not a location for backups`);
  await requireNotWorldWritable(place);
  return (await import("./folder.js")).openFolder(place);
}
