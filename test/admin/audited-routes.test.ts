import { describe, expect, test } from "vitest";
import type { Route } from "../../src/contracts/route.js";
import { TYPED_ROUTES } from "../../src/contracts/routes/index.js";
import type { Act } from "../../src/local/acts.js";
import { platformRoutes } from "../../src/local/control/routes.js";
import type { Platform } from "../../src/local/platform.js";
import { ExclusiveOperations } from "../../src/recovery/exclusive-operations.js";
import { runningPlatform } from "../support/accounts/running.js";

const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const changing = TYPED_ROUTES.filter(({ method }) => method !== "GET");
const audited = changing.filter(({ audit }) => audit !== undefined);
/** Performed by the supervisor, which records them: see below. */
const ofSupervisor = audited.filter(({ audit }) => /^(drill|backup)\./.test(audit ?? ""));

describe("a route that changes something", () => {
  test("states its entry in the audit log, unless a process of the platform calls it", () => {
    const silent = changing.filter(({ audit }) => audit === undefined);
    expect(silent.filter(({ authority }) => authority.kind !== "internal-token").map(nameOf)).toEqual([]);
    expect(audited.length).toBeGreaterThan(12);
  });
});

describe("the accounts module", () => {
  const given = runningPlatform();

  /** Creates what a route changes, and returns the call. Keys of another person than the one who calls make no difference. */
  const CALLS: Readonly<Record<string, (call: Caller) => Promise<{ path?: string; body?: unknown; as?: string }>>> = {
    "POST /admin/session": async (call) => ({
      body: { key: (await call("POST", "/admin/keys", { name: "s", scopes: ["admin"] })).key },
    }),
    "DELETE /admin/session": async (call) => sessionOf(call),
    "DELETE /admin/sessions/:id": async (call) => {
      await sessionOf(call);
      const { sessions } = await call("GET", "/admin/sessions");
      return { path: `/admin/sessions/${sessions[0].id}` };
    },
    "POST /admin/sign-in-links": async (call) => ({ body: { user: (await userOf(call)).id } }),
    "POST /admin/organisations": async () => ({ body: { id: "blue" } }),
    "PATCH /admin/organisations/:id": async (call) => ({
      path: `/admin/organisations/${await organisationOf(call)}`,
      body: { name: "Renamed" },
    }),
    "DELETE /admin/organisations/:id": async (call) => ({ path: `/admin/organisations/${await organisationOf(call)}` }),
    "POST /admin/users": async () => ({ body: { name: "new" } }),
    "PATCH /admin/users/:id": async (call) => ({
      path: `/admin/users/${(await userOf(call)).id}`,
      body: { role: "admin" },
    }),
    "DELETE /admin/users/:id": async (call) => ({ path: `/admin/users/${(await userOf(call)).id}` }),
    "DELETE /admin/users/:id/sessions": async (call) => ({ path: `/admin/users/${(await userOf(call)).id}/sessions` }),
    "POST /admin/keys": async () => ({ body: { name: "new" } }),
    "DELETE /admin/keys/:id": async (call) => ({
      path: `/admin/keys/${(await call("POST", "/admin/keys", { name: "old" })).id}`,
    }),
  };

  // biome-ignore lint/suspicious/noExplicitAny: this test reads fields of any response.
  type Caller = (method: string, path: string, body?: unknown) => Promise<any>;
  let users = 0;
  const userOf = (call: Caller) => call("POST", "/admin/users", { name: `user ${users++}` });
  let organisations = 0;
  const organisationOf = async (call: Caller) =>
    (await call("POST", "/admin/organisations", { id: `org-${organisations++}` })).id;
  const sessionOf = async (call: Caller) => {
    const { token } = await call("POST", "/admin/sign-in-links", { user: (await userOf(call)).id });
    const answer = await given.platform.call("POST", "/admin/session", { body: { token } });
    const cookie = String([answer.headers["set-cookie"] ?? []].flat()[0]).split(";", 1)[0] ?? "";
    return { as: JSON.stringify({ cookie, "x-keelson": answer.body.proof }) };
  };

  test.each(audited.filter((route) => !ofSupervisor.includes(route)).map((route) => [nameOf(route), route] as const))(
    "records %s once, with the person who calls",
    async (name, { method, path, audit }) => {
      const prepare = CALLS[name];
      if (prepare === undefined) throw new Error(`this test has no call of ${name}`);
      const person = { "x-keelson-person": "jos%C3%A9" };
      const call: Caller = async (...[verb, at, body]) =>
        (await given.platform.call(verb, at, { key: given.platform.token, headers: person, body })).body;
      const { as, ...request } = await prepare(call);
      const newest = async () => (await call("GET", "/admin/audit?limit=5")).entries;
      const [before] = await newest();
      const headers: Record<string, string> = as === undefined ? person : JSON.parse(as);
      const answer = await given.platform.call(method, request.path ?? path, {
        ...(as === undefined && name !== "POST /admin/session" && { key: given.platform.token }),
        ...{ headers, body: request.body },
      });
      expect(answer.status).toBeLessThan(300);
      const entries = (await newest()).filter(({ id }: { id: number }) => id > before.id);
      expect(entries).toMatchObject([{ act: audit }]);
      if (as === undefined && name !== "POST /admin/session") expect(entries[0].actor).toBe("os:josé");
      else expect(entries[0].actor).toMatch(/^(user:usr|key:key)_/);
    },
  );
});

