import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { debugPoint } from "../../disk/debug-point.js";
import { requireSpace } from "../../disk/disk-errors.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { type Cluster, clusterAt, initialise, removeLeftovers } from "../../postgres/cluster.js";
import { serverEnvironment } from "../../postgres/environment.js";
import { dataMajor, majorOf } from "../../postgres/major-version.js";
import { provision, role } from "../../postgres/provision.js";
import { asSuperuser, type Server, startServer } from "../../postgres/server.js";
import { dataSize } from "../backup/data-directory.js";
import { compareFingerprints, fingerprint } from "../backup/fingerprint.js";
import { moveIntoPlace, undoInterrupted } from "../restore/move-into-place.js";
import { findOldPrograms, type OldPrograms } from "./old-server.js";

export interface UpgradeOptions {
  /** Directory with the programs of the old major version; by default they are looked for. */
  readonly oldPrograms?: string | undefined;
  /** Password of the modules' role. */
  readonly password: string;
  readonly onProgress: (what: string) => void;
}

export interface Upgraded {
  readonly from: number;
  readonly to: number;
  readonly tables: number;
  readonly rows: number;
  /** Where the old data directory is kept. */
  readonly kept: string | undefined;
}

/**
 * Upgrades a data directory to the major version of the bundled server, by dump and restore: starts the old server, dumps the
 * modules' database into a new cluster, and compares every row of both. Only then the new cluster takes the place of the old one,
 * which is kept beside it. No server may run on the data directory. Throws `upgrade/not-needed`, `postgres/no-old-version`,
 * `upgrade/failed`; the data directory is then as before.
 */
export async function upgradeDatabase(cluster: Cluster, options: UpgradeOptions): Promise<Upgraded> {
  const home = dirname(cluster.data);
  // What an upgrade left that was killed.
  await removeLeftovers(home);
  await undoInterrupted(cluster.data);
  const from = await dataMajor(cluster.data);
  const to = majorOf(cluster.binaries.version);
  if (from === undefined || to === undefined || from >= to)
    throw new KeelsonError(
      "upgrade/not-needed",
      from === undefined
        ? `${cluster.data} has no database`
        : `${cluster.data} is of PostgreSQL ${from}; this Keelson runs ${to}`,
    );
  const programs = await findOldPrograms(from, options.oldPrograms);
  // The new cluster has about the size of the old one, without its free space and old versions of rows.
  await requireSpace(home, await dataSize(cluster.data));
  const scratch = join(home, "upgrade.tmp");
  try {
    const target = await clusterAt(scratch, cluster.log);
    await initialise(target);
    debugPoint("upgrade/initialised");
    options.onProgress(`dumping the database of PostgreSQL ${from} into PostgreSQL ${to}`);
    const { tables, rows } = await copyDatabase(cluster, target, programs, options);
    options.onProgress(`${rows} rows in ${tables} tables are equal`);
    debugPoint("upgrade/compared");
    const kept = await moveIntoPlace(target.data, cluster.data);
    return { from, to, tables, rows, kept };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Copies the database and compares both. Both servers run only meanwhile, and are shut down cleanly. */
async function copyDatabase(
  source: Cluster,
  target: Cluster,
  programs: OldPrograms,
  { password, onProgress }: UpgradeOptions,
): Promise<{ readonly tables: number; readonly rows: number }> {
  const old = { ...source, binaries: { directory: programs.server, version: programs.version } };
  const oldServer = await startServer(old, { autovacuum: false });
  try {
    await requireOneDatabase(oldServer);
    await requireOneOwner(oldServer);
    await requireNoOtherRole(oldServer);
    const newServer = await startServer(target, { autovacuum: false });
    try {
      await provision(newServer, password);
      await load(source, oldServer, { server: newServer, password }, programs);
      onProgress("comparing every row");
      const found = await fingerprint(newServer);
      const { differences } = compareFingerprints(await fingerprint(oldServer), found, true);
      if (differences.length > 0) throw failed(differences.join("; "));
      await copySettings(oldServer, newServer);
      await asSuperuser(newServer, role, (client) => client.query("ANALYZE"));
      return { tables: found.tables.length, rows: found.tables.reduce((sum, table) => sum + table.rows, 0) };
    } finally {
      await newServer.stop("fast");
    }
  } finally {
    await oldServer.stop("fast");
  }
}

/** Keelson creates one database. Throws `upgrade/failed` for any other: it would be left behind. */
async function requireOneDatabase(server: Pick<Server, "superuser">): Promise<void> {
  const others = await asSuperuser(server, "postgres", async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "SELECT datname AS name FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1', $1)",
      [role],
    );
    return rows.map(({ name }) => name);
  });
  if (others.length > 0) throw failed(`the server has other databases: ${others.join(", ")}; move them first`);
}

