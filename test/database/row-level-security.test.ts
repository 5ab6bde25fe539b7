import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { organisationScope, PLATFORM_SCOPE } from "../../src/runtime/database/client.js";
import { type Platform, startPlatform } from "../support/accounts/platform.js";
import { startPostgres, type TestPostgres } from "../support/database/postgres.js";
import { event } from "../support/usage/events.js";

/**
 * Two organisations, each with a row in every table. The tests try to access the rows of one from the other, as the platform's own
 * role with arbitrary SQL.
 */
let postgres: TestPostgres;
let platform: Platform;
let owner: pg.Client;
let superuser: pg.Client;

const tables = ["users", "api_keys", "sessions", "sign_in_links", "audit", "usage_days", "usage_events", "usage_hours"];

beforeAll(async () => {
  postgres = await startPostgres();
  platform = await startPlatform(postgres.url);
  const call = (method: string, path: string, body: unknown) =>
    platform.call(method, path, { key: platform.token, body });
  for (const organisation of ["red", "blue"]) {
    await call("POST", "/admin/organisations", { id: organisation });
    const user = await call("POST", "/admin/users", { name: "ann", role: "owner", organisation });
    await call("POST", "/admin/keys", { name: "key", organisation });
    const link = await call("POST", "/admin/sign-in-links", { user: user.body.id });
    await platform.call("POST", "/admin/session", { body: { token: link.body.token } });
    await call("POST", "/admin/sign-in-links", { user: user.body.id });
    await platform.usage.record([event({ organisation })]);
  }
  owner = new pg.Client(postgres.url);
  superuser = new pg.Client(postgres.superuserUrl);
  await owner.connect();
  await superuser.connect();
});
afterAll(async () => {
  await owner?.end();
  await superuser?.end();
  await platform?.stop();
  await postgres?.stop();
});

/** Runs statements by hand as the platform's role, in one transaction as `organisation`; undefined sets none. */
async function as(organisation: string | undefined, statement: string): Promise<pg.QueryResult> {
  await owner.query("begin");
  try {
    if (organisation !== undefined)
      await owner.query("select set_config('keelson.organisation', $1, true)", [organisation]);
    return await owner.query(statement);
  } finally {
    await owner.query("rollback");
  }
}

