import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createToken } from "../../src/runtime/accounts/token.js";
import { sessionOf, startPlatform } from "../support/accounts/platform.js";
import { runningPlatform } from "../support/accounts/running.js";

const given = runningPlatform();

const link = async (body: unknown = {}) =>
  (await given.platform.call("POST", "/admin/sign-in-links", { key: given.platform.token, body })).body;
const signIn = (body: unknown) => given.platform.call("POST", "/admin/session", { body });

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
      proof: expect.any(String),
    });
    const [cookie] = [answer.headers["set-cookie"] ?? []].flat();
    expect(cookie).toMatch(/^keelson_session_\d+=kse_[0-9A-Za-z]{49};.*HttpOnly; SameSite=Strict$/);
    // Platforms on other ports of this host have cookies of their own.
    expect(cookie?.split("=")[0]).toBe(`keelson_session_${new URL(given.platform.url).port}`);
    expect(cookie).toContain("Path=/");
    const session = await given.platform.call("GET", "/admin/session", { headers: sessionOf(answer) });
    const { proof, ...caller } = answer.body;
    expect(session.body).toEqual(caller);
    expect(proof).toMatch(/^[\w-]{43}$/);
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
    const headers = sessionOf(await signIn({ token }));
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
    const headers = sessionOf(await signIn({ key: key.key }));
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

  test("needs both halves: the cookie, which every port of the host receives, and the proof, which pages of its origin have", async () => {
    const { cookie = "", ...proof } = sessionOf(await signIn({ token: (await link()).token }));
    const other = sessionOf(await signIn({ token: (await link()).token }));
    const answerTo = (headers: Record<string, string>) => given.platform.call("GET", "/admin/session", { headers });
    const code = async (headers: Record<string, string>) => (await answerTo(headers)).body.error.code;
    expect(await code({ cookie })).toBe("session/no-header");
    expect(await code({ cookie, "x-keelson": "1" })).toBe("session/ended");
    expect(await code({ cookie, "x-keelson": other["x-keelson"] ?? "" })).toBe("session/ended");
    expect(await code(proof)).toBe("credential/missing");
    expect((await answerTo({ cookie, ...proof })).status).toBe(200);
    const forged = await given.platform.call("POST", "/admin/keys", { headers: { cookie }, body: { name: "forged" } });
    expect(forged.status).toBe(401);
  });

  test("ends at sign-out, also on the server", async () => {
    const answer = await signIn({ token: (await link()).token });
    const headers = sessionOf(answer);
    const out = await given.platform.call("DELETE", "/admin/session", { headers });
    expect(out.status).toBe(204);
    expect(String(out.headers["set-cookie"])).toMatch(/keelson_session_\d+=;.*(Max-Age=0|Expires=Thu, 01 Jan 1970)/);
    expect((await given.platform.call("GET", "/admin/session", { headers })).status).toBe(401);
  });

  test("ends at its expiry", async () => {
    const headers = sessionOf(await signIn({ token: (await link()).token }));
    await given.superuser.query("update sessions set expires = now() + interval '200 milliseconds'");
    expect((await given.platform.call("GET", "/admin/session", { headers })).status).toBe(200);
    await sleep(300);
    expect((await given.platform.call("GET", "/admin/session", { headers })).status).toBe(401);
  });

  test("is stored as a hash, which is no valid session itself", async () => {
    const { proof } = (await signIn({ token: (await link()).token })).body;
    const { rows } = await given.superuser.query("select hash from sessions where expires > now() limit 1");
    for (const cookie of [rows[0].hash, `kse_${rows[0].hash}`])
      expect(
        (
          await given.platform.call("GET", "/admin/session", {
            headers: { cookie: `keelson_session_${new URL(given.platform.url).port}=${cookie}`, "x-keelson": proof },
          })
        ).status,
      ).toBe(401);
  });
});

describe("a client that guesses credentials", () => {
  test("is refused after twenty wrong credentials, while right ones from its address are accepted", async () => {
    const alone = await startPlatform(given.postgres.url);
    try {
      const body = { name: "ci", scopes: ["admin"] };
      const { key } = (await alone.call("POST", "/admin/keys", { key: alone.token, body })).body;
      const { body: signInLink } = await alone.call("POST", "/admin/sign-in-links", { key: alone.token, body: {} });
      const statuses = [];
      for (let attempt = 0; attempt < 22; attempt++) {
        const wrong = { key: createToken("kls") };
        const call = attempt % 2 ? wrong : { body: wrong };
        statuses.push((await alone.call(attempt % 2 ? "GET" : "POST", "/admin/session", call)).status);
      }
      expect(statuses).toEqual([...Array(20).fill(401), 429, 429]);
      const stopped = await alone.call("GET", "/admin/keys", { key: createToken("kls") });
      expect(stopped.body.error.code).toBe("credential/too-many");
      expect(Number(stopped.headers["retry-after"])).toBeGreaterThan(50);
      // None of these was sent to this process before.
      expect((await alone.call("GET", "/admin/session", { key })).status).toBe(200);
      expect((await alone.call("POST", "/admin/session", { body: { token: signInLink.token } })).status).toBe(200);
      expect((await alone.call("GET", "/admin/session", { key: alone.token })).status).toBe(200);
    } finally {
      await alone.stop();
    }
  });

  test("does not keep others of its address from signing in, with any number of connections and right checksums", async () => {
    const attacked = await startPlatform(given.postgres.url);
    try {
      const links = await Promise.all(Array.from({ length: 5 }, () => link()));
      const refused = new Set<number>();
      let sent = 0;
      let open = true;
      const flood = Array.from({ length: 100 }, async () => {
        while (open) {
          refused.add((await attacked.call("POST", "/admin/session", { body: { token: createToken("kll") } })).status);
          sent++;
        }
      });
      await expect.poll(() => sent, { timeout: 20_000 }).toBeGreaterThan(200);
      const statuses = [];
      for (const { token } of links)
        statuses.push((await attacked.call("POST", "/admin/session", { body: { token } })).status);
      open = false;
      await Promise.all(flood);
      expect(statuses).toEqual(Array(5).fill(200));
      expect(refused).toEqual(new Set([401, 429]));
    } finally {
      await attacked.stop();
    }
  });

  test("is refused without a look-up if the form or the checksum is wrong, however often", async () => {
    for (let attempt = 0; attempt < 25; attempt++)
      expect((await signIn({ token: "x" })).body.error.code).toBe("link/invalid");
    expect((await signIn({ token: createToken("kll") })).status).toBe(401);
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
