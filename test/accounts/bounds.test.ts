import { beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../support/accounts/platform.js";
import { runningPlatform } from "../support/accounts/running.js";

const given = runningPlatform();
const call = (key: string, method: string, path: string, body?: unknown): Promise<Answer> =>
  given.platform.call(method, path, body === undefined ? { key } : { key, body });
const operator = (method: string, path: string, body?: unknown): Promise<Answer> =>
  call(given.platform.token, method, path, body);
const refusal = ({ status, body }: Answer) => [status, body.error?.code, typeof body.error?.hint];

/** Keys that are valid, unless `expires` has passed. */
const insertKeys = (count: number, organisation: string, user: string | null, expires: string | null = null) =>
  given.superuser.query(
    `insert into api_keys (id, organisation, user_id, name, hash, prefix, scopes, expires)
     select 'key_' || md5(random()::text), $1, $2, 'k' || n, encode(sha256(random()::text::bytea), 'hex'), 'kls_', '{inference}', $3
     from generate_series(1, ${count}) n`,
    [organisation, user, expires],
  );
const insertSessions = (count: number, organisation: string, user: string | null, key: string | null) =>
  given.superuser.query(
    `insert into sessions (id, hash, organisation, user_id, key_id, expires)
     select 'ses_' || md5(random()::text), md5(random()::text), $1, $2, $3, now() + interval '1 hour'
     from generate_series(1, ${count})`,
    [organisation, user, key],
  );

/** A user with a key of its own, in an organisation of its own. */
async function userIn(organisation: string): Promise<{ id: string; key: string; keyId: string }> {
  await operator("POST", "/admin/organisations", { id: organisation });
  const { body: user } = await operator("POST", "/admin/users", { name: "ann", role: "owner", organisation });
  const { body: key } = await operator("POST", "/admin/keys", {
    ...{ name: "k", scopes: ["admin", "inference", "usage"], organisation },
  });
  await given.superuser.query("update api_keys set user_id = $1 where id = $2", [user.id, key.id]);
  return { id: user.id, key: key.key, keyId: key.id };
}

describe("API keys", () => {
  test("of one user have a maximum; revoked and expired ones do not count", async () => {
    const ann = await userIn("keys");
    await insertKeys(50, "keys", ann.id, "2026-01-01T00:00:00Z");
    await insertKeys(998, "keys", ann.id);
    const { status, body: last } = await call(ann.key, "POST", "/admin/keys", { name: "the 1,000th" });
    expect(status).toBe(201);
    const refused = await call(ann.key, "POST", "/admin/keys", { name: "one more" });
    expect(refusal(refused)).toEqual([409, "key/too-many", "string"]);
    expect(refused.body.error.message).toContain("1000 valid keys");
    await call(ann.key, "DELETE", `/admin/keys/${last.id}`);
    expect((await call(ann.key, "POST", "/admin/keys", { name: "instead" })).status).toBe(201);
  });

  test("of one organisation have a maximum, which affects no other organisation", async () => {
    const ann = await userIn("many");
    await insertKeys(9_999, "many", null);
    expect(refusal(await call(ann.key, "POST", "/admin/keys", { name: "one more" }))).toEqual([
      409,
      "key/too-many",
      "string",
    ]);
    expect((await call(given.platform.firstKey, "POST", "/admin/keys", { name: "k" })).status).toBe(201);
  });

  test("do not exceed the maximum if they are created at the same time", async () => {
    const ann = await userIn("together");
    await insertKeys(995, "together", ann.id);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => call(ann.key, "POST", "/admin/keys", { name: `together ${n}` })),
    );
    expect(answers.filter(({ status }) => status === 201).length).toBe(4);
    expect(answers.filter(({ status }) => status === 409).length).toBe(4);
  });
});

describe("sessions", () => {
  let ann: Awaited<ReturnType<typeof userIn>>;
  beforeAll(async () => {
    ann = await userIn("sessions");
  });
  const signIn = (body: unknown): Promise<Answer> => given.platform.call("POST", "/admin/session", { body });
  const link = async (): Promise<string> =>
    (await operator("POST", "/admin/sign-in-links", { user: ann.id })).body.token;

  test("of one key have a maximum, which does not keep its user from signing in", async () => {
    await insertSessions(100, "sessions", ann.id, ann.keyId);
    expect(refusal(await signIn({ key: ann.key }))).toEqual([409, "session/too-many", "string"]);
    expect((await signIn({ token: await link() })).status).toBe(200);
  });

  test("of one user have a maximum; the link remains valid, and works once a session has ended", async () => {
    await insertSessions(99, "sessions", ann.id, null);
    const token = await link();
    expect(refusal(await signIn({ token }))).toEqual([409, "session/too-many", "string"]);
    expect((await call(ann.key, "DELETE", `/admin/users/${ann.id}/sessions`)).body.ended).toBe(200);
    // Signing out everywhere also deletes links.
    expect((await signIn({ token })).status).toBe(401);
    expect((await signIn({ token: await link() })).status).toBe(200);
    expect((await signIn({ key: ann.key })).status).toBe(200);
  });

  test("of one organisation have a maximum", async () => {
    await insertSessions(10_000, "sessions", null, ann.keyId);
    expect(refusal(await signIn({ token: await link() }))).toEqual([409, "session/too-many", "string"]);
    expect((await signIn({ key: given.platform.firstKey })).status).toBe(200);
  });
});

test("unused sign-in links of one user have a maximum", async () => {
  const ann = await userIn("links");
  await given.superuser.query(
    `insert into sign_in_links (hash, organisation, user_id, expires)
     select md5(random()::text), 'links', $1, now() + interval '1 minute' from generate_series(1, 100)`,
    [ann.id],
  );
  const refused = await call(ann.key, "POST", "/admin/sign-in-links", { user: ann.id });
  expect(refusal(refused)).toEqual([409, "link/too-many", "string"]);
});

test("users of one organisation have a maximum", async () => {
  const ann = await userIn("users");
  await given.superuser.query(
    `insert into users (id, organisation, name, role)
     select 'usr_' || md5(random()::text), 'users', 'u' || n, 'member' from generate_series(1, 9999) n`,
  );
  expect(refusal(await call(ann.key, "POST", "/admin/users", { name: "bob" }))).toEqual([
    409,
    "user/too-many",
    "string",
  ]);
});

test("an organisation with the maximum of keys and sessions is deleted at once, with an entry for each key", async () => {
  const ann = await userIn("full");
  await insertKeys(9_999, "full", ann.id);
  await insertSessions(5_000, "full", ann.id, null);
  const { status } = await operator("DELETE", "/admin/organisations/full");
  expect(status).toBe(200);
  const { rows } = await given.superuser.query(
    "select count(*)::int as entries from audit where organisation = 'full' and act = 'key.revoke'",
  );
  expect(rows[0].entries).toBe(10_000);
  const { body } = await operator("GET", "/admin/audit/verification?organisation=full");
  expect(body).toMatchObject({ intact: true, brokenAt: null });
  expect((await call(ann.key, "GET", "/admin/session")).status).toBe(401);
});
