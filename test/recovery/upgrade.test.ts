import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import { RECOVERY_POINTS } from "../../src/disk/debug-point.js";
import { freePort } from "../../src/local/free-port.js";
import { layout } from "../../src/local/layout.js";
import { localSecrets } from "../../src/local/secrets.js";
import { type Cluster, initialise, locateCluster } from "../../src/postgres/cluster.js";
import { dataMajor } from "../../src/postgres/major-version.js";
import { provision, role } from "../../src/postgres/provision.js";
import { type Server, startServer } from "../../src/postgres/server.js";
import { systemIdentifier } from "../../src/recovery/backup/data-directory.js";
import { writeSystemId } from "../../src/recovery/service/system-id.js";
import { upgradeDatabase } from "../../src/recovery/upgrade/upgrade.js";
import { type Cleanups, chat, keelson, up, workDirectory } from "../support/local/keelson.js";
import { asAdministrator, temporaryDirectory } from "../support/recovery/source.js";
import { describeWith } from "../support/requirements.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const query = (server: Pick<Server, "superuser">, text: string, database = role) =>
  asAdministrator(server, database, async (client) => (await client.query<Record<string, unknown>>(text)).rows);

const TABLES = `
  CREATE TABLE ledger (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text, at timestamptz, share float8);
  INSERT INTO ledger (what, at, share) SELECT 'row ' || n, '2026-01-01'::timestamptz + n * interval '1 s', n / 7.0
    FROM generate_series(1, 5000) n;
  CREATE TABLE counted (rows bigint);
  CREATE FUNCTION count_row() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN UPDATE counted SET rows = rows + 1; RETURN NULL; END $$;
  INSERT INTO counted SELECT count(*) FROM ledger;
  CREATE TRIGGER counts AFTER INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION count_row();
  ALTER TABLE ledger ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON ledger USING (what <> 'hidden')`;

