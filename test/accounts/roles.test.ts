import { beforeAll, describe, expect, test } from "vitest";
import { type Answer, type Call, sessionOf } from "../support/accounts/platform.js";
import { runningPlatform } from "../support/accounts/running.js";

/** Two organisations, `red` and `blue`, each with an owner, an admin and a member; and an operator. */
const given = runningPlatform();
const ids: Record<string, string> = {};
const sessions: Record<string, Record<string, string>> = {};

beforeAll(async () => {
  for (const organisation of ["red", "blue"]) {
    await internal("POST", "/admin/organisations", { id: organisation });
    for (const role of ["owner", "admin", "member"]) {
      const who = `${organisation} ${role}`;
      const { body: user } = await internal("POST", "/admin/users", { name: role, role, organisation });
      ids[who] = user.id;
      await signIn(who, { user: user.id });
    }
  }
  const { body } = await internal("GET", "/admin/users?organisation=default");
  ids["operator"] = body.users[0].id;
  await signIn("operator", {});
});

const internal = (method: string, path: string, body?: unknown): Promise<Answer> =>
  given.platform.call(method, path, { key: given.platform.token, body });

async function signIn(who: string, of: unknown): Promise<void> {
  const { body: link } = await internal("POST", "/admin/sign-in-links", of);
  const answer = await given.platform.call("POST", "/admin/session", { body: { token: link.token } });
  sessions[who] = sessionOf(answer);
}

const call = (who: string, method: string, path: string, body?: unknown): Promise<Answer> => {
  const options: Call = { headers: sessions[who] ?? {} };
  return given.platform.call(method, path, body === undefined ? options : { ...options, body });
};
const status = async (...args: Parameters<typeof call>): Promise<number> => (await call(...args)).status;