describe("the supervisor", () => {
  /** A platform of which no operation succeeds: an attempt is recorded as well. */
  function failing(): { platform: Platform; recorded: Act[] } {
    const recorded: Act[] = [];
    const acts = {
      record: async (act: Act) => void recorded.push(act),
      during: async (act: Act, perform: () => Promise<unknown>) => {
        recorded.push(act);
        return perform();
      },
    };
    const failure = () => {
      const failed = Promise.reject(new Error("fails"));
      failed.catch(() => undefined);
      return failed;
    };
    const fails = new Proxy({}, { get: () => failure });
    const known = {
      catalogue: async () => ({ backups: [{ manifest: { id: "x" } }] }),
      ...{ state: () => ({}), requireBackup: () => undefined, take: failure, verify: failure },
    };
    const parts = { recovery: known, drills: fails, supervisor: fails, running: { platform: "starter" }, layout: {} };
    return { platform: { ...parts, acts, exclusive: new ExclusiveOperations() } as unknown as Platform, recorded };
  }
  const routes = Object.keys(platformRoutes(failing().platform, () => undefined));
  const changes = routes.filter((route) => !route.startsWith("GET ") && route !== "POST /restore/preview");
  const BODIES: Readonly<Record<string, unknown>> = {
    "POST /restore": { id: "20260101T000000Z" },
    "POST /drills": { fault: "process-crash" },
  };

  test.each(changes)("records %s once, with the person who calls", async (route) => {
    const { platform, recorded } = failing();
    const input = { parameters: { id: "x" }, body: BODIES[route], actor: "user:usr_1" };
    await platformRoutes(platform, () => undefined)
      [route]?.(input)
      .catch(() => undefined);
    expect(recorded).toMatchObject([{ actor: "user:usr_1" }]);
  });

  test("records the act of every route of the admin API that it performs", async () => {
    const acts = await Promise.all(
      changes.map(async (route) => {
        const { platform, recorded } = failing();
        const input = { parameters: { id: "x" }, body: BODIES[route], actor: "user:usr_1" };
        await platformRoutes(platform, () => undefined)
          [route]?.(input)
          .catch(() => undefined);
        return recorded[0]?.act;
      }),
    );
    expect(acts).toEqual(expect.arrayContaining(ofSupervisor.map(({ audit }) => audit)));
  });
});
