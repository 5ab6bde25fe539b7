import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { platformScope } from "../../src/runtime/database/client.js";
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

/** The tests' machine may be busy with others. */
const patient = { timeout: 10_000 };
const keys = () => platform.call("GET", "/admin/keys", { key: platform.firstKey });

describe("while PostgreSQL restarts", () => {
  test("a request waits for it and is answered", async () => {
    await postgres.halt("immediate");
    const asked = keys();
    await sleep(500);
    await postgres.resume();
    expect((await asked).status).toBe(200);
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
      await expect.poll(() => sent, patient).toBeGreaterThan(before + 20);
      await postgres.halt(how);
      await sleep(300);
      await postgres.resume();
    }
    stop = true;
    await Promise.all(writers);
    const after = await platform.call("GET", "/admin/usage?by=", { key: platform.token });
    expect(after.body.totals.requests - before.body.totals.requests).toBe(sent);
  });

  test("listeners are told that they may have missed changes, and hear the next one", async () => {
    const heard: string[] = [];
    const unwatch = platform.accounts.watch((change) => heard.push(change.kind));
    await postgres.halt("immediate");
    await postgres.resume();
    await expect.poll(() => heard, patient).toEqual(["reset"]);
    await platform.call("POST", "/admin/keys", { key: platform.firstKey, body: { name: "after" } });
    await expect.poll(() => heard, patient).toEqual(["reset", "changed"]);
    unwatch();
  });

  test("work that is not repeatable and was cut half-way fails, rather than be done twice", async () => {
    const tables = platform.database.tables<Record<never, never>>();
    let runs = 0;
    const cut = tables.transaction(platformScope, async (open) => {
      runs += 1;
      await sql`select pg_sleep(10)`.execute(open);
    });
    const failed = expect(cut).rejects.toMatchObject({ code: "database/unavailable" });
    await sleep(200);
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

describe("while PostgreSQL stays away", () => {
  test("a request is answered with 503, why, and when to come again; the process lives and recovers", async () => {
    await postgres.halt("fast");
    const began = Date.now();
    const refused = await keys();
    expect(Date.now() - began).toBeLessThan(15_000);
    expect(refused.status).toBe(503);
    expect(refused.headers["retry-after"]).toBe("1");
    expect(refused.body.error).toMatchObject({
      code: "database/unavailable",
      hint: expect.stringContaining("try again"),
    });
    expect(refused.text).not.toContain("postgres://");
    const services = await send(platform.url, "GET", "/services");
    expect(services.text).toContain("PostgreSQL is away");
    await postgres.resume();
    expect((await keys()).status).toBe(200);
    await expect
      .poll(async () => (await send(platform.url, "GET", "/services")).text, patient)
      .not.toContain("PostgreSQL is away");
  });

  test("a platform that starts first waits for it", async () => {
    await postgres.halt("fast");
    const secretsDirectory = await mkdtemp(join(tmpdir(), "keelson-secrets-"));
    const starting = startPlatform(postgres.url, { secretsDirectory });
    await sleep(700);
    await postgres.resume();
    const late = await starting;
    expect((await late.call("GET", "/admin/session", { key: late.token })).status).toBe(200);
    await late.stop();
    await rm(secretsDirectory, { recursive: true });
  });
});
