import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, sessionOf } from "../support/accounts/platform.js";
import { runningPlatform } from "../support/accounts/running.js";
import { until } from "../support/until.js";

const given = runningPlatform();
/** Holds locks, so that a request is stopped at a known step. */
let blocker: pg.Client;
beforeAll(async () => {
  blocker = new pg.Client(given.postgres.superuserUrl);
  await blocker.connect();
});
afterAll(() => blocker?.end());

const call = (key: string, method: string, path: string, body?: unknown): Promise<Answer> =>
  given.platform.call(method, path, body === undefined ? { key } : { key, body });
const status = async (key: string): Promise<number> => (await call(key, "GET", "/admin/session")).status;
let created = 0;
const createKey = async (key: string, name = `key ${++created}`): Promise<{ id: string; key: string }> =>
  (await call(key, "POST", "/admin/keys", { name, scopes: ["admin", "inference", "usage"] })).body;

/** Resolves once `count` transactions of the platform wait for a lock. */
const waiting = (count: number): Promise<void> =>
  until(async () => {
    const { rows } = await given.superuser.query(
      `select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'keelson-%'`,
    );
    return rows.length >= count;
  }, `${count} waiting transactions`);

/** Runs `during` while the request that `start` sends waits for what `lock` holds; then resolves with its answer. */
async function whileStopped(lock: string, start: () => Promise<Answer>, during: () => Promise<void>): Promise<Answer> {
  await blocker.query("begin");
  try {
    await blocker.query(lock);
    const answer = start();
    await waiting(1);
    await during();
    await blocker.query("commit");
    return await answer;
  } finally {
    await blocker.query("rollback");
  }
}

/** The first thing that a request which creates something locks. Revoking a key does not. */
const ORGANISATION = "select 1 from organisations where id = 'default' for update";
/** What every request locks last. */
const AUDIT = "select pg_advisory_xact_lock(hashtextextended('keelson-audit default', 0))";

describe("a credential that is revoked between the authentication of a request and what it creates", () => {
  test("creates no key", async () => {
    const parent = await createKey(given.platform.firstKey);
    const answer = await whileStopped(
      ORGANISATION,
      () => call(parent.key, "POST", "/admin/keys", { name: "late" }),
      async () => {
        const revoked = await call(given.platform.firstKey, "DELETE", `/admin/keys/${parent.id}?children=true`);
        expect(revoked.status).toBe(200);
      },
    );
    expect([answer.status, answer.body.error?.code]).toEqual([401, "credential/invalid"]);
    const { body } = await call(given.platform.firstKey, "GET", "/admin/keys?search=late");
    expect(body.keys).toEqual([]);
  });

  test.each([
    ["user", "/admin/users", { name: "late" }],
    ["sign-in link", "/admin/sign-in-links", {}],
  ])("creates no %s", async (_what, path, body) => {
    const parent = await createKey(given.platform.firstKey);
    const { body: user } = await call(given.platform.token, "POST", "/admin/users", {
      ...{ name: `owner ${path}`, role: "owner" },
    });
    const wanted = path === "/admin/users" ? body : { user: user.id };
    const answer = await whileStopped(
      ORGANISATION,
      () => call(parent.key, "POST", path, wanted),
      async () => {
        expect((await call(given.platform.firstKey, "DELETE", `/admin/keys/${parent.id}`)).status).toBe(200);
      },
    );
    expect([answer.status, answer.body.error?.code]).toEqual([401, "credential/invalid"]);
  });

  test("creates no key if its session was ended", async () => {
    const session = sessionOf(
      await given.platform.call("POST", "/admin/session", { body: { key: given.platform.firstKey } }),
    );
    const answer = await whileStopped(
      ORGANISATION,
      () =>
        given.platform.call("POST", "/admin/keys", { headers: session, body: { name: "late", endsWithSession: true } }),
      async () => {
        expect((await given.platform.call("DELETE", "/admin/session", { headers: session })).status).toBe(204);
      },
    );
    expect([answer.status, answer.body.error?.code]).toEqual([401, "session/ended"]);
  });

  test("creates no key if its user was disabled, also not for the time after the user is enabled again", async () => {
    const { body: user } = await call(given.platform.token, "POST", "/admin/users", { name: "leaving", role: "admin" });
    const { body: link } = await call(given.platform.token, "POST", "/admin/sign-in-links", { user: user.id });
    const session = sessionOf(await given.platform.call("POST", "/admin/session", { body: { token: link.token } }));
    // Disabling locks the organisation too: it waits in front of the request, whose turn comes after it.
    await blocker.query("begin");
    await blocker.query(ORGANISATION);
    const disabled = call(given.platform.token, "PATCH", `/admin/users/${user.id}`, { disabled: true });
    await waiting(1);
    const created = given.platform.call("POST", "/admin/keys", { headers: session, body: { name: "late" } });
    await waiting(2);
    await blocker.query("commit");
    expect((await disabled).status).toBe(200);
    expect((await created).status).toBe(401);
    await call(given.platform.token, "PATCH", `/admin/users/${user.id}`, { disabled: false });
    const { body } = await call(given.platform.firstKey, "GET", `/admin/keys?user=${user.id}`);
    expect(body.keys).toEqual([]);
  });
});

