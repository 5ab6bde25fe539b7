import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Platform, startPlatform } from "../support/accounts/platform.js";
import { freePort, startPostgres, type TestPostgres } from "../support/database/postgres.js";
import { type Result, keelson as run } from "../support/local/keelson.js";
import { event } from "../support/usage/events.js";

let postgres: TestPostgres;
let platform: Platform;

beforeAll(async () => {
  postgres = await startPostgres();
  platform = await startPlatform(postgres.url);
  const at = Date.parse("2026-05-04T13:20:00Z");
  await platform.usage.record([
    event({ model: "small", at, inputTokens: 12_345 }),
    event({ model: "large", at: at + 3_600_000, status: 500 }),
    event({ model: "small", at: Date.now() - 60_000 }),
  ]);
});
afterAll(async () => {
  await platform?.stop();
  await postgres?.stop();
});

/** Runs the program against this platform. */
const keelson = (...args: string[]): Promise<Result> =>
  run(".", args, { env: { KEELSON_URL: platform.url, KEELSON_API_KEY: platform.firstKey } });

const principal = (key: string) => platform.accounts.authenticate(createHash("sha256").update(key).digest("hex"));

describe("keelson keys", () => {
  test("create prints the key alone on standard output, so that it can be piped", async () => {
    const { code, out, err } = await keelson("keys", "create", "laptop", "--model", "small,large", "--expires", "90d");
    expect([code, out]).toEqual([0, expect.stringMatching(/^kls_[0-9A-Za-z]{49}\n$/)]);
    expect(err).toContain("Save the key. It is shown only once.");
    const made = await principal(out.trim());
    expect(made).toMatchObject({ scopes: ["inference"], models: ["small", "large"] });
    expect(((made?.expires ?? 0) - Date.now()) / 86_400_000).toBeCloseTo(90, 1);
  });

  test("list shows valid keys without their secret; revoke accepts an id or the prefix that the list shows", async () => {
    const created = JSON.parse((await keelson("keys", "create", "one", "--scope", "inference", "usage", "--json")).out);
    const another = JSON.parse((await keelson("keys", "create", "two", "--json")).out);
    const { out } = await keelson("keys", "list");
    expect(out).toContain(created.prefix);
    expect(out).toContain("inference,usage");
    expect(out).not.toContain(created.key);
    expect((await keelson("keys", "revoke", created.id)).code).toBe(0);
    const revoked = JSON.parse((await keelson("keys", "revoke", another.prefix, "--json")).out);
    expect([revoked.id, revoked.revoked !== null]).toEqual([another.id, true]);
    expect(await principal(created.key)).toBeUndefined();
    expect((await keelson("keys", "list")).out).not.toContain(created.id);
    expect((await keelson("keys", "list", "--all")).out).toContain(created.id);
    const ids = JSON.parse((await keelson("keys", "list", "--json")).out).keys.map((key: { id: string }) => key.id);
    expect(ids).toEqual(expect.arrayContaining([created.id, another.id]));
  });

  test("revoke accepts a name, of the valid key if others with it are revoked, and reports a key that is revoked already", async () => {
    const create = async (name: string) => JSON.parse((await keelson("keys", "create", name, "--json")).out);
    const old = await create("rotated");
    expect((await keelson("keys", "revoke", "rotated")).out).toBe(`revoked ${old.id} (rotated)\n`);
    const rotated = await create("rotated");
    expect((await keelson("keys", "revoke", "rotated")).out).toBe(`revoked ${rotated.id} (rotated)\n`);
    expect([await principal(old.key), await principal(rotated.key)]).toEqual([undefined, undefined]);
    for (const named of [rotated.id, old.prefix]) {
      const again = await keelson("keys", "revoke", named);
      expect([again.code, again.err]).toEqual([1, expect.stringContaining("error key/revoked")]);
    }
  });

  test.each([
    [["keys", "revoke", "key_none"], 2, "error key/unknown"],
    [["keys", "create", "x", "--scope", "root"], 2, "error request/invalid"],
    [["keys", "create", "x", "--expires", "soon"], 2, "error usage/moment"],
    [["keys", "create", "x", "--expires", "2026-02-30"], 2, "error usage/moment"],
    [["keys", "create"], 2, "missing required argument"],
    [["keys", "list", "--key", "kls_wrong"], 1, "error credential/invalid"],
    [["usage", "--by", "colour"], 2, "error usage/dimension"],
    [["usage", "--from", "2026-05-05", "--to", "2026-05-04"], 2, "error request/invalid"],
  ])("%j fails with exit code %i and an error that states the reason", async (args, code, message) => {
    const failed = await keelson(...args);
    expect([failed.code, failed.out]).toEqual([code, ""]);
    expect(failed.err).toContain(message);
    expect(failed.err).not.toMatch(/\n\s+at /);
  });

  test("reports an unreachable platform", async () => {
    const failed = await keelson("keys", "list", "--url", `http://127.0.0.1:${await freePort()}`);
    expect([failed.code, failed.err]).toEqual([1, expect.stringContaining("error platform/unreachable")]);
  });
});

