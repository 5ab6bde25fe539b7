import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accountsOverHttp } from "../../src/runtime/accounts/index.js";
import { usageOverHttp } from "../../src/runtime/usage/index.js";
import { type Platform, send, sessionOf, startPlatform } from "../support/accounts/platform.js";
import { freePort, startPostgres, type TestPostgres } from "../support/database/postgres.js";
import { event } from "../support/usage/events.js";

/** Accounts in one process, a replica in another, usage in a third, connected over HTTP. */
let postgres: TestPostgres;
let secretsDirectory: string;
let accounts: Platform;
let replica: Platform;
let usage: Platform;

beforeAll(async () => {
  postgres = await startPostgres();
  secretsDirectory = await mkdtemp(join(tmpdir(), "keelson-secrets-"));
  accounts = await startPlatform(postgres.url, { modules: ["accounts"], secretsDirectory });
  replica = await startPlatform(postgres.url, { modules: ["accounts"], secretsDirectory });
  usage = await startPlatform(postgres.url, {
    modules: ["usage"],
    secretsDirectory,
    peers: { accounts: accounts.url },
  });
});
afterAll(async () => {
  await Promise.all([accounts?.stop(), replica?.stop(), usage?.stop()]);
  await postgres?.stop();
  if (secretsDirectory) await rm(secretsDirectory, { recursive: true });
});

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const unwatches: (() => void)[] = [];
afterEach(() => {
  for (const unwatch of unwatches.splice(0)) unwatch();
});
function watch(of: Platform, token = of.internalToken): { readonly heard: { kind: string; hash?: string }[] } {
  const heard: { kind: string; hash?: string }[] = [];
  unwatches.push(accountsOverHttp(of.url, token).watch((change) => heard.push(change)));
  return { heard };
}

describe("accounts over HTTP", () => {
  test("returns the same key and session as the module in the same process", async () => {
    const remote = accountsOverHttp(accounts.url, accounts.internalToken);
    const { body: key } = await accounts.call("POST", "/admin/keys", {
      key: accounts.firstKey,
      body: { name: "k", models: ["small"], scopes: ["inference", "admin"], expires: "2099-01-01T00:00:00Z" },
    });
    for (const each of [key.key, accounts.firstKey, "invalid"]) {
      const hash = sha256(each);
      expect(await remote.authenticate(hash)).toEqual(await accounts.accounts.authenticate(hash));
      expect(await remote.identify({ kind: "key", hash })).toEqual(
        await accounts.accounts.identify({ kind: "key", hash }),
      );
    }
    expect(await remote.authenticate(sha256(key.key))).toMatchObject({ keyId: key.id, models: ["small"] });
    const { cookie = "", "x-keelson": proof } = sessionOf(
      await accounts.call("POST", "/admin/session", { body: { key: key.key } }),
    );
    const hash = sha256(`${cookie.split("=")[1]}.${proof}`);
    expect(await remote.identify({ kind: "session", hash })).toMatchObject({ keyId: key.id, role: "owner" });
  });

  test("a key revoked on one replica is reported as changed by every other at once", async () => {
    const { heard } = watch(replica);
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual([{ kind: "reset" }]);
    const { body: key } = await accounts.call("POST", "/admin/keys", {
      key: accounts.firstKey,
      body: { name: "shared" },
    });
    const changed = { kind: "changed", hash: sha256(key.key) };
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual([{ kind: "reset" }, changed]);
    const startedAt = Date.now();
    await accounts.call("DELETE", `/admin/keys/${key.id}`, { key: accounts.firstKey });
    await expect.poll(() => heard, { interval: 5, timeout: 10_000 }).toEqual([{ kind: "reset" }, changed, changed]);
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });

  test("an interrupted stream is reopened and reports that changes may have been missed", async () => {
    const port = await freePort();
    const { heard } = watch({ ...replica, url: `http://127.0.0.1:${port}` });
    const lost = { kind: "lost" };
    const reset = { kind: "reset" };
    await sleep(300);
    expect(heard).toEqual([lost]);
    const { createServer, connect } = await import("node:net");
    // A proxy to the replica whose connections can be closed.
    const sockets = new Set<import("node:net").Socket>();
    const road = createServer((socket) => {
      const other = connect(Number(new URL(replica.url).port), "127.0.0.1");
      for (const end of [socket, other]) {
        sockets.add(end);
        end.on("error", () => {});
      }
      socket.pipe(other).pipe(socket);
    });
    await new Promise<void>((resolve) => road.listen(port, "127.0.0.1", resolve));
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual([lost, reset]);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual([lost, reset, lost, reset]);
    for (const unwatch of unwatches.splice(0)) unwatch();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => road.close(resolve));
  });

  test("the stream reports lost while accounts has lost PostgreSQL, also to a listener that starts then", async () => {
    const lost = { kind: "lost" };
    const reset = { kind: "reset" };
    const { heard } = watch(replica);
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual([reset]);
    await postgres.halt("immediate");
    try {
      await expect.poll(() => heard, { timeout: 10_000 }).toEqual([reset, lost]);
      const { heard: late } = watch(replica);
      await expect.poll(() => late, { timeout: 10_000 }).toEqual([reset, lost]);
    } finally {
      await postgres.resume();
    }
    await expect.poll(() => heard, { timeout: 20_000 }).toEqual([reset, lost, reset]);
  });

  test("a caller without the internal token is refused", async () => {
    for (const key of [undefined, "wrong", accounts.firstKey])
      for (const path of ["authenticate", "identify", "changes"])
        expect(
          (
            await send(accounts.url, path === "changes" ? "GET" : "POST", `/internal/accounts/${path}`, {
              ...(key ? { key } : {}),
            })
          ).status,
        ).toBe(401);
    await expect(accountsOverHttp(accounts.url, "wrong").authenticate(sha256("x"))).rejects.toMatchObject({
      code: "accounts/unavailable",
    });
  });

  test("reports an unreachable module by an error that names its URL", async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    await expect(accountsOverHttp(nowhere, "t").authenticate(sha256("x"))).rejects.toMatchObject({
      code: "accounts/unavailable",
      message: expect.stringContaining(nowhere),
      hint: expect.any(String),
    });
  });

  test("a stream does not delay a draining process", async () => {
    const leaving = await startPlatform(postgres.url, { modules: ["accounts"], secretsDirectory });
    const { heard } = watch(leaving);
    await expect.poll(() => heard, { timeout: 10_000 }).toContainEqual({ kind: "reset" });
    const startedAt = Date.now();
    await leaving.stop();
    expect(Date.now() - startedAt).toBeLessThan(4_000);
  });
});