describe("what is created while its creator is being revoked with everything that it created", () => {
  test("is revoked too: a key, and a key that was created with a key", async () => {
    const parent = await createKey(given.platform.firstKey, "parent");
    const child = await createKey(parent.key, "child");
    let revoked: Promise<Answer> | undefined;
    const grandchild = await whileStopped(
      AUDIT,
      () => call(child.key, "POST", "/admin/keys", { name: "grandchild", scopes: ["admin"] }),
      async () => {
        revoked = call(given.platform.firstKey, "DELETE", `/admin/keys/${parent.id}?children=true`);
        // For the child, whose row the request keeps valid.
        await waiting(2);
      },
    );
    expect([grandchild.status, (await revoked)?.status]).toEqual([201, 200]);
    expect(await Promise.all([parent.key, child.key, grandchild.body.key].map(status))).toEqual([401, 401, 401]);
  });

  test("is ended too: the session of a sign-in link", async () => {
    const parent = await createKey(given.platform.firstKey);
    const link = async () => (await call(parent.key, "POST", "/admin/sign-in-links", {})).body.token;
    const [used, unused] = [await link(), await link()];
    const signIn = (token: string): Promise<Answer> =>
      given.platform.call("POST", "/admin/session", { body: { token } });
    const session = sessionOf(await signIn(used));
    await call(given.platform.firstKey, "DELETE", `/admin/keys/${parent.id}`);
    expect((await signIn(unused)).status).toBe(401);
    expect((await given.platform.call("GET", "/admin/session", { headers: session })).status).toBe(200);
    await call(given.platform.firstKey, "DELETE", `/admin/keys/${parent.id}?children=true`);
    expect((await given.platform.call("GET", "/admin/session", { headers: session })).status).toBe(401);
  });
});

describe("the audit log", () => {
  const revocations = async (): Promise<readonly { subject: string; detail: object; actor: string }[]> =>
    (await call(given.platform.token, "GET", "/admin/audit?limit=50")).body.entries.filter(
      ({ act }: { act: string }) => act === "key.revoke",
    );

  test("has an entry for each key that is revoked with its user", async () => {
    const { body: user } = await call(given.platform.token, "POST", "/admin/users", {
      name: "with keys",
      role: "admin",
    });
    const { body: link } = await call(given.platform.token, "POST", "/admin/sign-in-links", { user: user.id });
    const headers = sessionOf(await given.platform.call("POST", "/admin/session", { body: { token: link.token } }));
    const ids: string[] = [];
    for (const name of ["one", "two"])
      ids.push((await given.platform.call("POST", "/admin/keys", { headers, body: { name } })).body.id);
    await call(given.platform.token, "PATCH", `/admin/users/${user.id}`, { disabled: true });
    const entries = (await revocations()).filter(({ subject }) => ids.includes(subject));
    expect(entries.map(({ subject }) => subject).sort()).toEqual([...ids].sort());
    for (const { detail, actor } of entries) expect([detail, actor]).toEqual([{ user: user.id }, "operator"]);
  });

  test("has an entry for the key that ends with a session, however the session ends", async () => {
    const user = (await call(given.platform.token, "POST", "/admin/users", { name: "twice", role: "admin" })).body.id;
    for (const end of ["sign-out", "by id", "everywhere"]) {
      const { body: link } = await call(given.platform.token, "POST", "/admin/sign-in-links", { user });
      const headers = sessionOf(await given.platform.call("POST", "/admin/session", { body: { token: link.token } }));
      const body = { name: "playground", endsWithSession: true };
      const { body: key } = await given.platform.call("POST", "/admin/keys", { headers, body });
      const { body: listed } = await given.platform.call("GET", "/admin/sessions", { headers });
      const session = listed.sessions.find(({ current }: { current: boolean }) => current).id;
      if (end === "sign-out") await given.platform.call("DELETE", "/admin/session", { headers });
      else if (end === "by id") await call(given.platform.firstKey, "DELETE", `/admin/sessions/${session}`);
      else await call(given.platform.firstKey, "DELETE", `/admin/users/${user}/sessions`);
      const found = (await revocations()).filter(({ subject }) => subject === key.id);
      expect([end, found.map(({ detail }) => detail)]).toEqual([end, [{ session }]]);
    }
  });
});
