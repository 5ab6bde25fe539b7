import { beforeAll, describe, expect, test } from "vitest";
import { type Answer, sessionOf } from "../support/accounts/platform.js";
import { runningPlatform } from "../support/accounts/running.js";

const given = runningPlatform();
let owner: Record<string, string>;

const call = (headers: Record<string, string>, method: string, path: string, body?: unknown): Promise<Answer> =>
  given.platform.call(method, path, body === undefined ? { headers } : { headers, body });
const internal = (method: string, path: string, body?: unknown): Promise<Answer> =>
  given.platform.call(method, path, { key: given.platform.token, body });
const withKey = async (method: string, path: string, key: string): Promise<number> =>
  (await given.platform.call(method, path, { key })).status;

async function signIn(user: string): Promise<Record<string, string>> {
  const { body: link } = await internal("POST", "/admin/sign-in-links", { user });
  return sessionOf(await given.platform.call("POST", "/admin/session", { body: { token: link.token } }));
}
const createUser = async (name: string, role = "admin"): Promise<string> =>
  (await internal("POST", "/admin/users", { name, role, organisation: "red" })).body.id;

beforeAll(async () => {
  await internal("POST", "/admin/organisations", { id: "red" });
  owner = await signIn(await createUser("the owner", "owner"));
});

describe("a user who was disabled and is enabled again", () => {
  test("has none of the earlier sessions, keys and sign-in links", async () => {
    const user = await createUser("returning");
    const session = await signIn(user);
    const { body: key } = await call(session, "POST", "/admin/keys", { name: "k", scopes: ["admin"] });
    const { body: link } = await internal("POST", "/admin/sign-in-links", { user });
    await call(owner, "PATCH", `/admin/users/${user}`, { disabled: true });
    await call(owner, "PATCH", `/admin/users/${user}`, { disabled: false });
    expect((await call(session, "GET", "/admin/session")).status).toBe(401);
    expect(await withKey("GET", "/admin/session", key.key)).toBe(401);
    expect((await given.platform.call("POST", "/admin/session", { body: { token: link.token } })).status).toBe(401);
    const { body: listed } = await call(owner, "GET", "/admin/keys?status=revoked&search=k");
    expect(listed.keys).toMatchObject([{ id: key.id, status: "revoked" }]);
  });
});

describe("a user whose role changed", () => {
  test("signs in again, and earlier sign-in links are invalid", async () => {
    const user = await createUser("demoted");
    const session = await signIn(user);
    const { body: link } = await internal("POST", "/admin/sign-in-links", { user });
    await call(owner, "PATCH", `/admin/users/${user}`, { role: "member" });
    expect((await call(session, "GET", "/admin/session")).status).toBe(401);
    expect((await given.platform.call("POST", "/admin/session", { body: { token: link.token } })).status).toBe(401);
  });

  test("keeps the session if the change changes nothing", async () => {
    const user = await createUser("unchanged");
    const session = await signIn(user);
    await call(owner, "PATCH", `/admin/users/${user}`, { role: "admin" });
    expect((await call(session, "GET", "/admin/session")).status).toBe(200);
  });
});

describe("sessions", () => {
  test("are listed with their user, and the one of the request is marked", async () => {
    const user = await createUser("listed");
    const [first, second] = [await signIn(user), await signIn(user)];
    const { body } = await call(second, "GET", `/admin/sessions?user=${user}`);
    expect(body).toMatchObject({
      sessions: [
        { user, organisation: "red", key: null, current: true },
        { user, current: false },
      ],
      total: 2,
      next: null,
    });
    expect((await call(second, "DELETE", `/admin/sessions/${body.sessions[1].id}`)).body).toEqual({ ended: 1 });
    expect((await call(first, "GET", "/admin/session")).status).toBe(401);
    expect((await call(second, "GET", "/admin/session")).status).toBe(200);
  });

  test("of a member are listed and ended by the member alone and by admins", async () => {
    const [one, other] = [await createUser("one member", "member"), await createUser("other member", "member")];
    const [own, foreign] = [await signIn(one), await signIn(other)];
    const { body } = await call(own, "GET", "/admin/sessions");
    expect(body.sessions.map(({ user }: { user: string }) => user)).toEqual([one]);
    expect((await call(own, "DELETE", `/admin/users/${other}/sessions`)).status).toBe(404);
    const { body: others } = await call(foreign, "GET", "/admin/sessions");
    expect((await call(own, "DELETE", `/admin/sessions/${others.sessions[0].id}`)).body).toEqual({ ended: 0 });
    expect((await call(own, "DELETE", `/admin/users/${one}/sessions`)).body).toEqual({ ended: 1 });
    expect((await call(owner, "DELETE", `/admin/users/${other}/sessions`)).body).toEqual({ ended: 1 });
    expect((await call(foreign, "GET", "/admin/session")).status).toBe(401);
  });
});

describe("a key that ends with its session", () => {
  test("is refused after sign-out, on every replica at once", async () => {
    const session = await signIn(await createUser("playing"));
    const { body: key } = await call(session, "POST", "/admin/keys", {
      ...{ name: "playground", scopes: ["admin"], endsWithSession: true },
    });
    expect(key).toMatchObject({ endsWithSession: true, expires: expect.any(String) });
    expect(await withKey("GET", "/admin/session", key.key)).toBe(200);
    const changes: string[] = [];
    const unwatch = given.platform.accounts.watch(({ kind }) => changes.push(kind));
    await call(session, "DELETE", "/admin/session");
    expect(await withKey("GET", "/admin/session", key.key)).toBe(401);
    await expect.poll(() => changes, { timeout: 10_000 }).toContain("changed");
    unwatch();
  });

  test("is refused after sign-out if it is a key of another organisation", async () => {
    await internal("POST", "/admin/organisations", { id: "blue" });
    const { body: operator } = await internal("POST", "/admin/users", {
      ...{ name: "operating", role: "owner", organisation: "red", operator: true },
    });
    const session = await signIn(operator.id);
    const { status, body: key } = await call(session, "POST", "/admin/keys", {
      ...{ name: "playground", scopes: ["admin"], organisation: "blue", endsWithSession: true },
    });
    expect([status, key.organisation]).toEqual([201, "blue"]);
    expect(await withKey("GET", "/admin/session", key.key)).toBe(200);
    await call(session, "DELETE", "/admin/session");
    expect(await withKey("GET", "/admin/session", key.key)).toBe(401);
  });

  test("cannot be created without a session", async () => {
    const { status, body } = await given.platform.call("POST", "/admin/keys", {
      ...{ key: given.platform.firstKey, body: { name: "k", endsWithSession: true } },
    });
    expect([status, body.error.code]).toEqual([400, "key/no-session"]);
  });
});
