import { beforeAll, describe, expect, test } from "vitest";
import { type Answer, sessionOf } from "../support/accounts/platform.js";
import { runningPlatform } from "../support/accounts/running.js";
import { event } from "../support/usage/events.js";

const given = runningPlatform();
let owner: Record<string, string>;

const call = (headers: Record<string, string>, method: string, path: string, body?: unknown): Promise<Answer> =>
  given.platform.call(method, path, body === undefined ? { headers } : { headers, body });
const operator = (method: string, path: string, body?: unknown): Promise<Answer> =>
  given.platform.call(method, path, { key: given.platform.token, body });
const withKey = async (key: string): Promise<number> =>
  (await given.platform.call("GET", "/admin/session", { key })).status;
const signInWith = (token: string): Promise<Answer> =>
  given.platform.call("POST", "/admin/session", { body: { token } });
const linkOf = async (user: string): Promise<string> =>
  (await operator("POST", "/admin/sign-in-links", { user })).body.token;
const signIn = async (user: string): Promise<Record<string, string>> => sessionOf(await signInWith(await linkOf(user)));
const createUser = async (name: string, role = "admin", organisation = "red"): Promise<string> =>
  (await operator("POST", "/admin/users", { name, role, organisation })).body.id;
const newestAct = async (organisation: string) =>
  (await operator("GET", `/admin/audit?organisation=${organisation}&limit=1`)).body.entries[0];

beforeAll(async () => {
  await operator("POST", "/admin/organisations", { id: "red", name: "Red" });
  owner = await signIn(await createUser("the owner", "owner"));
});

