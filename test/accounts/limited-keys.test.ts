import { beforeAll, describe, expect, test } from "vitest";
import { type Answer, sessionOf } from "../support/accounts/platform.js";
import { runningPlatform } from "../support/accounts/running.js";

const given = runningPlatform();
const create = (key: string, body: unknown): Promise<Answer> =>
  given.platform.call("POST", "/admin/keys", { key, body });
const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
const inTwoHours = new Date(Date.now() + 7_200_000).toISOString();

/** A key with the scopes admin and inference, for one model and one hour. */
let limited: { readonly id: string; readonly key: string };
beforeAll(async () => {
  const body = { name: "limited", scopes: ["admin", "inference"], models: ["small"], expires: inAnHour };
  limited = (await create(given.platform.firstKey, body)).body;
});

describe("a key that is created with a limited key", () => {
  test("has the models and the expiry of its creator by default", async () => {
    const { status, body } = await create(limited.key, { name: "child" });
    expect([status, body.models, body.expires]).toEqual([201, ["small"], inAnHour]);
    expect(body.madeBy).toBe(`key:${limited.id}`);
  });

  test.each([
    ["all models", { models: null }],
    ["another model", { models: ["small", "large"] }],
    ["no expiry", { expires: null }],
    ["a later expiry", { expires: inTwoHours }],
  ])("cannot have %s that its creator lacks", async (_what, wanted) => {
    const { status, body } = await create(limited.key, { name: "child", ...wanted });
    expect([status, body.error?.code]).toEqual([403, "key/exceeds-maker"]);
  });

  test("cannot have a scope that its creator lacks; admin includes usage", async () => {
    const { key } = (await create(given.platform.firstKey, { name: "without inference", scopes: ["admin"] })).body;
    expect((await create(key, { name: "k", scopes: ["inference"] })).body.error.code).toBe("key/exceeds-maker");
    expect((await create(key, { name: "k", scopes: ["usage"] })).status).toBe(201);
  });

  test("has the same limits if its creator signed in first", async () => {
    const signedIn = await given.platform.call("POST", "/admin/session", { body: { key: limited.key } });
    const headers = sessionOf(signedIn);
    const refused = await given.platform.call("POST", "/admin/keys", { headers, body: { name: "k", models: null } });
    expect(refused.body.error.code).toBe("key/exceeds-maker");
    const { body: sessions } = await given.platform.call("GET", "/admin/sessions", { headers });
    const own = sessions.sessions.find(({ current }: { current: boolean }) => current);
    expect(own).toMatchObject({ key: limited.id, expires: inAnHour });
  });
});

describe("a limited key", () => {
  test.each([
    ["a user", "POST", "/admin/users", { name: "lasting" }],
    ["a sign-in link", "POST", "/admin/sign-in-links", {}],
  ])("cannot create %s, which would outlast it", async (_what, method, path, body) => {
    const answer = await given.platform.call(method, path, { key: limited.key, body });
    expect([answer.status, answer.body.error.code]).toEqual([403, "credential/limited"]);
  });

  test("cannot raise the role of a user, but can disable one", async () => {
    const user = await given.platform.call("POST", "/admin/users", {
      key: given.platform.firstKey,
      body: { name: "u" },
    });
    const change = (body: unknown) =>
      given.platform.call("PATCH", `/admin/users/${user.body.id}`, { key: limited.key, body });
    expect((await change({ role: "admin" })).body.error.code).toBe("credential/limited");
    expect((await change({ disabled: true })).status).toBe(200);
    expect((await change({ disabled: false })).body.error.code).toBe("credential/limited");
  });

  test("without every scope cannot create a sign-in link, whose session would have them", async () => {
    const { body: key } = await create(given.platform.firstKey, { name: "admin only", scopes: ["admin"] });
    const answer = await given.platform.call("POST", "/admin/sign-in-links", { key: key.key, body: {} });
    expect([answer.status, answer.body.error.code]).toEqual([403, "credential/limited"]);
  });
});

describe("revoking a key", () => {
  const status = async (key: string): Promise<number> =>
    (await given.platform.call("GET", "/admin/session", { key })).status;

  test("leaves the keys that were created with it valid, or revokes them all", async () => {
    const descend = async (key: string, name: string) => (await create(key, { name, scopes: ["admin"] })).body;
    const parent = await descend(given.platform.firstKey, "parent");
    const child = await descend(parent.key, "its child");
    const grandchild = await descend(child.key, "its grandchild");
    const revoke = (query: string) =>
      given.platform.call("DELETE", `/admin/keys/${parent.id}${query}`, { key: given.platform.firstKey });
    await revoke("");
    expect([await status(parent.key), await status(child.key)]).toEqual([401, 200]);
    await revoke("?children=true");
    expect([await status(child.key), await status(grandchild.key)]).toEqual([401, 401]);
    const { body: audit } = await given.platform.call("GET", "/admin/audit?limit=10", { key: given.platform.firstKey });
    const revoked = audit.entries.filter(({ act }: { act: string }) => act === "key.revoke");
    expect(revoked.map(({ subject }: { subject: string }) => subject).sort()).toEqual(
      [parent.id, child.id, grandchild.id].sort(),
    );
  });
});