describe("keelson users and orgs", () => {
  const json = async (...args: string[]) => JSON.parse((await keelson(...args, "--json")).out);

  test("rename and delete; deleting requires a confirmation", async () => {
    await keelson("orgs", "create", "acme");
    await keelson("users", "create", "ada", "--role", "owner", "--organisation", "acme");
    expect((await keelson("orgs", "rename", "acme", "Acme & Co")).out).toBe("renamed acme to Acme & Co\n");
    expect(await json("users", "rename", "ada", "Ada L.", "--organisation", "acme")).toMatchObject({ name: "Ada L." });
    await keelson("users", "create", "bob", "--organisation", "acme");
    const refused = await keelson("users", "delete", "bob", "--organisation", "acme");
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("error confirm/required")]);
    expect((await keelson("users", "delete", "bob", "-o", "acme", "--yes")).out).toMatch(/^deleted bob \(usr_/);
    expect((await keelson("users", "delete", "bob", "-o", "acme", "--yes")).err).toContain("error user/unknown");
    const asked = await keelson("orgs", "delete", "acme");
    expect([asked.code, asked.err]).toEqual([2, expect.stringContaining("with 1 user and 0 active keys")]);
    expect(await json("orgs", "delete", "acme", "--yes")).toMatchObject({ id: "acme", deleted: expect.any(String) });
    expect((await keelson("orgs", "list")).out).not.toContain("acme");
    expect((await keelson("orgs", "delete", "acme", "--yes")).err).toContain("error organisation/unknown");
  });

  test("the last owner and the organisation of the operators are not deleted", async () => {
    expect((await keelson("users", "delete", "owner", "--yes")).err).toContain("error user/last-owner");
    expect((await keelson("orgs", "delete", "default", "--yes")).err).toContain("error organisation/of-operators");
  });
});

describe("keelson usage", () => {
  test("prints a table with totals", async () => {
    const { out } = await keelson("usage", "--by", "hour,model", "--to", "2026-05-05");
    expect(out).toBe(
      [
        "HOUR              MODEL  REQUESTS   INPUT  OUTPUT  ERRORS  ESTIMATED",
        "2026-05-04 13:00  small         1  12,345      20       0          0",
        "2026-05-04 14:00  large         1      10      20       1          0",
        "total                           2  12,355      40       1          0",
        "",
      ].join("\n"),
    );
  });

  test("prints JSON and CSV as the admin API returns them", async () => {
    const json = JSON.parse((await keelson("usage", "--by", "model", "--from", "24h", "--json")).out);
    expect(json.rows).toEqual([
      { model: "small", requests: 1, inputTokens: 10, outputTokens: 20, errors: 0, estimated: 0 },
    ]);
    const { out } = await keelson(
      "usage",
      "--by",
      "model",
      "--from",
      "2026-05-04T14:00Z",
      "--to",
      "2026-05-04 15:00",
      "--csv",
    );
    expect(out).toBe("model,requests,inputTokens,outputTokens,errors,estimated\r\nlarge,1,10,20,1,0\r\n");
  });

  test("reports a range without usage", async () => {
    const { code, out, err } = await keelson("usage", "--to", "2020-01-01");
    expect([code, out, err]).toEqual([0, "", "no usage in this range\n"]);
  });
});
