import { createHash } from "node:crypto";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { verifyRanges } from "../../src/contracts/audit-ranges.js";
import { startPlatform } from "../support/accounts/platform.js";
import { runningPlatform } from "../support/accounts/running.js";

const given = runningPlatform();

const call = (method: string, path: string, body?: unknown) =>
  given.platform.call(method, path, { key: given.platform.firstKey, body });
const verdict = async () => (await call("GET", "/admin/audit/verification")).body;

describe("the audit log", () => {
  test("records every act with its actor, subject and time, newest first", async () => {
    const { body: key } = await call("POST", "/admin/keys", { name: "k", models: ["small"] });
    await call("DELETE", `/admin/keys/${key.id}`);
    const { body: user } = await call("POST", "/admin/users", { name: "ann" });
    await call("PATCH", `/admin/users/${user.id}`, { role: "admin" });
    const { body: link } = await call("POST", "/admin/sign-in-links", { user: user.id });
    await given.platform.call("POST", "/admin/session", { body: { token: link.token } });
    const { body } = await call("GET", "/admin/audit");
    const acts = body.entries.map(({ actor, act, subject }: Record<string, string>) => [actor, act, subject]);
    const me = body.entries[1].actor;
    expect(me).toMatch(/^key:key_/);
    expect(acts).toEqual([
      [`user:${user.id}`, "session.begin", user.id],
      [me, "sign-in-link.create", user.id],
      [me, "user.change", user.id],
      [me, "user.create", user.id],
      [me, "key.revoke", key.id],
      [me, "key.create", key.id],
      ["internal", "key.create", me.slice("key:".length)],
      ["internal", "user.create", expect.stringMatching(/^usr_/)],
      ["internal", "organisation.create", "default"],
    ]);
    expect(body.entries[5].detail).toMatchObject({ name: "k", scopes: ["inference"], models: ["small"] });
    expect(body.next).toBeNull();
    expect(JSON.stringify(body)).not.toContain(key.key);
  });

  test("is read page by page without gaps or repetitions", async () => {
    const whole = (await call("GET", "/admin/audit")).body.entries;
    const paged = [];
    for (let next: number | null = null; ; ) {
      const { body } = await call("GET", `/admin/audit?limit=4${next === null ? "" : `&before=${next}`}`);
      paged.push(...body.entries);
      next = body.next;
      if (next === null) break;
    }
    expect(paged).toEqual(whole);
  });

  test("is searched by act, by id and by the names of actors and subjects, which it contains", async () => {
    const { body: user } = await call("POST", "/admin/users", { name: "Zora Quibble" });
    const found = async (search: string) => (await call("GET", `/admin/audit?search=${search}`)).body;
    for (const search of ["quibble", user.id])
      expect((await found(search)).entries).toMatchObject([{ act: "user.create", subject: user.id }]);
    expect((await found("quibble")).names[user.id]).toBe("Zora Quibble");
    const created = (await found("user.CREATE")).entries.map(({ act }: { act: string }) => act);
    expect(created.length).toBeGreaterThan(1);
    expect(new Set(created)).toEqual(new Set(["user.create"]));
    expect((await found("%25")).entries).toEqual([]);
  });

  test("is verified in ranges, which together have every entry of every chain once, and say where they begin and end", async () => {
    const key = given.platform.token;
    await given.platform.call("POST", "/admin/organisations", { key, body: { id: "red" } });
    for (const [n, organisation] of ["red", "default", "red", "default"].entries())
      await given.platform.call("POST", "/admin/keys", { key, body: { name: `range ${n}`, organisation } });
    const range = async (query: string) =>
      (await given.platform.call("GET", `/admin/audit/verification?${query}`, { key })).body;
    const whole = await range("");
    expect(whole).toMatchObject({ organisation: null, after: 0, next: null, intact: true });
    for (const of of ["", "organisation=red&"]) {
      const all = await range(of);
      const parts = [];
      for (let after: number | null = 0; after !== null; after = parts.at(-1).next)
        parts.push(await range(`${of}limit=3&after=${after}`));
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.every(({ intact }) => intact)).toBe(true);
      expect(parts.reduce((sum, { entries }) => sum + entries, 0)).toBe(all.entries);
      expect(parts.at(-1).head).toBe(all.head);
    }
    // Only what was appended since an earlier verification.
    const { entries } = (await given.platform.call("GET", "/admin/audit?limit=1", { key })).body;
    const id = entries[0].id;
    await given.platform.call("POST", "/admin/keys", { key, body: { name: "later", organisation: "red" } });
    expect(await range(`after=${id}`)).toMatchObject({ after: id, entries: 1, intact: true, next: null });
  });

  test("records nothing of a failed act", async () => {
    const before = await verdict();
    expect((await call("POST", "/admin/users", { name: "ann" })).status).toBe(409);
    expect(await verdict()).toEqual(before);
  });

  test("remains one intact chain under concurrent acts", async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => call("POST", "/admin/keys", { name: `key ${n}` })),
    );
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect(await verdict()).toMatchObject({ organisation: null, intact: true, brokenAt: null });
    expect((await verdict()).entries).toBeGreaterThan(45);
  });

  test("lets the acts of one organisation wait for each other without taking the connections of all", async () => {
    const waiting: number[] = [];
    let open = true;
    const watch = async () => {
      while (open) {
        const { rows } = await given.superuser.query(
          "select count(*)::int as waiting from pg_stat_activity where application_name = 'keelson-all' and state <> 'idle'",
        );
        waiting.push(rows[0].waiting);
      }
    };
    const watched = watch();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => call("POST", "/admin/keys", { name: `crowd ${n}` })),
    );
    open = false;
    await watched;
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    // Four operations, and the look-ups of their key.
    expect(Math.max(...waiting)).toBeLessThanOrEqual(4 + 3);
  });

  test("reports at the start that its key was lost and replaced by a new one", async () => {
    const other = await startPlatform(given.postgres.url);
    const { body } = await other.call("GET", "/services", { key: other.internalToken });
    await other.stop();
    const { body: same } = await given.platform.call("GET", "/services", { key: given.platform.internalToken });
    const accounts = (document: { services: { name: string }[] }) =>
      document.services.find(({ name }) => name === "accounts");
    expect(accounts(body)).toMatchObject({ state: "degraded", reason: expect.stringContaining("internal/audit-key") });
    expect(accounts(same)).toMatchObject({ state: "ready" });
  });

  test.each([
    ["a changed word", "update audit set subject = 'key_other' where id = $1"],
    ["a changed time", "update audit set at = at + interval '1 millisecond' where id = $1"],
    ["a changed detail", "update audit set detail = '{}' where id = $1"],
    ["a removed entry", "delete from audit where id = $1"],
  ])("reveals %s, even by a superuser", async (_name, statement) => {
    const { rows } = await given.superuser.query(
      "select id from audit where act = 'key.create' and detail::text <> '{}' order by id offset 5 limit 1",
    );
    const id = Number(rows[0].id);
    await given.superuser.query("begin");
    await given.superuser.query("alter table audit disable trigger audit_only_grows");
    await given.superuser.query(
      "create temp table kept on commit drop as select * from audit where id = $1".replace("$1", String(id)),
    );
    await given.superuser.query(statement, [id]);
    await given.superuser.query("alter table audit enable trigger audit_only_grows");
    await given.superuser.query("create table evidence as select * from kept");
    await given.superuser.query("commit");
    const broken = await verdict();
    expect(broken.intact).toBe(false);
    expect(broken.brokenAt).toBeGreaterThanOrEqual(id);
    // A range after the entry does not read it, and says so.
    const later = (await call("GET", `/admin/audit/verification?after=${broken.brokenAt}`)).body;
    expect(later).toMatchObject({ after: broken.brokenAt, intact: true });
    const ranges = (after: number) =>
      call("GET", `/admin/audit/verification?after=${after}&limit=2`).then(({ body }) => body);
    expect(await verifyRanges(ranges, 0)).toMatchObject({ after: 0, intact: false, brokenAt: broken.brokenAt });
    // Restore the original entry.
    await given.superuser.query("alter table audit disable trigger audit_only_grows");
    await given.superuser.query(`delete from audit where id = ${id}`);
    await given.superuser.query("insert into audit overriding system value select * from evidence");
    await given.superuser.query("drop table evidence");
    await given.superuser.query("alter table audit enable trigger audit_only_grows");
    expect((await verdict()).intact).toBe(true);
  });

  describe("rewritten by the role of the platform, which owns the table", () => {
    /** Runs `change` on the table without its trigger, checks the verdict, and restores the table. */
    async function tampered(change: (client: pg.Client, rows: Row[]) => Promise<void>, check: () => Promise<void>) {
      const client = new pg.Client(given.postgres.url);
      await client.connect();
      await client.query("select set_config('keelson.organisation', '*', false)");
      await client.query("create table kept as select * from audit");
      try {
        await client.query("alter table audit disable trigger audit_only_grows");
        const { rows } = await client.query<Row>(
          "select id, organisation, at, actor, act, subject, detail::text, previous from audit where organisation = 'default' order by id",
        );
        await change(client, rows);
        await check();
      } finally {
        await client.query("delete from audit");
        await client.query("insert into audit overriding system value select * from kept");
        await client.query("alter table audit enable trigger audit_only_grows");
        await client.query("drop table kept");
        await client.end();
      }
      expect((await verdict()).intact).toBe(true);
    }

    /** Removes the fourth entry and computes all hashes again, without the key. */
    const rewrite = (keyed: boolean) => async (client: pg.Client, rows: Row[]) => {
      await client.query("delete from audit where id = $1", [rows[3]?.id]);
      let previous = "0".repeat(64);
      for (const row of rows.filter((_row, n) => n !== 3)) {
        const { organisation, at, actor, act, subject, detail } = row;
        const covered = JSON.stringify([previous, organisation, at.toISOString(), actor, act, subject, detail]);
        const hash = createHash("sha256").update(covered).digest("hex");
        await client.query("update audit set previous = $2, hash = $3, keyed = $4 where id = $1", [
          ...[row.id, previous, hash, keyed],
        ]);
        previous = hash;
      }
    };

    test.each([
      ["as entries with a key", true],
      ["as entries of an earlier release", false],
    ])("with consistent hashes %s, is not intact", async (_how, keyed) => {
      await tampered(rewrite(keyed), async () => expect((await verdict()).intact).toBe(false));
    });

    test("with its newest entries removed, is truncated", async () => {
      await tampered(
        async (client, rows) => {
          await client.query("delete from audit where id = any($1)", [rows.slice(-3).map(({ id }) => id)]);
        },
        async () => {
          expect(await verdict()).toMatchObject({ intact: false, truncated: true, brokenAt: null });
        },
      );
    });
  });

  describe("of acts on the platform itself", () => {
    const report = (acts: unknown[]) =>
      given.platform.call("POST", "/internal/accounts/acts", { key: given.platform.internalToken, body: { acts } });
    const act = (id: string, name: string) => ({
      ...{ id, at: new Date().toISOString(), actor: "os:ann", act: name, subject: "s", detail: { fault: "f" } },
    });

    const removeNewest = async () => {
      const newest = "delete from audit where id = (select max(id) from audit where organisation = 'default')";
      await given.superuser.query("alter table audit disable trigger audit_only_grows");
      await given.superuser.query(newest);
      await given.superuser.query("alter table audit enable trigger audit_only_grows");
    };

    test("contains each act once, with its person, and shows it to operators only", async () => {
      expect((await report([act("1", "drill.start")])).status).toBe(204);
      expect((await report([act("1", "drill.start"), act("2", "backup.create")])).status).toBe(204);
      const { body } = await given.platform.call("GET", "/admin/audit?limit=2", { key: given.platform.token });
      expect(body.entries).toMatchObject([
        { organisation: null, actor: "os:ann", act: "backup.create" },
        { organisation: null, actor: "os:ann", act: "drill.start", detail: { fault: "f" } },
      ]);
      const { body: own } = await given.platform.call("GET", "/admin/audit?organisation=default", {
        key: given.platform.token,
      });
      expect(JSON.stringify(own)).not.toContain("drill.start");
      const all = await given.platform.call("GET", "/admin/audit/verification", { key: given.platform.token });
      expect(all.body).toMatchObject({ organisation: null, intact: true });
    });

    test("names the entries that a restore of the database has lost, which then count as explained", async () => {
      await removeNewest();
      expect(await verdict()).toMatchObject({ intact: false, truncated: true });
      await report([act("3", "backup.restore")]);
      expect(await verdict()).toMatchObject({ intact: true, truncated: false });
      const { body } = await call("GET", "/admin/audit?organisation=default&limit=1");
      expect(body.entries[0]).toMatchObject({
        ...{ act: "audit.gap", actor: "internal", detail: { missing: { hash: expect.any(String) }, restore: "s" } },
      });
      expect((await call("POST", "/admin/keys", { name: "later" })).status).toBe(201);
      expect(await verdict()).toMatchObject({ intact: true, truncated: false });
    });

    test("explains the gap of a restore also if an act was recorded before the restore was", async () => {
      const restore = act("4", "database.restore");
      await removeNewest();
      expect((await call("POST", "/admin/keys", { name: "in between" })).status).toBe(201);
      expect(await verdict()).toMatchObject({ intact: false, truncated: true });
      await report([restore]);
      await report([restore]);
      expect(await verdict()).toMatchObject({ intact: true, truncated: false });
      // It explains what was lost until then, nothing later.
      await removeNewest();
      await report([restore]);
      expect(await verdict()).toMatchObject({ intact: false, truncated: true, brokenAt: null });
    });

    test("shows that entries are missing, however many entries follow", async () => {
      for (const name of ["next", "another"]) {
        expect((await call("POST", "/admin/keys", { name })).status).toBe(201);
        expect(await verdict()).toMatchObject({ intact: false, truncated: true, brokenAt: null });
      }
      const { entries } = (await call("GET", "/admin/audit?organisation=default&limit=3")).body;
      expect(entries.map((entry: { act: string }) => entry.act)).toEqual(["key.create", "key.create", "audit.gap"]);
      expect(entries[2].detail).toEqual({ missing: { id: expect.any(Number), hash: expect.any(String) } });
    });
  });
});

interface Row {
  readonly id: number;
  readonly organisation: string;
  readonly at: Date;
  readonly actor: string;
  readonly act: string;
  readonly subject: string;
  readonly detail: string;
}