/** The dump is loaded as the modules' role, which then owns everything. Throws `upgrade/failed` for what belongs to another. */
async function requireOneOwner(server: Pick<Server, "superuser">): Promise<void> {
  const foreign = await asSuperuser(server, role, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relpersistence <> 't'
         AND pg_get_userbyid(c.relowner) <> $1 ORDER BY 1`,
      [role],
    );
    return rows.map(({ name }) => name);
  });
  if (foreign.length > 0)
    throw failed(`other roles own ${foreign.join(", ")}; give them to ${role} first: ALTER TABLE … OWNER TO ${role}`);
}

/** A dump of the database contains no roles: a GRANT to one could not be loaded. Throws `upgrade/failed` for those of others. */
async function requireNoOtherRole(server: Pick<Server, "superuser">): Promise<void> {
  const others = await asSuperuser(server, "postgres", async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "SELECT quote_ident(rolname) AS name FROM pg_roles WHERE rolname NOT IN ('postgres', $1) AND rolname !~ '^pg_' ORDER BY 1",
      [role],
    );
    return rows.map(({ name }) => name);
  });
  if (others.length === 0) return;
  const names = others.join(", ");
  throw failed(
    `the server has other roles: ${names}; remove them first, and create them with their privileges again afterwards: ` +
      `REASSIGN OWNED BY ${names} TO ${role}; DROP OWNED BY ${names}; DROP ROLE ${names}`,
  );
}

/** Settings of roles and databases (`ALTER ROLE … SET`), which no dump of one database contains, by name. */
const SETTINGS = `
  SELECT coalesce(d.datname, '') AS database, coalesce(r.rolname, '') AS role, s.setconfig AS settings
  FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole`;

/** The rows are copied as they are: a list such as `search_path` cannot be written as a statement without parsing it. */
async function copySettings(from: Pick<Server, "superuser">, to: Pick<Server, "superuser">): Promise<void> {
  const { rows } = await asSuperuser(from, "postgres", (client) =>
    client.query<{ database: string; role: string; settings: string[] }>(SETTINGS),
  );
  await asSuperuser(to, "postgres", async (client) => {
    for (const { database, role: name, settings } of rows)
      await client.query(
        `INSERT INTO pg_db_role_setting (setdatabase, setrole, setconfig) VALUES (
           coalesce((SELECT oid FROM pg_database WHERE datname = $1), 0),
           coalesce((SELECT oid FROM pg_roles WHERE rolname = $2), 0), $3)`,
        [database, name, settings],
      );
  });
}

/** Loads a dump as the modules' role: the functions that constraints and generated columns call then run as their owner. */
async function load(
  { user }: Cluster,
  from: Pick<Server, "superuser">,
  to: { readonly server: Pick<Server, "superuser">; readonly password: string },
  programs: OldPrograms,
): Promise<void> {
  const identity = user.foreign ? { uid: user.uid, gid: user.gid } : {};
  const env = serverEnvironment(process.env);
  const options = { ...identity, cwd: "/", env };
  const dump = spawn(programs.dump, [...connection(from), "--no-owner"], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const psql = spawn(
    programs.psql,
    [
      ...connection(to.server, role),
      "--quiet",
      "--no-psqlrc",
      "--single-transaction",
      "--set=ON_ERROR_STOP=1",
      "--output=/dev/null",
    ],
    { ...options, env: { ...env, PGPASSWORD: to.password }, stdio: ["pipe", "ignore", "pipe"] },
  );
  const ends = [ended("pg_dump", dump), ended("psql", psql)];
  // The exit codes and messages of both say more than a broken pipe.
  const flow = pipeline(dump.stdout, psql.stdin).catch(() => undefined);
  const [dumped, loaded] = await Promise.all(ends);
  await flow;
  const problem = loaded ?? dumped;
  if (problem !== undefined) throw failed(problem);
}

function connection(
  { superuser: { host, port, user: superuser } }: Pick<Server, "superuser">,
  user = superuser,
): string[] {
  return [`--host=${host}`, `--port=${port}`, `--username=${user}`, `--dbname=${role}`];
}

/** Undefined for success, otherwise the first line that the program reports. */
async function ended(name: string, child: ChildProcess): Promise<string | undefined> {
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    if (text.length < 10_000) text += chunk.toString("utf8");
  });
  const [code]: (number | NodeJS.Signals | null)[] = await once(child, "close");
  if (code === 0) return undefined;
  const line = text.split("\n").find((each) => /error|fatal/i.test(each)) ?? text.split("\n", 1)[0];
  return `${name}: ${line?.trim() || `exit code ${String(code)}`}`;
}

function failed(why: string): KeelsonError {
  return new KeelsonError("upgrade/failed", `the database was not upgraded: ${why}`);
}