describe("usage over HTTP", () => {
  test("records batches of any size, as in the same process", async () => {
    const remote = usageOverHttp(usage.url, usage.internalToken);
    const events = Array.from({ length: 12_345 }, () => event());
    await remote.record(events);
    await remote.record(events.slice(0, 100));
    await remote.record([]);
    const { body } = await usage.call("GET", "/admin/usage?by=", { key: usage.token });
    expect(body.totals.requests).toBe(12_345);
    expect(await remote.measuredModels()).toEqual(await usage.usage.measuredModels());
  });

  test("looks up its callers in the accounts module of the other process", async () => {
    expect((await usage.call("GET", "/admin/usage", { key: accounts.firstKey })).status).toBe(200);
    const { body: link } = await accounts.call("POST", "/admin/sign-in-links", { key: accounts.token, body: {} });
    // A browser reaches both at one address, whose port is in the name of the cookie.
    const host = new URL(accounts.url).host;
    const session = sessionOf(await accounts.call("POST", "/admin/session", { body: { token: link.token } }));
    expect((await usage.call("GET", "/admin/usage", { headers: { ...session, host } })).status).toBe(200);
    expect((await usage.call("GET", "/admin/usage")).status).toBe(401);
  });

  test("throws while PostgreSQL is unavailable, and counts a repeated batch exactly once", async () => {
    const remote = usageOverHttp(usage.url, usage.internalToken);
    const events = [event({ model: "twice" }), event({ model: "twice" })];
    await postgres.halt("immediate");
    await expect(remote.record(events)).rejects.toMatchObject({ code: "usage/unavailable" });
    await postgres.resume();
    await remote.record(events);
    await remote.record(events);
    const { body } = await usage.call("GET", "/admin/usage?by=&model=twice", { key: usage.token });
    expect(body.totals.requests).toBe(2);
  });
});
