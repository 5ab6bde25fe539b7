import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashToken } from "../../src/runtime/accounts/client.js";
import { accountsOverHttp } from "../../src/runtime/accounts/index.js";
import { Keys, type Lookup } from "../../src/runtime/gateway/keys.js";
import { type Platform, startPlatform } from "../support/accounts/platform.js";
import { startPostgres, type TestPostgres } from "../support/database/postgres.js";

let postgres: TestPostgres;
let accounts: Platform;
let between: Server;
let keys: Keys;
/** The part of the connection between gateway and accounts that is interrupted. */
let broken: "nothing" | "the stream" | "everything" = "nothing";

/** A proxy between them, which can drop the stream of changes, or all connections. */
beforeAll(async () => {
  postgres = await startPostgres();
  accounts = await startPlatform(postgres.url, { modules: ["accounts"] });
  between = createServer((from, to) => {
    if (broken === "everything" || (broken === "the stream" && from.url?.endsWith("/changes"))) return from.destroy();
    const { method, headers, url } = from;
    const onward = request(`${accounts.url}${url}`, { method, headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on("error", () => to.destroy());
    to.on("close", () => onward.destroy());
    from.pipe(onward);
  }).listen(0, "127.0.0.1");
  await once(between, "listening");
  const address = between.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  keys = new Keys(
    accountsOverHttp(`http://127.0.0.1:${address.port}`, accounts.internalToken),
    pino({ level: "silent" }),
  );
});
afterAll(async () => {
  keys?.close();
  between?.closeAllConnections();
  between?.close();
  await accounts?.stop();
  await postgres?.stop();
});

/** Also closes open connections. */
function breakNow(what: typeof broken): void {
  broken = what;
  between.closeAllConnections();
}

/** Closes the connection of accounts that listens for notifications and refuses a new one; its other connections stay open. */
async function loseNotifications(): Promise<() => Promise<void>> {
  const superuser = new pg.Client(postgres.superuserUrl);
  await superuser.connect();
  const lost = new Promise<void>((resolve) => {
    const unwatch = accounts.accounts.watch(({ kind }) => {
      if (kind !== "lost") return;
      unwatch();
      resolve();
    });
  });
  await superuser.query("alter role keelson connection limit 0");
  await superuser.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%-listen'",
  );
  await lost;
  return async () => {
    await superuser.query("alter role keelson connection limit -1");
    await superuser.end();
  };
}

const look = async (hash: string): Promise<Lookup> => keys.peek(hash, Date.now()) ?? keys.find(hash, "127.0.0.1");

let created = 0;
async function newKey(): Promise<{ id: string; hash: string }> {
  const { body } = await accounts.call("POST", "/admin/keys", {
    key: accounts.firstKey,
    body: { name: `key ${created++}` },
  });
  return { id: body.id, hash: hashToken(body.key) };
}

test("a key that is revoked while the stream of changes is interrupted is refused within seconds", async () => {
  const key = await newKey();
  expect((await look(key.hash)).kind).toBe("known");
  breakNow("the stream");
  await sleep(200);
  await accounts.call("DELETE", `/admin/keys/${key.id}`, { key: accounts.firstKey });
  const revoked = performance.now();
  await expect.poll(async () => (await look(key.hash)).kind, { timeout: 10_000, interval: 50 }).toBe("unknown");
  expect(performance.now() - revoked).toBeLessThan(3_000);
  broken = "nothing";
});

test("while accounts is unreachable, a cached key stays valid, without long waits", async () => {
  const key = await newKey();
  expect((await look(key.hash)).kind).toBe("known");
  breakNow("everything");
  const waits: number[] = [];
  for (const end = Date.now() + 5_000; Date.now() < end; await sleep(20)) {
    const startedAt = performance.now();
    expect((await look(key.hash)).kind).toBe("known");
    waits.push(performance.now() - startedAt);
  }
  expect(Math.max(...waits)).toBeLessThan(1_000);
  // It is revalidated every two seconds, not by every request.
  expect(waits.filter((wait) => wait > 50).length).toBeLessThan(5);
  broken = "nothing";
  await expect.poll(() => keys.peek(key.hash, Date.now()), { timeout: 10_000 }).toBeUndefined();
  expect((await look(key.hash)).kind).toBe("known");
});

test("a key that is revoked while accounts has lost its notifications is refused within seconds", async () => {
  const key = await newKey();
  expect((await look(key.hash)).kind).toBe("known");
  const restoreNotifications = await loseNotifications();
  try {
    await accounts.call("DELETE", `/admin/keys/${key.id}`, { key: accounts.firstKey });
    const revoked = performance.now();
    await expect.poll(async () => (await look(key.hash)).kind, { timeout: 10_000, interval: 50 }).toBe("unknown");
    expect(performance.now() - revoked).toBeLessThan(3_000);
  } finally {
    await restoreNotifications();
  }
});