describeWith(["older postgresql"], "a data directory of an older major version", ({ "older postgresql": server }) => {
  const programs = dirname(server);
  const major = Number(basename(dirname(programs)));

  /** A platform's cluster as an earlier Keelson left it, with the old version's server and these tables. */
  async function oldCluster(data: string, prepare = TABLES, owner = role): Promise<Cluster> {
    const { cluster } = await locateCluster(data, join(data, "postgres.log"));
    const old = { ...cluster, binaries: { directory: programs, version: String(major) } };
    await initialise(old);
    const running = await startServer(old);
    await provision(running, "secret");
    for (const statement of prepare.split(";\n").map((each) => each.trim())) {
      if (statement.startsWith("CREATE DATABASE")) await query(running, statement, "postgres");
      else if (statement !== "") await query(running, `SET ROLE ${owner}; ${statement}`);
    }
    await running.stop("fast");
    return cluster;
  }

  const upgrade = (cluster: Cluster) =>
    upgradeDatabase(cluster, { password: "secret", oldPrograms: programs, onProgress: () => undefined });

  test("is dumped into the bundled version, with every row, sequence, trigger and policy; the old one is kept", async () => {
    const settings = [
      "ALTER ROLE keelson SET search_path = public, other",
      "ALTER ROLE keelson IN DATABASE keelson SET lock_timeout = '3s'",
    ];
    const cluster = await oldCluster(temporaryDirectory(cleanups), [TABLES, ...settings].join(";\n"));
    await expect(startServer(cluster)).rejects.toMatchObject({
      code: "postgres/other-major",
      hint: expect.stringContaining("keelson upgrade-database"),
    });
    const upgraded = await upgrade(cluster);
    expect(upgraded).toMatchObject({ from: major, to: 17, tables: 2, rows: 5001 });
    expect(await dataMajor(upgraded.kept ?? "")).toBe(major);
    const running = await startServer(cluster);
    cleanups.push(() => running.stop("immediate"));
    await query(running, "INSERT INTO ledger (what) VALUES ('after')");
    const [newest] = await query(
      running,
      "SELECT id::int, (SELECT rows::int FROM counted) FROM ledger ORDER BY id DESC LIMIT 1",
    );
    expect(newest).toEqual({ id: 5001, rows: 5001 });
    const [policy] = await query(running, "SELECT polname FROM pg_policy");
    expect(policy).toEqual({ polname: "own" });
    const [table] = await query(running, "SELECT tableowner FROM pg_tables WHERE tablename = 'ledger'");
    expect(table).toEqual({ tableowner: role });
    const kept = await query(running, "SELECT setconfig FROM pg_db_role_setting ORDER BY setconfig::text");
    expect(kept).toEqual([{ setconfig: ["search_path=public, other"] }, { setconfig: ["lock_timeout=3s"] }]);
    await expect(upgrade(cluster)).rejects.toMatchObject({ code: "upgrade/not-needed" });
  }, 180_000);

  test.each([
    ["CREATE DATABASE mine", "other databases: mine"],
    ["CREATE ROLE reader LOGIN", "other roles: reader; remove them first"],
    ["CREATE TABLE mine (id int)", "other roles own public.mine"],
  ])(
    "stays as it is if it contains what the upgrade would not keep: %s",
    async (prepare, message) => {
      const cluster = await oldCluster(temporaryDirectory(cleanups), prepare, "postgres");
      await expect(upgrade(cluster)).rejects.toMatchObject({
        code: "upgrade/failed",
        message: expect.stringContaining(message),
      });
      expect(await dataMajor(cluster.data)).toBe(major);
      expect(readdirSync(dirname(cluster.data)).filter((name) => /tmp|before/.test(name))).toEqual([]);
    },
    120_000,
  );

  test("is complete, old or new, after a kill -9 of the upgrade at any step, which can be repeated", async () => {
    const cwd = workDirectory(cleanups);
    const data = join(cwd, "data");
    const places = layout(data);
    await localSecrets(places).readOrCreate("database/password");
    await localSecrets(places).readOrCreate("internal/token");
    const cluster = await oldCluster(data, "CREATE TABLE mine AS SELECT n FROM generate_series(1, 10) n");
    await writeSystemId(places.database, await systemIdentifier(cluster.data));
    const run = (env: NodeJS.ProcessEnv) =>
      keelson(cwd, ["upgrade-database", "--data", data, "--json"], { timeout: 120_000, env });
    const points = RECOVERY_POINTS.filter((point) => /^(upgrade|replace)\//.test(point));
    expect(points.slice(-2)).toEqual(["upgrade/initialised", "upgrade/compared"]);
    // In the order of an upgrade: the last point leaves a complete one.
    for (const point of [...points.slice(-2), ...points.slice(0, -2).filter((each) => each !== "replace/completed")])
      expect((await run({ KEELSON_DEBUG_POINT: point })).code, point).toBeNull();
    const again = await run({});
    expect([again.code, again.out + again.err]).toEqual([2, expect.stringContaining("upgrade/not-needed")]);
    expect(readdirSync(dirname(cluster.data)).filter((name) => /\.(tmp|replacing)$/.test(name))).toEqual([]);

    const platform = await up(cleanups, { cwd });
    const client = new pg.Client({ connectionString: readFileSync(join(data, "secrets/database/url"), "utf8") });
    await client.connect();
    const { rows } = await client.query("SELECT count(*)::int AS rows, max(n) FROM mine");
    await client.end();
    expect(rows).toEqual([{ rows: 10, max: 10 }]);
    expect((await chat(platform)).status).toBe(200);
    // A later loss is restored from the backups of the new database system.
    expect(readFileSync(places.database, "utf8")).toContain(await systemIdentifier(cluster.data));
  }, 360_000);

  test("is refused by keelson up with the command that upgrades it, and serves afterwards", async () => {
    const cwd = workDirectory(cleanups);
    const data = join(cwd, "data");
    const places = layout(data);
    const password = await localSecrets(places).readOrCreate("database/password");
    await localSecrets(places).readOrCreate("internal/token");
    const cluster = await oldCluster(data, "CREATE TABLE mine AS SELECT n FROM generate_series(1, 10) n");
    await writeSystemId(places.database, await systemIdentifier(cluster.data));

    const refused = await keelson(cwd, ["up", "--port", String(await freePort()), "--data", data], { timeout: 60_000 });
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(`was written by PostgreSQL ${major}; this Keelson runs 17`);
    expect(refused.err).toContain("keelson upgrade-database");
    const upgraded = await keelson(cwd, ["upgrade-database", "--data", data, "--json"], { timeout: 120_000 });
    expect(upgraded.code, upgraded.err).toBe(0);
    const { kept, ...result } = JSON.parse(upgraded.out);
    expect(result).toEqual({ from: major, to: 17, tables: 1, rows: 10 });
    expect(existsSync(kept)).toBe(true);

    const platform = await up(cleanups, { cwd });
    expect((await chat(platform)).status).toBe(200);
    expect(await localSecrets(places).read("database/password")).toBe(password);
  }, 240_000);
});