describe("a deleted user", () => {
  test("has no session, key or sign-in link, on every replica at once", async () => {
    const user = await createUser("leaving");
    const session = await signIn(user);
    const { body: key } = await call(session, "POST", "/admin/keys", { name: "k", scopes: ["admin"] });
    const link = await linkOf(user);
    expect(await withKey(key.key)).toBe(200);
    const heard: string[] = [];
    const unwatch = given.platform.accounts.watch(({ kind }) => heard.push(kind));
    const { status, body } = await call(owner, "DELETE", `/admin/users/${user}`);
    expect([status, body.name, body.disabled]).toEqual([200, "leaving", true]);
    expect(body.deleted).toEqual(expect.any(String));
    expect((await call(session, "GET", "/admin/session")).status).toBe(401);
    expect(await withKey(key.key)).toBe(401);
    expect((await signInWith(link)).status).toBe(401);
    await expect.poll(() => heard, { timeout: 10_000 }).toContain("changed");
    unwatch();
    expect(await newestAct("red")).toMatchObject({
      act: "user.delete",
      subject: user,
      detail: { name: "leaving", ended: { sessions: 1, links: 1, keys: 1 } },
    });
  });

  test("is in no list but that of deleted users, cannot be changed, and leaves its name to another", async () => {
    const user = await createUser("brief");
    await call(owner, "DELETE", `/admin/users/${user}`);
    const listed = async (query: string) =>
      (await call(owner, "GET", `/admin/users${query}`)).body.users.map(({ id }: { id: string }) => id);
    expect(await listed("")).not.toContain(user);
    expect(await listed("?status=disabled")).not.toContain(user);
    expect(await listed("?status=deleted")).toContain(user);
    for (const [method, path, body] of [
      ["PATCH", `/admin/users/${user}`, { disabled: false }],
      ["DELETE", `/admin/users/${user}`],
      ["DELETE", `/admin/users/${user}/sessions`],
      ["POST", "/admin/sign-in-links", { user }],
    ] as const)
      expect((await operator(method, path, body)).body.error.code, `${method} ${path}`).toBe("user/unknown");
    expect(await createUser("brief")).not.toBe(user);
  });

  test("leaves the names of the keys in the usage of the organisation", async () => {
    const user = await createUser("metered");
    const session = await signIn(user);
    const { body: key } = await call(session, "POST", "/admin/keys", { name: "of the metered" });
    await given.platform.usage.record([event({ organisation: "red", keyId: key.id, at: Date.now() })]);
    await call(owner, "DELETE", `/admin/users/${user}`);
    const { body } = await call(owner, "GET", "/admin/usage?by=key");
    expect(body.rows).toContainEqual(expect.objectContaining({ key: key.id, requests: 1 }));
    expect(body.keyNames).toMatchObject({ [key.id]: "of the metered" });
  });

  test("is neither the last owner nor one whom the caller may not manage", async () => {
    const { body: users } = await call(owner, "GET", "/admin/users?role=owner");
    const alone = await call(owner, "DELETE", `/admin/users/${users.users[0].id}`);
    expect([alone.status, alone.body.error.code]).toEqual([409, "user/last-owner"]);
    const admin = await signIn(await createUser("an admin"));
    expect((await call(admin, "DELETE", `/admin/users/${users.users[0].id}`)).status).toBe(403);
  });

  test("is one of two owners, if both are deleted at the same time", async () => {
    await operator("POST", "/admin/organisations", { id: "pair" });
    const pair = [await createUser("one", "owner", "pair"), await createUser("two", "owner", "pair")];
    const answers = await Promise.all(pair.map((id) => operator("DELETE", `/admin/users/${id}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

describe("a renamed user", () => {
  test("keeps sessions and keys; the audit log has both names", async () => {
    const user = await createUser("old name");
    const session = await signIn(user);
    const { status, body } = await call(owner, "PATCH", `/admin/users/${user}`, { name: "new name" });
    expect([status, body.name, body.role]).toEqual([200, "new name", "admin"]);
    expect((await call(session, "GET", "/admin/session")).body.user).toEqual({ id: user, name: "new name" });
    expect((await newestAct("red")).detail).toMatchObject({ name: "new name", previous: "old name" });
  });

  test("does not get the name of another user", async () => {
    await createUser("taken");
    const { status, body } = await call(owner, "PATCH", `/admin/users/${await createUser("wanting")}`, {
      name: "taken",
    });
    expect([status, body.error.code]).toEqual([409, "user/exists"]);
  });
});

describe("a deleted organisation", () => {
  test("has no valid credential; its usage and audit log stay readable, and its id stays its own", async () => {
    await operator("POST", "/admin/organisations", { id: "green", name: "Green" });
    const user = await createUser("green owner", "owner", "green");
    const session = await signIn(user);
    const { body: key } = await call(session, "POST", "/admin/keys", { name: "green key", scopes: ["admin"] });
    const { body: ofItself } = await operator("POST", "/admin/keys", {
      ...{ name: "ci", scopes: ["admin"], organisation: "green" },
    });
    const link = await linkOf(user);
    await given.platform.usage.record([event({ organisation: "green", keyId: key.id, at: Date.now() })]);
    const { status, body } = await operator("DELETE", "/admin/organisations/green");
    expect([status, body.id, body.deleted]).toEqual([200, "green", expect.any(String)]);

    expect((await call(session, "GET", "/admin/session")).status).toBe(401);
    expect([await withKey(key.key), await withKey(ofItself.key)]).toEqual([401, 401]);
    expect((await signInWith(link)).status).toBe(401);
    expect(await newestAct("green")).toMatchObject({
      act: "organisation.delete",
      detail: { name: "Green", ended: { users: 1, sessions: 1, links: 1, keys: 2 } },
    });
    const { body: verdict } = await operator("GET", "/admin/audit/verification?organisation=green");
    expect(verdict.intact).toBe(true);
    const { body: usage } = await operator("GET", "/admin/usage?by=key&organisation=green");
    expect(usage).toMatchObject({ rows: [{ key: key.id, requests: 1 }], keyNames: { [key.id]: "green key" } });

    for (const [path, wanted] of [
      ["/admin/users", { name: "late", organisation: "green" }],
      ["/admin/keys", { name: "late", organisation: "green" }],
    ] as const)
      expect((await operator("POST", path, wanted)).body.error.code, path).toBe("organisation/unknown");
    expect((await operator("DELETE", "/admin/organisations/green")).body.error.code).toBe("organisation/unknown");
    const again = await operator("POST", "/admin/organisations", { id: "green" });
    expect([again.status, again.body.error.code]).toEqual([409, "organisation/exists"]);
    const ids = async (query: string) =>
      (await operator("GET", `/admin/organisations${query}`)).body.organisations.map(({ id }: { id: string }) => id);
    expect([await ids(""), await ids("?status=deleted")]).toEqual([
      expect.not.arrayContaining(["green"]),
      expect.arrayContaining(["green"]),
    ]);
  });

  test("gets no key from a request of the same moment", async () => {
    for (let round = 0; round < 10; round++) {
      const organisation = `brief-${round}`;
      await operator("POST", "/admin/organisations", { id: organisation });
      const [created] = await Promise.all([
        operator("POST", "/admin/keys", { name: "racing", scopes: ["admin"], organisation }),
        operator("DELETE", `/admin/organisations/${organisation}`),
      ]);
      if (created.status === 201) expect(await withKey(created.body.key), organisation).toBe(401);
      else expect(created.body.error.code).toBe("organisation/unknown");
    }
  });

  test("is not the one of the users who run the platform", async () => {
    const { status, body } = await operator("DELETE", "/admin/organisations/default");
    expect([status, body.error.code]).toEqual([409, "organisation/of-operators"]);
    expect((await call(owner, "DELETE", "/admin/organisations/red")).status).toBe(403);
  });
});

describe("a renamed organisation", () => {
  test("keeps its id; an owner renames only the own one", async () => {
    const { status, body } = await call(owner, "PATCH", "/admin/organisations/red", { name: "Redder" });
    expect([status, body.id, body.name]).toEqual([200, "red", "Redder"]);
    expect(await newestAct("red")).toMatchObject({
      act: "organisation.change",
      detail: { name: "Redder", previous: "Red" },
    });
    expect((await call(owner, "PATCH", "/admin/organisations/default", { name: "x" })).status).toBe(404);
  });
});
