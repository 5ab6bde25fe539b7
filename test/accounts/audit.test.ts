import { describe, expect, test } from "vitest";
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
    expect(await verdict()).toMatchObject({ organisation: "default", intact: true, brokenAt: null });
    expect((await verdict()).entries).toBeGreaterThan(45);
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
    // Restore the original entry.
    await given.superuser.query("alter table audit disable trigger audit_only_grows");
    await given.superuser.query(`delete from audit where id = ${id}`);
    await given.superuser.query("insert into audit overriding system value select * from evidence");
    await given.superuser.query("drop table evidence");
    await given.superuser.query("alter table audit enable trigger audit_only_grows");
    expect((await verdict()).intact).toBe(true);
  });
});
