import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import pg from "pg";
import { pino } from "pino";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { PLATFORM_SCOPE } from "../../src/runtime/database/client.js";
import { startDatabase } from "../../src/runtime/database/index.js";
import { defineModules } from "../../src/runtime/kernel/define.js";
import { type Kernel, startKernel } from "../../src/runtime/kernel/kernel.js";
import { smallPlan } from "../support/accounts/plan.js";
import { type Platform, send, startPlatform } from "../support/accounts/platform.js";
import { freePort, startPostgres, type TestPostgres } from "../support/database/postgres.js";
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
const services = async (): Promise<string> =>
  (await send(platform.url, "GET", "/services", { key: platform.internalToken })).text;
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

  test("a process that starts first is alive and not ready, with the reason, for as long as the outage lasts", async () => {
    await postgres.halt("fast");
    const secretsDirectory = await mkdtemp(join(tmpdir(), "keelson-secrets-"));
    await mkdir(join(secretsDirectory, "database"));
    await writeFile(join(secretsDirectory, "database/url"), postgres.url);
    await mkdir(join(secretsDirectory, "internal"));
    await writeFile(join(secretsDirectory, "internal/token"), "token");
    const port = await freePort();
    let kernel: Kernel | undefined;
    const failures: unknown[] = [];
    const now = Date.now;
    // Each look at the clock is a minute after the one before.
    let passed = 0;
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + 60_000 * passed++);
    const starting = startKernel(defineModules({ database: { needs: [], start: startDatabase } }), {
      plan: smallPlan(),
      modules: ["database"],
      listen: { host: "127.0.0.1", port },
      dataDirectory: join(secretsDirectory, "data"),
      secretsDirectory,
      log: pino({ level: "silent" }),
    }).then(
      (started) => {
        kernel = started;
      },
      (error: unknown) => failures.push(error),
    );
    const page = async (path: string) => {
      const { statusCode, body } = await request(`http://127.0.0.1:${port}${path}`, {
        headers: { authorization: "Bearer token" },
      });
      return { status: statusCode, text: await body.text() };
    };
    // `expect.poll` reads the same clock.
    for (const before = passed; passed < before + 30; ) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(failures).toEqual([]);
    expect((await page("/health/liveness")).status).toBe(200);
    const readiness = await page("/health/readiness");
    expect(readiness.status).toBe(503);
    expect(readiness.text).toContain("waits for PostgreSQL: connect ECONNREFUSED");
    clock.mockRestore();
    await postgres.resume();
    await starting;
    expect(failures).toEqual([]);
    expect((await page("/health/readiness")).status).toBe(200);
    await kernel?.stop();
    await rm(secretsDirectory, { recursive: true });
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
