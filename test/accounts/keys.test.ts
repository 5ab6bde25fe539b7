import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startPlatform } from "../support/accounts/platform.js";
import { runningPlatform } from "../support/accounts/running.js";
import { startPostgres } from "../support/database/postgres.js";

const given = runningPlatform();

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const create = (body: unknown, key = given.platform.firstKey) =>
  given.platform.call("POST", "/admin/keys", { key, body });

describe("the name of a key", () => {
  const create = (body: object) =>
    given.platform.call("POST", "/admin/keys", { key: given.platform.token, body: { name: "unique", ...body } });

  test("is that of one active key of its owner", async () => {
    const { body: first } = await create({});
    const second = await create({});
    expect([second.status, second.body.error.code]).toEqual([409, "key/exists"]);
    expect(second.body.error.message).toContain(first.id);
    expect((await create({ name: "unique 2" })).status).toBe(201);
    await given.platform.call("DELETE", `/admin/keys/${first.id}`, { key: given.platform.token });
    expect((await create({})).status).toBe(201);
    // The first key belongs to a user, these to the organisation.
    const ofUser = { key: given.platform.firstKey, body: { name: "unique" } };
    expect((await given.platform.call("POST", "/admin/keys", ofUser)).status).toBe(201);
  });

  test("is free for one of many requests at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create({ name: "contended" })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(7);
  });

  test("is free when the key has expired", async () => {
    const expires = new Date(Date.now() + 700).toISOString();
    expect((await create({ name: "short", expires })).status).toBe(201);
    await expect.poll(async () => (await create({ name: "short" })).status, { timeout: 10_000 }).toBe(201);
  });
});

describe("an API key", () => {
  test("is created at the first start with every scope, and stored for the operator", async () => {
    expect(given.platform.firstKey).toMatch(/^kls_[0-9A-Za-z]{49}$/);
    const principal = await given.platform.accounts.authenticate(sha256(given.platform.firstKey));
    expect(principal).toMatchObject({
      organisation: "default",
      scopes: ["inference", "admin", "usage"],
      models: undefined,
    });
  });

  test("is not created at a first start that cannot store it; the operator token creates the first one", async () => {
    const alone = await startPostgres();
    const secretsDirectory = await mkdtemp(join(tmpdir(), "keelson-secrets-"));
    // In a cluster, secrets are mounted read-only; here a file prevents the creation of the directory.
    await writeFile(join(secretsDirectory, "first-key"), "");
    const cluster = await startPlatform(alone.url, { secretsDirectory });
    try {
      const { body } = await cluster.call("GET", "/admin/keys", { key: cluster.token });
      expect(body.keys).toEqual([]);
      const { body: users } = await cluster.call("GET", "/admin/users", { key: cluster.token });
      expect(users.users).toMatchObject([{ name: "owner", role: "owner", organisation: "default" }]);
      const made = await cluster.call("POST", "/admin/keys", {
        key: cluster.token,
        body: { name: "first", scopes: ["admin"] },
      });
      expect((await cluster.call("GET", "/admin/keys", { key: made.body.key })).status).toBe(200);
      const verdict = await cluster.call("GET", "/admin/audit/verification", { key: cluster.token });
      expect(verdict.body).toMatchObject({ intact: true, entries: 3 });
    } finally {
      await cluster.stop();
      await alone.stop();
      await rm(secretsDirectory, { recursive: true });
    }
  });

  test("is shown once, and only its hash is stored", async () => {
    const { status, body } = await create({ name: "laptop" });
    expect(status).toBe(201);
    expect(body.key).toMatch(/^kls_/);
    const listed = await given.platform.call("GET", "/admin/keys", { key: given.platform.firstKey });
    expect(listed.body.keys.find((key: { id: string }) => key.id === body.id)).toMatchObject({
      name: "laptop",
      prefix: body.key.slice(0, 12),
      scopes: ["inference"],
      models: null,
      expires: null,
      revoked: null,
    });
    expect(listed.text).not.toContain(body.key);
    const tables = ["api_keys", "audit", "users", "organisations", "sessions"];
    let everything = "";
    for (const table of tables)
      everything += JSON.stringify((await given.superuser.query(`select t::text from ${table} t`)).rows);
    expect(everything).toContain(sha256(body.key));
    expect(everything).not.toContain(body.key);
  });

  test("is looked up with its scopes, models and expiry by the gateway", async () => {
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    const { body } = await create({ name: "narrow", scopes: ["inference"], models: ["small"], expires });
    expect(await given.platform.accounts.authenticate(sha256(body.key))).toEqual({
      keyId: body.id,
      organisation: "default",
      user: expect.stringMatching(/^usr_/),
      scopes: ["inference"],
      models: ["small"],
      expires: Date.parse(expires),
    });
  });

  test("is refused after its expiry", async () => {
    const { body } = await create({ name: "short", expires: new Date(Date.now() + 400).toISOString() });
    expect(await given.platform.accounts.authenticate(sha256(body.key))).toBeDefined();
    await sleep(500);
    expect(await given.platform.accounts.authenticate(sha256(body.key))).toBeUndefined();
  });

  test("cannot be created with an expiry in the past", async () => {
    const { status, body } = await create({ name: "late", expires: "2020-01-01T00:00:00Z" });
    expect([status, body.error.code]).toEqual([400, "key/expired"]);
  });

  test("is refused as soon as it is revoked, and callers that cache it are notified", async () => {
    const { body } = await create({ name: "leaked" });
    const changes: unknown[] = [];
    const unwatch = given.platform.accounts.watch((change) => changes.push(change));
    const revoked = await given.platform.call("DELETE", `/admin/keys/${body.id}`, { key: given.platform.firstKey });
    expect(revoked.status).toBe(200);
    expect(revoked.body.revoked).not.toBeNull();
    expect(await given.platform.accounts.authenticate(sha256(body.key))).toBeUndefined();
    await expect.poll(() => changes, { timeout: 10_000 }).toContainEqual({ kind: "changed", hash: sha256(body.key) });
    unwatch();
    const again = await given.platform.call("DELETE", `/admin/keys/${body.id}`, { key: given.platform.firstKey });
    expect(again.body).toEqual(revoked.body);
  });

  test("reports its last use", async () => {
    const { body } = await create({ name: "used" });
    await given.platform.accounts.authenticate(sha256(body.key));
    const lastUsed = async () => {
      const { body: listed } = await given.platform.call("GET", "/admin/keys", { key: given.platform.firstKey });
      return listed.keys.find((key: { id: string }) => key.id === body.id).lastUsed;
    };
    expect(await lastUsed()).toBeNull();
    await expect
      .poll(async () => Date.now() - Date.parse(await lastUsed()), { timeout: 10_000, interval: 500 })
      .toBeLessThan(10_000);
  });

  test("without the scope admin cannot call the admin API", async () => {
    const { body } = await create({ name: "inference only" });
    const refused = await given.platform.call("GET", "/admin/keys", { key: body.key });
    expect([refused.status, refused.body.error.code]).toEqual([403, "scope/missing"]);
  });
});
