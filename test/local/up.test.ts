import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { serverProcesses } from "../../src/postgres/strays.js";
import { createToken } from "../../src/runtime/accounts/token.js";
import { type Cleanups, chat, keelson, until, untilNone, up, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Files with a mode that gives other users any right. Sockets and files that vanish meanwhile are included and omitted, respectively. */
function openToOthers(root: string): { path: string; mode: number }[] {
  return ["", ...readdirSync(root, { recursive: true, encoding: "utf8" })].flatMap((path) => {
    const found = lstatSync(join(root, path), { throwIfNoEntry: false });
    if (found === undefined || found.isSymbolicLink() || (found.mode & 0o077) === 0) return [];
    return [{ path, mode: found.mode & 0o777 }];
  });
}

/** Listens on a port as soon as it is free, and prints whatever a client sends. */
const TAKE_PORT = `
  const net = require("node:net");
  console.log("tries");
  const take = () => {
    const server = net.createServer((socket) => socket.on("error", () => {}).on("data", (data) => console.log(String(data))));
    server.on("error", () => setTimeout(take, 1)).listen(Number(process.argv[1]), "127.0.0.1", () => console.log("listens"));
  };
  take();`;

const pidOf = async (platform: Awaited<ReturnType<typeof up>>, name: string) =>
  (await platform.status()).processes.find((process) => process.name === name)?.pid ?? 0;

describe("keelson up", () => {
  test("goes from an empty directory to a served and counted chat, and stops cleanly", async () => {
    // A umask that closes nothing: every file has its mode from Keelson.
    const umask = process.umask(0);
    const platform = await up(cleanups).finally(() => process.umask(umask));
    expect(platform.tookMs).toBeLessThan(20_000);
    expect(platform.report).toMatchObject({ first: true, url: platform.url });
    expect(String(platform.report["firstKey"])).toMatch(/^kls_/);

    // The printed line works when it is pasted, and shows no secret.
    const line = String(platform.report["curl"]);
    expect(line).not.toContain("kls_");
    const answer = JSON.parse(execFileSync("sh", ["-c", line], { encoding: "utf8" }));
    expect(answer.choices[0].message.content).not.toBe("");

    const chatted = await keelson(platform.cwd, ["chat", "Hello?", "--json", "--data", platform.data]);
    expect(JSON.parse(chatted.out)).toMatchObject({ model: "assistant" });

    // The sign-in link signs in once.
    const token = new URL(String(platform.report["signIn"])).hash.replace("#token=", "");
    const signIn = () =>
      fetch(`${platform.url}/admin/session`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token }),
      });
    expect((await signIn()).status).toBe(200);
    expect((await signIn()).status).toBe(401);

    await until(
      async () => {
        const { out } = await keelson(platform.cwd, ["usage", "--json", "--data", platform.data]);
        return out !== "" && JSON.parse(out).totals.requests === 2;
      },
      20_000,
      "both chats in the ledger",
    );

    const open = openToOthers(platform.data);
    expect(open.filter(({ mode }) => (mode & 0o066) !== 0).map(({ path }) => path)).toEqual([
      "postgres/run/archive.sh",
    ]);
    // As root, PostgreSQL's user has to enter its own directories, by their names.
    expect(open.filter(({ path }) => !/^(postgres(\/run\/archive\.sh|\/verify-\w+\.tmp)?)?$/.test(path))).toEqual([]);
    const secrets = join(platform.data, "secrets");
    for (const name of ["internal/token", "database/url", "backup/identity", "terminal/key"])
      expect(existsSync(join(secrets, name))).toBe(true);
    expect(existsSync(join(secrets, "first-key/key"))).toBe(false);

    expect(await platform.stop()).toBe(0);
    expect(await serverProcesses(join(platform.data, "postgres/data"))).toEqual([]);
    expect(existsSync(join(platform.data, "platform.json"))).toBe(false);
    expect(existsSync(join(platform.data, "lock"))).toBe(false);
  }, 120_000);

  test("is available again within seconds, with the same data and no new first key", async () => {
    const cwd = workDirectory(cleanups);
    const first = await up(cleanups, { cwd });
    await chat(first);
    await first.stop();
    const second = await up(cleanups, { cwd });
    expect((await chat(second)).status).toBe(200);
    expect(second.report).toMatchObject({ first: false });
    expect(second.report["firstKey"]).toBeUndefined();
    expect(second.tookMs).toBeLessThan(10_000);
  }, 120_000);

  test("reports a platform that already runs on the data, with its address", async () => {
    const platform = await up(cleanups);
    const again = await keelson(platform.cwd, ["up", "--data", platform.data, "--port", String(platform.port + 1)]);
    expect(again).toMatchObject({ code: 1, out: "" });
    expect(again.err).toContain(`error platform/running a platform already runs at ${platform.url}`);
    expect(again.err).toMatch(/hint: .*keelson down/);
  }, 60_000);

  test("reports the process that uses the port, and the next free port", async () => {
    const owner = createServer().listen(0, "127.0.0.1");
    cleanups.push(() => owner.close());
    await once(owner, "listening");
    const address = owner.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const cwd = workDirectory(cleanups);
    const { code, err } = await keelson(cwd, ["up", "--port", String(port)]);
    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`error port/in-use port ${port} is in use by .*\\(pid ${process.pid}\\)`));
    expect(err).toMatch(/hint: the next free one: --port \d+/);
  });

  test("reports the platform that uses the port, and its data directory", async () => {
    const platform = await up(cleanups);
    const other = workDirectory(cleanups);
    const { code, err } = await keelson(other, ["up", "--port", String(platform.port)]);
    expect(code).toBe(1);
    expect(err).toMatch(
      new RegExp(
        `port ${platform.port} is in use by the platform starter \\(local\\) on ${platform.data} \\(pid \\d+\\)`,
      ),
    );
  }, 60_000);

  test("restarts any killed process and reports it", async () => {
    const platform = await up(cleanups);
    for (const name of ["platform", "postgres"]) {
      const before = await pidOf(platform, name);
      process.kill(before, "SIGKILL");
      await platform.prints(new RegExp(`! ${name} exited: killed by SIGKILL`));
      await until(async () => ![0, before].includes(await pidOf(platform, name)), 30_000, `a new process ${name}`);
      await until(async () => (await platform.status()).state === "ready", 30_000, "the platform to be ready");
      expect((await chat(platform)).status).toBe(200);
    }
  }, 120_000);

  test("kills and replaces a process that hangs", async () => {
    const platform = await up(cleanups);
    const before = await pidOf(platform, "platform");
    process.kill(before, "SIGSTOP");
    await platform.prints(/! platform has not responded for/);
    await until(async () => (await platform.status()).state === "ready", 60_000, "the platform to be ready");
    expect(await pidOf(platform, "platform")).not.toBe(before);
    expect((await chat(platform)).status).toBe(200);
  }, 120_000);

  test("leaves no orphan when it is killed with -9, and the next start takes over its data", async () => {
    const cwd = workDirectory(cleanups);
    const platform = await up(cleanups, { cwd });
    const sent = await chat(platform);
    const serving = await pidOf(platform, "platform");
    platform.child.kill("SIGKILL");
    const place = join(platform.data, "postgres/data");
    await untilNone(() => serverProcesses(place), 20_000);
    await until(() => !existsSync(`/proc/${serving}`), 20_000, "the exit of the serving process");
    expect(existsSync(join(platform.data, "lock"))).toBe(true);

    const again = await up(cleanups, { cwd });
    expect((await chat(again)).status).toBe(200);
    const url = readFileSync(join(again.data, "secrets/database/url"), "utf8");
    const { Client } = (await import("pg")).default;
    await until(
      async () => {
        const client = new Client({ connectionString: url });
        await client.connect();
        await client.query("BEGIN");
        await client.query("SELECT set_config('keelson.organisation', '*', true)");
        const { rows } = await client.query("SELECT 1 FROM usage_events WHERE id = $1", [sent.id]);
        await client.end();
        return rows.length === 1;
      },
      20_000,
      "the ledger to contain the chat before the kill",
    );
  }, 120_000);

  test("can be stopped, queried and followed from another terminal; a second stop succeeds as well", async () => {
    const cwd = workDirectory(cleanups);
    const data = join(cwd, "data");
    const port = String(await freePort());
    const started = await keelson(cwd, ["up", "--detach", "--json", "--data", data, "--port", port]);
    expect(started.code).toBe(0);
    const { pid } = JSON.parse(started.out);
    cleanups.push(async () => {
      try {
        process.kill(pid, "SIGTERM");
      } catch {}
    });
    const logs = await keelson(cwd, ["logs", "platform", "--json", "--data", data]);
    expect(logs.out.split("\n").some((line) => line.includes("serving"))).toBe(true);
    expect((await keelson(cwd, ["logs", "other", "--data", data])).err).toContain(
      "processes with a log: keelson, platform, postgres",
    );
    const ended = await keelson(cwd, ["down", "--json", "--data", data]);
    expect(JSON.parse(ended.out)).toMatchObject({ pid, platform: "starter" });
    expect(await serverProcesses(join(data, "postgres/data"))).toEqual([]);
    const status = await keelson(cwd, ["status", "--data", data]);
    expect(status).toMatchObject({ code: 1 });
    expect(status.err).toContain("error platform/not-running");
    const again = await keelson(cwd, ["down", "--data", data]);
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining("no platform is running"), err: "" });
    expect(JSON.parse((await keelson(cwd, ["down", "--json", "--data", data])).out)).toEqual({ stopped: false });
  }, 120_000);

  test("runs one process for each unit with --split", async () => {
    const platform = await up(cleanups, { args: ["--split"] });
    const { processes } = await platform.status();
    expect(processes.map((process) => process.name).sort()).toEqual(
      ["accounts", "assistant", "dashboard", "embedder", "gateway", "postgres", "usage"].sort(),
    );
    expect((await chat(platform)).status).toBe(200);
    // Each model is served by the process of its own unit.
    const embedding = await fetch(`${platform.url}/v1/embeddings`, {
      method: "POST",
      headers: { authorization: `Bearer ${await platform.key()}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "embedder", input: "a keel" }),
    });
    expect(embedding.status).toBe(200);
    expect(await embedding.json()).toMatchObject({ model: "embedder" });

    // Another user who listens on the port of a module that has crashed receives no credential, nor any request.
    const accounts = await pidOf(platform, "accounts");
    const [, listen = ""] = readFileSync(`/proc/${accounts}/cmdline`, "utf8").split("--listen\0");
    const port = Number(listen.split("\0")[0]?.split(":")[1]);
    const other = spawn(process.execPath, ["-e", TAKE_PORT, String(port)], {
      ...(process.getuid?.() === 0 && { uid: 65534, gid: 65534 }),
      cwd: "/",
      stdio: ["pipe", "pipe", "inherit"],
    });
    cleanups.push(() => other.kill("SIGKILL"));
    let taken = "";
    other.stdout.on("data", (data: Buffer) => {
      taken += data.toString("latin1");
    });
    await until(() => taken.includes("tries"), 10_000, "the other user tries");
    process.kill(accounts, "SIGKILL");
    await until(() => taken.includes("listens"), 10_000, "the other user listens on the port");
    const unknown = { authorization: `Bearer ${createToken("kls")}` };
    expect((await fetch(`${platform.url}/v1/models`, { headers: unknown })).status).toBeGreaterThanOrEqual(500);
    await keelson(platform.cwd, ["keys", "list", "--data", platform.data]);
    expect(taken.trim().split("\n")).toEqual(["tries", "listens"]);
    const closed = once(other, "close");
    other.kill("SIGKILL");
    await closed;
    const lists = async () => (await keelson(platform.cwd, ["keys", "list", "--data", platform.data])).code === 0;
    await until(lists, 60_000, "the accounts module has restarted");
  }, 120_000);

  test("reports an error in the platform file before anything is started", async () => {
    const cwd = workDirectory(cleanups);
    const { code, err } = await keelson(cwd, ["up", "no-such-file.yaml"]);
    expect(code).toBe(2);
    expect(err).toContain("error file/not-found");
    expect(existsSync(join(cwd, ".keelson"))).toBe(false);
  });
});
