import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { cookieOf, startPlatform } from "../support/accounts/platform.js";
import { runningPlatform } from "../support/accounts/running.js";

const given = runningPlatform();

const link = async (body: unknown = {}) =>
  (await given.platform.call("POST", "/admin/sign-in-links", { key: given.platform.token, body })).body;
const signIn = (body: unknown) => given.platform.call("POST", "/admin/session", { body });
const change = { "x-keelson": "1" };

describe("a sign-in link", () => {
  test("signs an operator in, with a cookie that scripts and other sites cannot use", async () => {
    const { token, url, expires } = await link();
    expect(url).toBe(`${given.platform.url}/sign-in#token=${token}`);
    expect(Date.parse(expires) - Date.now()).toBeLessThanOrEqual(600_000);
    const answer = await signIn({ token });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      user: { id: expect.stringMatching(/^usr_/), name: "owner" },
      organisation: "default",
      role: "owner",
      scopes: ["inference", "admin", "usage"],
      operator: true,
      platform: "test",
      environment: "default",
    });
    const [cookie] = [answer.headers["set-cookie"] ?? []].flat();
    expect(cookie).toMatch(/^keelson_session=kse_[0-9A-Za-z]{49};.*HttpOnly; SameSite=Strict$/);
    expect(cookie).toContain("Path=/");
    const session = await given.platform.call("GET", "/admin/session", { headers: cookieOf(answer) });
    expect(session.body).toEqual(answer.body);
  });

  test("is valid once, even for concurrent attempts", async () => {
    const { token } = await link();
    const answers = await Promise.all([signIn({ token }), signIn({ token }), signIn({ token })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
  });

  test("is refused after its expiry", async () => {
    const { token } = await link();
    await given.superuser.query("update sign_in_links set expires = now() - interval '1 second'");
    expect((await signIn({ token })).body.error.code).toBe("link/invalid");
  });

  test("is created by owners only", async () => {
    const { body: user } = await given.platform.call("POST", "/admin/users", {
      key: given.platform.token,
      body: { name: "ada", role: "admin" },
    });
    const { token } = await link({ user: user.id });
    const headers = { ...cookieOf(await signIn({ token })), ...change };
    const refused = await given.platform.call("POST", "/admin/sign-in-links", { headers, body: {} });
    expect([refused.status, refused.body.error.code]).toEqual([403, "role/too-low"]);
  });
});

describe("a session", () => {
  test("starts with a key that has the scope admin, and ends with that key", async () => {
    const { body: key } = await given.platform.call("POST", "/admin/keys", {
      key: given.platform.firstKey,
      body: { name: "admin", scopes: ["admin"] },
    });
    const headers = cookieOf(await signIn({ key: key.key }));
    expect((await given.platform.call("GET", "/admin/session", { headers })).status).toBe(200);
    await given.platform.call("DELETE", `/admin/keys/${key.id}`, { key: given.platform.firstKey });
    const ended = await given.platform.call("GET", "/admin/session", { headers });
    expect([ended.status, ended.body.error.code]).toEqual([401, "session/ended"]);
  });

  test("does not start with a key that has only the scope inference", async () => {
    const { body: key } = await given.platform.call("POST", "/admin/keys", {
      key: given.platform.firstKey,
      body: { name: "inference" },
    });
    const refused = await signIn({ key: key.key });
    expect([refused.status, refused.body.error.code]).toEqual([403, "scope/missing"]);
  });

  test("cannot change anything without the header that another site cannot send", async () => {
    const headers = cookieOf(await signIn({ token: (await link()).token }));
    const body = { name: "forged" };
    const refused = await given.platform.call("POST", "/admin/keys", { headers, body });
    expect([refused.status, refused.body.error.code]).toEqual([403, "session/no-header"]);
    expect(
      (await given.platform.call("POST", "/admin/keys", { headers: { ...headers, ...change }, body })).status,
    ).toBe(201);
  });

  test("ends at sign-out, also on the server", async () => {
    const answer = await signIn({ token: (await link()).token });
    const headers = { ...cookieOf(answer), ...change };
    const out = await given.platform.call("DELETE", "/admin/session", { headers });
    expect(out.status).toBe(204);
    expect(String(out.headers["set-cookie"])).toMatch(/keelson_session=;.*(Max-Age=0|Expires=Thu, 01 Jan 1970)/);
    expect((await given.platform.call("GET", "/admin/session", { headers })).status).toBe(401);
  });

  test("ends at its expiry", async () => {
    const headers = cookieOf(await signIn({ token: (await link()).token }));
    await given.superuser.query("update sessions set expires = now() + interval '200 milliseconds'");
    expect((await given.platform.call("GET", "/admin/session", { headers })).status).toBe(200);
    await sleep(300);
    expect((await given.platform.call("GET", "/admin/session", { headers })).status).toBe(401);
  });

  test("is stored as a hash, which is no valid session itself", async () => {
    await signIn({ token: (await link()).token });
    const { rows } = await given.superuser.query("select hash from sessions where expires > now() limit 1");
    for (const cookie of [rows[0].hash, `kse_${rows[0].hash}`])
      expect(
        (await given.platform.call("GET", "/admin/session", { headers: { cookie: `keelson_session=${cookie}` } }))
          .status,
      ).toBe(401);
  });
});

describe("a client that guesses credentials", () => {
  test("is blocked after twenty invalid credentials, with the time to wait", async () => {
    const alone = await startPlatform(given.postgres.url);
    try {
      const wrong = { key: `kls_${"0".repeat(49)}` };
      const { key } = (
        await alone.call("POST", "/admin/keys", { key: alone.token, body: { name: "ci", scopes: ["admin"] } })
      ).body;
      expect((await alone.call("GET", "/admin/organisations", { key })).status).not.toBe(401);
      const statuses = [];
      for (let attempt = 0; attempt < 22; attempt++)
        statuses.push(
          (await alone.call(attempt % 2 ? "GET" : "POST", "/admin/session", attempt % 2 ? wrong : { body: wrong }))
            .status,
        );
      expect(statuses).toEqual([...Array(20).fill(401), 429, 429]);
      const stopped = await alone.call("GET", "/admin/keys", wrong);
      expect(stopped.body.error.code).toBe("credential/too-many");
      expect(Number(stopped.headers["retry-after"])).toBeGreaterThan(50);
      // The platform's own processes on this machine share the address and are not blocked.
      expect((await alone.call("GET", "/admin/session", { key: alone.token })).status).toBe(200);
      // Nor are clients with a valid key: one invalid client behind a proxy does not block the others.
      expect((await alone.call("GET", "/admin/organisations", { key })).status).not.toBe(429);
    } finally {
      await alone.stop();
    }
  });

  test("cannot distinguish unknown, mistyped and revoked keys by the response", async () => {
    const { body: key } = await given.platform.call("POST", "/admin/keys", {
      key: given.platform.firstKey,
      body: { name: "gone", scopes: ["admin"] },
    });
    await given.platform.call("DELETE", `/admin/keys/${key.id}`, { key: given.platform.firstKey });
    const answers = await Promise.all(
      [key.key, `kls_${"1".repeat(49)}`, "x", "kls_é"].map((tried) =>
        given.platform.call("GET", "/admin/keys", {
          headers: { authorization: `Bearer ${Buffer.from(tried).toString("latin1")}` },
        }),
      ),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
  });
});
