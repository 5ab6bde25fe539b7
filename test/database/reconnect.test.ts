import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PLATFORM_SCOPE } from "../../src/runtime/database/client.js";
import { type Platform, send, startPlatform } from "../support/accounts/platform.js";
import { startPostgres, type TestPostgres } from "../support/database/postgres.js";
import { event } from "../support/usage/events.js";

let postgres: TestPostgres;
let platform: Platform;

beforeAll(async () => {
  postgres = await startPostgres();
  platform = await startPlatform(postgres.url);
});
afterAll(async () => {
  await platform?.stop();
  await postgres?.stop();
});

/** A loaded machine may be slow. */
const BOUND = { timeout: 10_000 };
const services = async (): Promise<string> => (await send(platform.url, "GET", "/services")).text;
/** Waits until the process has detected that PostgreSQL is unreachable. */
const untilUnreachable = () => expect.poll(services, BOUND).toContain("PostgreSQL unreachable");
const keys = () => platform.call("GET", "/admin/keys", { key: platform.firstKey });

/** Number of connections that run pg_sleep. */
async function sleepingQueries(): Promise<number> {
  const superuser = new pg.Client(postgres.superuserUrl);
  await superuser.connect();
  try {
    const { rowCount } = await superuser.query(
      "select 1 from pg_stat_activity where state = 'active' and query like 'select pg_sleep%'",
    );
    return rowCount ?? 0;
  } finally {
    await superuser.end();
  }
}

describe("while PostgreSQL restarts", () => {
  test("a request waits for it and succeeds", async () => {
    await postgres.halt("immediate");
    const response = keys();
    await untilUnreachable();
    await postgres.resume();
    expect((await response).status).toBe(200);
  });

  test("requests under load all succeed, and every event is counted once", async () => {
    const before = await platform.call("GET", "/admin/usage?by=", { key: platform.token });
    let sent = 0;
    let stop = false;
    const writers = Array.from({ length: 8 }, async () => {
      while (!stop) {
        await platform.usage.record([event(), event()]);
        sent += 2;
      }
    });
    for (const how of ["immediate", "fast", "immediate"] as const) {
      const before = sent;
      await expect.poll(() => sent, BOUND).toBeGreaterThan(before + 20);
      await postgres.halt(how);
      await untilUnreachable();
      await postgres.resume();
    }
    stop = true;
    await Promise.all(writers);
    const after = await platform.call("GET", "/admin/usage?by=", { key: platform.token });
    expect(after.body.totals.requests - before.body.totals.requests).toBe(sent);
  });

  test("listeners are notified of lost changes and of the new connection, and receive the next change", async () => {
    const received: string[] = [];
    const unwatch = platform.accounts.watch((change) => received.push(change.kind));
    await postgres.halt("immediate");
    await postgres.resume();
    await expect.poll(() => received, BOUND).toEqual(["lost", "reset"]);
    await platform.call("POST", "/admin/keys", { key: platform.firstKey, body: { name: "after" } });
    await expect.poll(() => received, BOUND).toEqual(["lost", "reset", "changed"]);
    unwatch();
  });

  test("a statement LISTEN that PostgreSQL refuses does not leave the listeners without notifications", async () => {
    const received: string[] = [];
    const unwatch = platform.accounts.watch((change) => received.push(change.kind));
    let lost = 0;
    // PostgreSQL refuses this channel, and keeps the connection open.
    const refused = platform.database.listen("", {
      notified: () => undefined,
      lost: () => {
        lost += 1;
      },
      reset: () => undefined,
    });
    await expect.poll(() => [received[0], lost > 0], BOUND).toEqual(["lost", true]);
    refused();
    await expect.poll(() => received, BOUND).toEqual(["lost", "reset"]);
    await platform.call("POST", "/admin/keys", { key: platform.firstKey, body: { name: "after a refusal" } });
    await expect.poll(() => received, BOUND).toEqual(["lost", "reset", "changed"]);
    unwatch();
  });

  test("work that is not repeatable fails when its connection is lost, and is not repeated", async () => {
    const tables = platform.database.tables<Record<never, never>>();
    let runs = 0;
    const cut = tables.transaction(PLATFORM_SCOPE, async (open) => {
      runs += 1;
      await sql`select pg_sleep(10)`.execute(open);
    });
    const failed = expect(cut).rejects.toMatchObject({ code: "database/unavailable" });
    await expect.poll(sleepingQueries, BOUND).toBe(1);
    await postgres.halt("immediate");
    await postgres.resume();
    await failed;
    expect(runs).toBe(1);
  });

  test("connections that an administrator ends are replaced without a failed request", async () => {
    const superuser = new pg.Client(postgres.superuserUrl);
    await superuser.connect();
    for (let round = 0; round < 5; round++) {
      await superuser.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'keelson'");
      expect((await Promise.all([keys(), keys(), keys()])).map(({ status }) => status)).toEqual([200, 200, 200]);
    }
    await superuser.end();
  });
});

describe("while PostgreSQL stays unreachable", () => {
  test("a request gets a 503 with the reason and Retry-After; the process keeps running and recovers", async () => {
    await postgres.halt("fast");
    const startedAt = Date.now();
    const refused = await keys();
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    expect(refused.status).toBe(503);
    expect(refused.headers["retry-after"]).toBe("1");
    expect(refused.body.error).toMatchObject({
      code: "database/unavailable",
      hint: expect.stringContaining("try again"),
    });
    expect(refused.text).not.toContain("postgres://");
    expect(await services()).toContain("PostgreSQL unreachable");
    await postgres.resume();
    expect((await keys()).status).toBe(200);
    await expect.poll(services, BOUND).not.toContain("PostgreSQL unreachable");
  });

  test("a platform that starts first waits for it", async () => {
    await postgres.halt("fast");
    const secretsDirectory = await mkdtemp(join(tmpdir(), "keelson-secrets-"));
    const starting = startPlatform(postgres.url, { secretsDirectory });
    await expect.poll(() => existsSync(join(secretsDirectory, "internal/token")), BOUND).toBe(true);
    await postgres.resume();
    const late = await starting;
    expect((await late.call("GET", "/admin/session", { key: late.token })).status).toBe(200);
    await late.stop();
    await rm(secretsDirectory, { recursive: true });
  });
});