describe("roles", () => {
  test("members create and see their own keys only, with the scopes inference and usage", async () => {
    const own = await call("red member", "POST", "/admin/keys", { name: "mine", scopes: ["inference", "usage"] });
    expect(own.status).toBe(201);
    const others = await call("red admin", "POST", "/admin/keys", { name: "theirs" });
    const { body } = await call("red member", "GET", "/admin/keys");
    expect(body.keys.map(({ id }: { id: string }) => id)).toEqual([own.body.id]);
    expect(await status("red member", "DELETE", `/admin/keys/${others.body.id}`)).toBe(404);
    expect(await status("red member", "POST", "/admin/keys", { name: "up", scopes: ["admin"] })).toBe(403);
    expect(await status("red member", "GET", "/admin/users")).toBe(403);
    expect(await status("red member", "GET", "/admin/audit")).toBe(403);
    expect(await status("red admin", "DELETE", `/admin/keys/${own.body.id}`)).toBe(200);
  });

  test("a key never has more rights than its user, also after the role of the user is lowered", async () => {
    const { body: user } = await internal("POST", "/admin/users", {
      name: "falling",
      role: "admin",
      organisation: "red",
    });
    await signIn("falling", { user: user.id });
    const { body: key } = await call("falling", "POST", "/admin/keys", { name: "k", scopes: ["admin"] });
    expect((await given.platform.call("GET", "/admin/users", { key: key.key })).status).toBe(200);
    await call("red owner", "PATCH", `/admin/users/${user.id}`, { role: "member" });
    expect((await given.platform.call("GET", "/admin/users", { key: key.key })).status).toBe(403);
    // The user signs in again, with the rights of the new role.
    expect(await status("falling", "GET", "/admin/users")).toBe(401);
    await signIn("falling", { user: user.id });
    expect(await status("falling", "GET", "/admin/users")).toBe(403);
  });

  test("disabling a user ends their sessions and keys on every replica at once", async () => {
    const { body: user } = await internal("POST", "/admin/users", {
      name: "leaving",
      role: "admin",
      organisation: "red",
    });
    await signIn("leaving", { user: user.id });
    const heard: string[] = [];
    const unwatch = given.platform.accounts.watch((change) => heard.push(change.kind));
    const { body: key } = await call("leaving", "POST", "/admin/keys", { name: "k", scopes: ["inference", "admin"] });
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual(["changed"]);
    expect(await status("red owner", "PATCH", `/admin/users/${user.id}`, { disabled: true })).toBe(200);
    expect(await status("leaving", "GET", "/admin/session")).toBe(401);
    expect((await given.platform.call("GET", "/admin/session", { key: key.key })).status).toBe(401);
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual(["changed", "changed"]);
    unwatch();
  });

  test("admins manage members and admins but not owners, and grant no higher role than their own", async () => {
    expect(await status("red admin", "PATCH", `/admin/users/${ids["red owner"]}`, { role: "member" })).toBe(403);
    expect(await status("red admin", "PATCH", `/admin/users/${ids["red admin"]}`, { role: "owner" })).toBe(403);
    expect(await status("red admin", "POST", "/admin/users", { name: "new", role: "owner" })).toBe(403);
    expect(await status("red admin", "PATCH", `/admin/users/${ids["red member"]}`, { role: "admin" })).toBe(200);
    expect(await status("red admin", "PATCH", `/admin/users/${ids["red member"]}`, { role: "member" })).toBe(200);
    expect(await status("red owner", "POST", "/admin/users", { name: "second", role: "owner" })).toBe(201);
  });

  test("an organisation always has an owner, even if two owners are disabled at the same time", async () => {
    const alone = await call("blue owner", "PATCH", `/admin/users/${ids["blue owner"]}`, { role: "member" });
    expect([alone.status, alone.body.error.code]).toEqual([409, "user/last-owner"]);
    const { body: other } = await internal("POST", "/admin/users", {
      name: "co-owner",
      role: "owner",
      organisation: "blue",
    });
    const enable = (id: string | undefined) => internal("PATCH", `/admin/users/${id}`, { disabled: false });
    // Repeated, because the two requests must overlap within a millisecond.
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(
        [ids["blue owner"], other.id].map((id) => internal("PATCH", `/admin/users/${id}`, { disabled: true })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      await enable(ids["blue owner"]);
      await enable(other.id);
    }
  });

  test("only operators create organisations, or act in another one", async () => {
    expect(await status("red owner", "POST", "/admin/organisations", { id: "mine" })).toBe(403);
    expect(await status("operator", "POST", "/admin/organisations", { id: "green", name: "Green & Co" })).toBe(201);
    expect(await status("operator", "POST", "/admin/organisations", { id: "green" })).toBe(409);
    expect(await status("operator", "POST", "/admin/keys", { name: "for them", organisation: "green" })).toBe(201);
    expect(await status("operator", "POST", "/admin/keys", { name: "lost", organisation: "nowhere" })).toBe(404);
    const { body } = await call("red owner", "GET", "/admin/organisations");
    expect(body.organisations.map(({ id }: { id: string }) => id)).toEqual(["red"]);
  });

  test("an owner of the operators' organisation cannot become an operator", async () => {
    const { body: user } = await internal("POST", "/admin/users", {
      name: "eve",
      role: "owner",
      organisation: "default",
    });
    await signIn("eve", { user: user.id });
    expect(await status("eve", "POST", "/admin/sign-in-links", { user: ids["operator"] })).toBe(403);
    expect(await status("eve", "PATCH", `/admin/users/${ids["operator"]}`, { disabled: true })).toBe(403);
    expect(await status("eve", "GET", "/admin/keys?organisation=red")).toBe(403);
  });
});

describe("another organisation", () => {
  test("cannot be reached by any operation of the admin API", async () => {
    // Disabled and enabled again by the test before: the earlier session has ended.
    await signIn("blue owner", { user: ids["blue owner"] });
    const { body: key } = await call("blue owner", "POST", "/admin/keys", { name: "blue key" });
    const { body: listed } = await call("blue owner", "GET", "/admin/sessions");
    const session = listed.sessions[0].id;
    const victim = ids["blue member"];
    const tries: [string, string, unknown?][] = [
      ["GET", "/admin/keys?organisation=blue"],
      ["POST", "/admin/keys", { name: "x", organisation: "blue" }],
      ["DELETE", `/admin/keys/${key.id}`],
      ["GET", "/admin/users?organisation=blue"],
      ["POST", "/admin/users", { name: "x", organisation: "blue" }],
      ["PATCH", `/admin/users/${victim}`, { role: "member" }],
      ["DELETE", `/admin/users/${victim}`],
      ["DELETE", `/admin/users/${victim}/sessions`],
      ["PATCH", "/admin/organisations/blue", { name: "taken over" }],
      ["DELETE", "/admin/organisations/blue"],
      ["GET", "/admin/sessions?organisation=blue"],
      ["POST", "/admin/sign-in-links", { user: victim }],
      ["GET", "/admin/audit?organisation=blue"],
      ["GET", "/admin/audit/verification?organisation=blue"],
      ["GET", "/admin/usage?organisation=blue"],
    ];
    for (const [method, path, body] of tries) {
      const answer = await call("red owner", method, path, body);
      expect([403, 404], `${method} ${path}`).toContain(answer.status);
      // The response does not reveal whether it exists, either.
      const nowhere = path
        .replace("blue", "nowhere")
        .replace(key.id, "key_nowhere")
        .replace(victim ?? "", "usr_nowhere");
      const other = JSON.parse(
        JSON.stringify(body ?? null)
          ?.replace("blue", "nowhere")
          .replace(victim ?? " ", "usr_nowhere"),
      );
      expect((await call("red owner", method, nowhere, other ?? undefined)).status, nowhere).toBe(answer.status);
    }
    // As for an id that does not exist: nothing is ended.
    expect((await call("red owner", "DELETE", `/admin/sessions/${session}`)).body).toEqual({ ended: 0 });
    expect(await status("blue owner", "GET", "/admin/session")).toBe(200);
    for (const path of [
      "/admin/sessions",
      "/admin/keys",
      "/admin/users",
      "/admin/audit",
      "/admin/organisations",
      "/admin/usage?by=organisation",
    ])
      expect((await call("red owner", "GET", path)).text).not.toContain("blue");
  });
});
