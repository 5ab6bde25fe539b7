import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Platform, startPlatform } from "../support/accounts/platform.js";
import { startPostgres, type TestPostgres } from "../support/database/postgres.js";

let postgres: TestPostgres;
let platforms: Platform[];

beforeAll(async () => {
  postgres = await startPostgres();
  // Four replicas on one empty database, at the same moment.
  platforms = await Promise.all(Array.from({ length: 4 }, () => startPlatform(postgres.url)));
});
afterAll(async () => {
  await Promise.all((platforms ?? []).map((platform) => platform.stop()));
  await postgres?.stop();
});

async function query(text: string): Promise<pg.QueryResult> {
  const client = new pg.Client(postgres.superuserUrl);
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

describe("replicas that start at once on an empty database", () => {
  test("apply each migration once, with its checksum", async () => {
    const { rows } = await query(
      "select module, name, length(checksum) as checksum from keelson_migrations order by 1, 2",
    );
    expect(rows).toEqual([
      { module: "accounts", name: "0001-accounts", checksum: 64 },
      { module: "accounts", name: "0002-sessions-and-origins", checksum: 64 },
      { module: "accounts", name: "0003-audit-chain", checksum: 64 },
      { module: "accounts", name: "0004-keys-of-sessions", checksum: 64 },
      { module: "accounts", name: "0005-deletion", checksum: 64 },
      { module: "accounts", name: "0006-makers-and-gaps", checksum: 64 },
      { module: "usage", name: "0001-ledger", checksum: 64 },
      { module: "usage", name: "0002-days", checksum: 64 },
      { module: "usage", name: "0003-first-token", checksum: 64 },
    ]);
  });

  test("create one organisation, one owner and one key, which one of them receives", async () => {
    expect((await query("select count(*)::int as n from organisations")).rows).toEqual([{ n: 1 }]);
    expect((await query("select name, role, operator from users")).rows).toEqual([
      { name: "owner", role: "owner", operator: true },
    ]);
    expect((await query("select name from api_keys")).rows).toEqual([{ name: "first key" }]);
    expect(platforms.filter(({ firstKey }) => firstKey !== "")).toHaveLength(1);
  });
});

describe("a migration", () => {
  const database = () => platforms[0]?.database;

  test("that fails leaves nothing behind, and the next attempt starts from the beginning", async () => {
    const broken = { name: "0001-a", sql: "create table half (a int); select 1 / 0" };
    await expect(database()?.migrate("trial", [broken])).rejects.toThrow(/division by zero/);
    await database()?.migrate("trial", [{ name: "0001-a", sql: "create table half (a int)" }]);
    expect((await query("select 1 from half")).rowCount).toBe(0);
  });

  test("that was changed after it was applied is refused, by name", async () => {
    await expect(
      database()?.migrate("trial", [{ name: "0001-a", sql: "create table half (a bigint)" }]),
    ).rejects.toMatchObject({
      code: "database/migration-changed",
      message: expect.stringContaining("trial/0001-a"),
    });
  });

  test("of a newer release does not stop the older one", async () => {
    const first = { name: "0001-a", sql: "create table half (a int)" };
    await database()?.migrate("trial", [first, { name: "0002-b", sql: "alter table half add b int" }]);
    await database()?.migrate("trial", [first]);
    expect((await query("select name from keelson_migrations where module = 'trial' order by 1")).rows).toHaveLength(2);
  });

  test("runs in order of its name, and other replicas wait for it", async () => {
    const slow = [
      { name: "0002-fill", sql: "insert into ordered values (1)" },
      { name: "0001-make", sql: "create table ordered (a int); select pg_sleep(0.3)" },
    ];
    await Promise.all(platforms.map(({ database }) => database.migrate("slow", slow)));
    expect((await query("select a from ordered")).rows).toEqual([{ a: 1 }]);
  });
});