describe("row-level security", () => {
  test("is forced on every table with an organisation, for a role that is no superuser and cannot bypass it", async () => {
    const { rows } = await superuser.query(
      `select c.relname, c.relrowsecurity and c.relforcerowsecurity as forced from pg_class c
       join pg_attribute a on a.attrelid = c.oid where a.attname = 'organisation' and c.relkind in ('r', 'p') order by 1`,
    );
    expect(rows).toEqual([...tables].sort().map((relname) => ({ relname, forced: true })));
    const others = await superuser.query(
      `select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and not relrowsecurity`,
    );
    expect(others.rows).toEqual([{ relname: "keelson_migrations" }]);
    const role = await superuser.query("select rolsuper, rolbypassrls from pg_roles where rolname = 'keelson'");
    expect(role.rows).toEqual([{ rolsuper: false, rolbypassrls: false }]);
  });

  test.each(tables)("%s: an organisation reads its own rows only", async (table) => {
    const all = await superuser.query(
      `select distinct organisation from ${table} where organisation in ('red', 'blue')`,
    );
    expect(all.rowCount).toBe(2);
    expect((await as("red", `select distinct organisation from ${table}`)).rows).toEqual([{ organisation: "red" }]);
  });

  test.each(tables)("%s: nothing is read without an organisation, or with one that does not exist", async (table) => {
    for (const unknown of [undefined, "", "%", "green", "RED", "red ", "*, red", "null"])
      expect((await as(unknown, `select 1 from ${table}`)).rowCount).toBe(0);
  });

  test.each(tables.filter((table) => table !== "audit"))(
    "%s: rows of another organisation cannot be changed or deleted",
    async (table) => {
      expect(
        (await as("red", `update ${table} set organisation = organisation where organisation = 'blue'`)).rowCount,
      ).toBe(0);
      expect((await as("red", `delete from ${table} where organisation = 'blue'`)).rowCount).toBe(0);
    },
  );

  test.each(tables.filter((table) => table !== "audit"))(
    "%s: a row cannot be moved to another organisation",
    async (table) => {
      await expect(as("red", `update ${table} set organisation = 'blue'`)).rejects.toThrow(
        /row-level security|foreign key/,
      );
    },
  );

  test("a row cannot be inserted into another organisation", async () => {
    const statements = [
      "insert into users (id, organisation, name, role) values ('usr_x', 'blue', 'mole', 'owner')",
      `insert into api_keys (id, organisation, name, hash, prefix, scopes) values ('key_x', 'blue', 'mole', repeat('a', 64), 'kls_', '{admin}')`,
      `insert into usage_hours values ('blue', now(), 'k', 'm', 1, 1, 1, 1, 1)`,
      `insert into usage_events (id, organisation, key_id, model, operation, at, input_tokens, output_tokens, status, duration_ms, estimated)
       values ('x', 'blue', 'k', 'm', 'chat', now(), 1, 1, 200, 1, false)`,
      `insert into audit (organisation, at, actor, act, subject, detail, previous, hash) values ('blue', now(), 'a', 'b', 'c', '{}', 'p', 'h')`,
      "insert into organisations (id, name) values ('green', 'Green')",
    ];
    for (const statement of statements) await expect(as("red", statement)).rejects.toThrow(/row-level security/);
  });

  test("a key cannot be assigned to a user of another organisation", async () => {
    const { rows } = await superuser.query("select id from users where organisation = 'blue'");
    await expect(as("red", `update api_keys set user_id = '${rows[0].id}'`)).rejects.toThrow(/foreign key/);
  });

  test("an upsert with the id of another organisation's row inserts a row of its own", async () => {
    const { rows } = await superuser.query("select id from usage_events where organisation = 'blue'");
    const statement = `insert into usage_events (id, organisation, key_id, model, operation, at, input_tokens, output_tokens, status, duration_ms, estimated)
      values ('${rows[0].id}', 'red', 'k', 'm', 'chat', now(), 1, 1, 200, 1, false)
      on conflict (organisation, id) do update set output_tokens = 0 returning organisation`;
    expect((await as("red", statement)).rows).toEqual([{ organisation: "red" }]);
  });

  test.each([
    ["a join", "select k.organisation from users u join api_keys k on true where k.organisation <> 'red'"],
    [
      "a sub-select",
      "select (select count(*) from api_keys where organisation = 'blue') as n from users having count(*) < 0",
    ],
    [
      "a union",
      "select organisation from api_keys where organisation = 'blue' union select organisation from usage_events where organisation = 'blue'",
    ],
    ["an aggregate", "select organisation from usage_hours group by organisation having organisation <> 'red'"],
    [
      "a cursor-like lateral",
      "select x.* from organisations o, lateral (select organisation from audit where organisation <> o.id) x",
    ],
    ["returning", "update users set name = name where organisation = 'blue' returning organisation"],
    [
      "copy of a query",
      "select string_agg(organisation, ',') as all from users where organisation = 'blue' having count(*) > 0",
    ],
    ["row locks", "select organisation from api_keys where organisation = 'blue' for update"],
  ])("%s returns nothing of another organisation", async (_name, statement) => {
    expect((await as("red", statement)).rows).toEqual([]);
  });

  test("an error in a predicate reveals nothing of invisible rows", async () => {
    // A predicate that is not leakproof must not be evaluated on rows that the policy hides.
    const probe = `select 1 from api_keys where 1 / (case when organisation = 'blue' then 0 else 1 end) = 1`;
    await expect(as("red", probe)).resolves.toBeDefined();
  });

  test("a view and a prepared statement of the same role read no more", async () => {
    const one = await as(
      "red",
      "create temp view everything as select organisation from api_keys; select organisation from everything",
    );
    expect(JSON.stringify(one)).not.toContain("blue");
    await owner.query("prepare peek as select organisation from api_keys");
    await as("blue", "execute peek");
    expect((await as("red", "execute peek")).rows).toEqual([{ organisation: "red" }]);
  });

  test("the scope of a transaction does not affect the next one on the same connection", async () => {
    expect((await as("blue", "select 1 from users")).rowCount).toBe(1);
    expect((await owner.query("select 1 from users")).rowCount).toBe(0);
    // The same for the pool: of many concurrent transactions, each reads only its own rows.
    const tables = platform.database.tables<{ users: { organisation: string } }>();
    const seen = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        tables.transaction(organisationScope(index % 2 ? "red" : "blue"), (open) =>
          open.selectFrom("users").select("organisation").distinct().execute(),
        ),
      ),
    );
    for (const [index, rows] of seen.entries()) expect(rows).toEqual([{ organisation: index % 2 ? "red" : "blue" }]);
  });

  test("only the scope of the platform reads all rows; no organisation has its id", async () => {
    const tables = platform.database.tables<{ users: { organisation: string } }>();
    const count = await tables.transaction(PLATFORM_SCOPE, (open) =>
      sql<{ n: number }>`select count(distinct organisation) as n from users`.execute(open),
    );
    expect(count.rows[0]?.n).toBe(3);
    expect(() => organisationScope("*")).toThrow(/organisation/);
  });

  test("the audit log cannot be changed, deleted or emptied by the platform's role", async () => {
    for (const statement of ["update audit set act = 'x'", "delete from audit", "truncate audit"])
      for (const scope of ["red", "*"]) await expect(as(scope, statement)).rejects.toThrow(/only grows/);
  });
});
