import { join } from "node:path";
import { readIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import type { Cluster } from "./cluster.js";

/** The major version in a version number: 17 of `17.10.0-beta.17`; undefined if it has none. */
export function majorOf(version: string): number | undefined {
  const major = Number(/^\d+/.exec(version.trim())?.[0]);
  return Number.isInteger(major) ? major : undefined;
}

/** The major version of the server that created a data directory (`PG_VERSION`); undefined without one. */
export async function dataMajor(dataDirectory: string): Promise<number | undefined> {
  const text = await readIfPresent(join(dataDirectory, "PG_VERSION"));
  return text === undefined ? undefined : majorOf(text);
}

/** Throws `postgres/other-major` for the data of another major version: its server does not start on it. */
export async function requireSameMajor({ data, binaries }: Pick<Cluster, "data" | "binaries">): Promise<void> {
  const found = await dataMajor(data);
  const own = majorOf(binaries.version);
  if (found === undefined || own === undefined || found === own) return;
  throw new KeelsonError(
    "postgres/other-major",
    `${data} was written by PostgreSQL ${found}; this Keelson runs ${own}`,
    {
      hint:
        found < own
          ? `upgrade it with \`keelson upgrade-database\`: it dumps the database, restores it into PostgreSQL ${own}, compares every row, and keeps the old directory`
          : `a downgrade is not possible: use the Keelson that runs PostgreSQL ${found}`,
    },
  );
}
