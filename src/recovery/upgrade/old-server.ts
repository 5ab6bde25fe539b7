import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { isAbsent, statIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { majorOf } from "../../postgres/major-version.js";

const run = promisify(execFile);

/** The programs of the old major version: its server, and the tools that dump and load a database. */
export interface OldPrograms {
  /** Directory with `postgres` of the old major version. */
  readonly server: string;
  /** Version that `postgres --version` prints. */
  readonly version: string;
  /** Path of `pg_dump`, of the old major version or a later one. */
  readonly dump: string;
  /** Path of `psql`. */
  readonly psql: string;
}

/** Directories in which packages install a major version: Debian and Ubuntu, Red Hat, Homebrew. */
function packaged(major: number): string[] {
  return [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
  ];
}

/**
 * Finds the programs of a major version: in `chosen`, in the directories of packages, and on the PATH. Throws
 * `postgres/no-old-version`.
 */
export async function findOldPrograms(major: number, chosen: string | undefined): Promise<OldPrograms> {
  const path = (process.env["PATH"] ?? "").split(":").filter((directory) => directory !== "");
  const debian = await debianVersions();
  const servers = chosen === undefined ? [...packaged(major), ...path] : [chosen];
  const server = await find(servers, "postgres", (found) => found === major);
  if (server === undefined)
    throw missing(
      major,
      chosen === undefined
        ? `there is no server of PostgreSQL ${major} on this machine`
        : `${chosen} has no \`postgres\` of version ${major}`,
    );
  // A dump is made by pg_dump of the same or a later version (PostgreSQL's manual, "Upgrading a PostgreSQL Cluster").
  const tools = [server.directory, ...debian, ...path];
  const dump = await find(tools, "pg_dump", (found) => found >= major);
  const psql = await find(tools, "psql", () => true);
  if (dump === undefined || psql === undefined)
    throw missing(
      major,
      `there is no \`${dump === undefined ? "pg_dump" : "psql"}\` for PostgreSQL ${major} on this machine`,
    );
  return {
    server: server.directory,
    version: server.version,
    dump: join(dump.directory, "pg_dump"),
    psql: join(psql.directory, "psql"),
  };
}

function missing(major: number, what: string): KeelsonError {
  return new KeelsonError("postgres/no-old-version", what, {
    hint: `install PostgreSQL ${major} with its client programs (Debian: apt install postgresql-${major}), or name its directory: --old-bin DIR`,
  });
}

async function debianVersions(): Promise<string[]> {
  const root = "/usr/lib/postgresql";
  try {
    return (await readdir(root))
      .sort()
      .reverse()
      .map((version) => join(root, version, "bin"));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

async function find(
  directories: readonly string[],
  program: string,
  fits: (major: number) => boolean,
): Promise<{ readonly directory: string; readonly version: string } | undefined> {
  for (const directory of directories) {
    const path = join(directory, program);
    if (!(await statIfPresent(path))?.isFile()) continue;
    const version = await versionOf(path);
    const major = version === undefined ? undefined : majorOf(version);
    if (version !== undefined && major !== undefined && fits(major)) return { directory, version };
  }
  return undefined;
}

/** `15.18` of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`; undefined for a program that does not run. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ["--version"], { timeout: 10_000 });
    return /\(PostgreSQL\) (\S+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
