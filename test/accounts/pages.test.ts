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
    `insert into api_keys (id, organisation, name, hash, prefix, scopes)
     select 'key_' || n, 'red', 'key ' || n, encode(sha256(n::text::bytea), 'hex'), 'kls_', '{inference}' from generate_series(1, ${KEYS}) n`,
  );
  for (const name of ["ann", "bob", "eve"]) await internal("/admin/users", { name, organisation: "red" });
});

describe.each([
  ["keys", "/admin/keys?organisation=red", KEYS],
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
