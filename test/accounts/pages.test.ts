import { beforeAll, describe, expect, test } from "vitest";
import { runningPlatform } from "../support/accounts/running.js";

const given = runningPlatform();
const KEYS = 25;

const read = async (path: string) => {
  const { status, body } = await given.platform.call("GET", path, { key: given.platform.token });
  expect(status, path).toBe(200);
  return body;
};

beforeAll(async () => {
  const internal = (path: string, body: unknown) =>
    given.platform.call("POST", path, { key: given.platform.token, body });
  await internal("/admin/organisations", { id: "red" });
  // In one statement, so that creation times are equal and only the id orders the rows.
  await given.superuser.query(
    `insert into api_keys (id, organisation, name, hash, prefix, scopes, last_used, expires)
     select 'key_' || n, 'red', 'key ' || n, encode(sha256(n::text::bytea), 'hex'), 'kls_', '{inference}',
       case when n % 3 = 0 then now() - n * interval '1 hour' end, case when n % 4 = 0 then now() + n * interval '1 day' end
     from generate_series(1, ${KEYS}) n`,
  );
  // Names that no random id contains by chance: the search looks in both.
  for (const name of ["annette", "bernard", "evelyn"]) await internal("/admin/users", { name, organisation: "red" });
});

describe.each([
  ["keys", "/admin/keys?organisation=red", KEYS],
  ["keys", "/admin/keys?organisation=red&order=name", KEYS],
  ["keys", "/admin/keys?organisation=red&order=last-used", KEYS],
  ["keys", "/admin/keys?organisation=red&order=expires", KEYS],
  ["users", "/admin/users?organisation=red", 3],
  ["organisations", "/admin/organisations?", 2],
])("the list of %s", (rows, path, total) => {
  const ids = (body: Record<string, { id: string }[]>): string[] => (body[rows] ?? []).map(({ id }) => id);

  test.each([1, 2, 7, total])(
    "has every row exactly once in pages of %i, in the order of the whole list",
    async (limit) => {
      const whole = await read(path);
      expect([whole.total, ids(whole).length, whole.next]).toEqual([total, total, null]);
      const paged: string[] = [];
      for (let after: string | null = ""; after !== null; ) {
        const body: { total: number; next: string | null } & Record<string, never> = await read(
          `${path}&limit=${limit}${after === "" ? "" : `&after=${after}`}`,
        );
        expect(body.total).toBe(total);
        expect(ids(body).length).toBeLessThanOrEqual(limit);
        paged.push(...ids(body));
        after = body.next;
      }
      expect(paged).toEqual(ids(whole));
    },
  );
});

test("the list of keys is ordered by name, last use or expiry, with keys that have none last", async () => {
  const names = async (order: string): Promise<string[]> =>
    (await read(`/admin/keys?organisation=red&order=${order}&limit=3`)).keys.map(({ name }: { name: string }) => name);
  expect(await names("name")).toEqual(["key 1", "key 10", "key 11"]);
  expect(await names("last-used")).toEqual(["key 3", "key 6", "key 9"]);
  expect(await names("expires")).toEqual(["key 4", "key 8", "key 12"]);
});

describe("a filter", () => {
  const names = async (path: string, rows: string): Promise<string[]> =>
    (await read(path))[rows].map(({ name }: { name: string }) => name);

  test("by text finds keys, users and organisations by name and id, in any case", async () => {
    expect(await names("/admin/keys?organisation=red&search=KEY%2025", "keys")).toEqual(["key 25"]);
    expect(await names("/admin/keys?organisation=red&search=key_25", "keys")).toEqual(["key 25"]);
    expect(await names("/admin/users?organisation=red&search=NNETT", "users")).toEqual(["annette"]);
    expect(await names("/admin/organisations?search=Re", "organisations")).toEqual(["red"]);
    // Wildcards of SQL are plain text.
    expect(await names("/admin/keys?organisation=red&search=%25", "keys")).toEqual([]);
  });

  test("by status selects keys and users, and `total` counts what matches", async () => {
    await given.superuser.query(`update api_keys set revoked = now() where id = 'key_1'`);
    await given.superuser.query(`update api_keys set expires = now() - interval '1 s' where id in ('key_2', 'key_3')`);
    const count = async (status: string) => (await read(`/admin/keys?organisation=red&status=${status}&limit=1`)).total;
    expect([await count("active"), await count("expired"), await count("revoked")]).toEqual([KEYS - 3, 2, 1]);
    const { users } = await read("/admin/users?organisation=red&search=evelyn");
    await given.platform.call("PATCH", `/admin/users/${users[0].id}`, {
      key: given.platform.token,
      body: { disabled: true },
    });
    expect(await names("/admin/users?organisation=red&status=disabled", "users")).toEqual(["evelyn"]);
    expect(await names("/admin/users?organisation=red&status=active&role=member", "users")).toEqual([
      "annette",
      "bernard",
    ]);
  });
});

describe("a name", () => {
  test.each([
    ["a control character", "a\u0007b"],
    ["a bidirectional override", "a\u202Eb"],
    ["a zero-width space", "a\u200Bb"],
    ["a line separator", "a\u2028b"],
    ["a C1 control character", "a\u009Bb"],
  ])("of a key, a user or an organisation is refused with %s", async (_what, name) => {
    const post = async (path: string, body: unknown) =>
      (await given.platform.call("POST", path, { key: given.platform.token, body })).status;
    expect(await post("/admin/keys", { name })).toBe(400);
    expect(await post("/admin/keys", { name: "k", models: [name] })).toBe(400);
    expect(await post("/admin/users", { name })).toBe(400);
    expect(await post("/admin/organisations", { id: "named", name })).toBe(400);
  });
});
