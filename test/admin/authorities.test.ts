import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Authority, OPERATOR } from "../../src/contracts/authority.js";
import { readError } from "../../src/contracts/error.js";
import type { Route } from "../../src/contracts/route.js";
import { backupRoutes, drillRoutes, overviewRoutes } from "../../src/contracts/routes/dashboard.js";
import { ALL_ROUTES } from "../../src/contracts/routes/index.js";
import { type Kernel, startKernel } from "../../src/runtime/kernel/kernel.js";
import { modules } from "../../src/runtime/modules.js";
import { send, sessionOf } from "../support/accounts/platform.js";
import { startPostgres, type TestPostgres } from "../support/database/postgres.js";
import { planOf } from "../support/gateway/gateway.js";

/** docs/accounts.md, "Who may call what": the routes of each authority, and the callers that each authority admits. */
const page = await readFile(fileURLToPath(new URL("../../docs/accounts.md", import.meta.url)), "utf8");
const section = page.slice(page.indexOf("## Who may call what"));
const documentedRoutes = new Map(
  [...section.matchAll(/^\| `(GET|POST|PATCH|DELETE) (\S+)` \| ([\w ]+?) \|$/gm)].map(
    ([, method, path, authority]) => [`${method} ${path}`, authority ?? ""] as const,
  ),
);
const [header = [], ...matrix] = [
  ...section.matchAll(/^\| ([\w ]+?) \|((?: (?:yes|401|403|[\w:-]+(?: [\w]+)*) \|){10})$/gm),
].map(([, first = "", rest = ""]) =>
  [first, ...rest.split("|").map((cell) => cell.trim())].filter((cell) => cell !== ""),
);
const CALLERS = header.slice(1);

/** The name of an authority in the documentation. */
function nameOf(authority: Authority): string {
  switch (authority.kind) {
    case "actor":
      if (authority.operator) return "operator";
      return authority.scope === "usage" ? "usage reader" : authority.role;
    case "anonymous":
    case "inference-key":
    case "internal-token":
      return authority.kind.replace("-", " ");
  }
}

const PLATFORM = `
platform: test
stores: { database: { postgres: 17 } }
models: { assistant: { engine: simulated } }
services: { keelson: { modules: [gateway, engine, accounts, usage, dashboard] } }
`;

/** Bodies that each operation accepts; ids that do not exist, so that a permitted call changes nothing. */
const BODIES: Readonly<Record<string, () => unknown>> = {
  "POST /admin/session": () => ({ key: firstKey }),
  "POST /admin/sign-in-links": () => ({ user: "usr_none" }),
  "POST /admin/organisations": () => ({ id: "red" }),
  "PATCH /admin/organisations/:id": () => ({ name: "none" }),
  "POST /admin/users": () => ({ name: "red member" }),
  "PATCH /admin/users/:id": () => ({ role: "member" }),
  "POST /admin/keys": () => ({ name: "key", scopes: ["usage"] }),
  "POST /admin/drills": () => ({ fault: "process-crash" }),
  "POST /internal/accounts/authenticate": () => ({ hash: "0".repeat(64) }),
  "POST /internal/accounts/identify": () => ({ kind: "key", hash: "0".repeat(64) }),
  "POST /internal/usage/record": () => ({ events: [] }),
  "POST /internal/accounts/acts": () => ({ acts: [] }),
};
const IDS: Readonly<Record<string, string>> = {
  "/admin/users/:id": "usr_none",
  "/admin/users/:id/sessions": "usr_none",
  "/admin/sessions/:id": "ses_none",
  "/admin/keys/:id": "key_none",
  "/v1/models/:model": "assistant",
};

let postgres: TestPostgres;
let kernel: Kernel;
let home: string;
let firstKey: string;
/** The credential of each caller, as request headers. */
const headersOf: Record<string, Record<string, string>> = {};

beforeAll(async () => {
  postgres = await startPostgres();
  home = await mkdtemp(join(tmpdir(), "keelson-authorities-"));
  const secretsDirectory = join(home, "secrets");
  await mkdir(join(secretsDirectory, "database"), { recursive: true });
  await writeFile(join(secretsDirectory, "database/url"), postgres.url);
  kernel = await startKernel(modules, {
    plan: planOf(PLATFORM),
    modules: ["database", "accounts", "usage", "engine", "gateway", "dashboard"],
    listen: { host: "127.0.0.1", port: 0 },
    dataDirectory: join(home, "data"),
    secretsDirectory,
    log: pino({ level: process.env["KEELSON_LOG"] ?? "silent" }),
  });
  firstKey = await readFile(join(secretsDirectory, "first-key/key"), "utf8");
  const secret = (name: string): Promise<string> => readFile(join(secretsDirectory, "internal", name), "utf8");
  await prepareCallers(await secret("operator-token"));
  headersOf["operator token"] = { authorization: `Bearer ${await secret("operator-token")}` };
  headersOf["internal"] = { authorization: `Bearer ${await secret("token")}` };
});
afterAll(async () => {
  await kernel?.stop({ grace: 5_000 });
  await postgres?.stop();
  if (home) await rm(home, { recursive: true, force: true });
});

/** An organisation `red` with a session for each role and a key for each scope. */
async function prepareCallers(token: string): Promise<void> {
  const internal = (path: string, body: unknown) => send(kernel.url, "POST", path, { key: token.trim(), body });
  const session = async (body: unknown): Promise<Record<string, string>> => {
    const { body: link } = await internal("/admin/sign-in-links", body);
    return sessionOf(await send(kernel.url, "POST", "/admin/session", { body: { token: link.token } }));
  };
  await internal("/admin/organisations", { id: "red" });
  for (const role of ["member", "admin", "owner"]) {
    const { body: user } = await internal("/admin/users", { name: `red ${role}`, role, organisation: "red" });
    headersOf[role] = await session({ user: user.id });
  }
  headersOf["operator"] = await session({});
  for (const scope of ["inference", "usage", "admin"]) {
    const { body } = await internal("/admin/keys", { name: scope, scopes: [scope], organisation: "red" });
    headersOf[`key ${scope}`] = { authorization: `Bearer ${body.key}` };
  }
  headersOf["anonymous"] = {};
}

async function call(caller: string, method: string, path: string): Promise<"yes" | "401" | "403"> {
  const makeBody = BODIES[`${method} ${path}`] ?? (() => ({}));
  const body = method === "POST" || method === "PATCH" ? JSON.stringify(makeBody()) : undefined;
  const response = await fetch(`${kernel.url}${path.replace(/:\w+/, IDS[path] ?? "none")}`, {
    method,
    signal: AbortSignal.timeout(10_000),
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headersOf[caller],
    },
    ...(body === undefined ? {} : { body }),
  });
  if (response.headers.get("content-type") === "text/event-stream") await response.body?.cancel();
  else if (UNROUTED.has(readError(await response.text())?.code ?? ""))
    throw new Error(`${method} ${path} is not served`);
  return response.status === 401 ? "401" : response.status === 403 ? "403" : "yes";
}

/** Codes of the errors for a path that no module serves. */
const UNROUTED: ReadonlySet<string> = new Set(["request/not-found", "not_found"]);

/** `signOut` ends the caller's session, so it comes last. */
const routes = [...ALL_ROUTES].sort((a, b) => Number(isSignOut(a)) - Number(isSignOut(b)));
function isSignOut({ method, path }: { readonly method: string; readonly path: string }): boolean {
  return method === "DELETE" && path === "/admin/session";
}

describe("the authority of every route", () => {
  test("is documented", () => {
    const declared = ALL_ROUTES.map(({ method, path, authority }) => [`${method} ${path}`, nameOf(authority)] as const);
    expect(Object.fromEntries(documentedRoutes)).toEqual(Object.fromEntries(declared));
  });

  test("is the internal token for every path below /internal", () => {
    const internal = ALL_ROUTES.filter(({ path }) => path.startsWith("/internal/"));
    expect(internal.length).toBeGreaterThan(0);
    for (const { path, authority } of internal) expect(authority.kind, path).toBe("internal-token");
  });

  test("is the operator for everything that concerns the platform itself", () => {
    const routes = [overviewRoutes, drillRoutes, backupRoutes].flatMap((table): readonly Route[] =>
      Object.values(table),
    );
    for (const { method, path, authority } of routes) expect(authority, `${method} ${path}`).toEqual(OPERATOR);
  });

  test("has documented callers", () => {
    expect(CALLERS).toEqual(expect.arrayContaining(Object.keys(headersOf)));
    expect(CALLERS.length).toBe(Object.keys(headersOf).length);
    expect(matrix.map(([authority]) => authority).sort()).toEqual(
      [...new Set(ALL_ROUTES.map(({ authority }) => nameOf(authority)))].sort(),
    );
  });

  describe.each(routes.map((route) => ({ route, name: `${route.method} ${route.path}` })))("$name", ({ route }) => {
    test.each(header.slice(1))("admits or refuses %s as documented", async (caller) => {
      const row = matrix.find(([authority]) => authority === nameOf(route.authority));
      const expected = row?.[1 + CALLERS.indexOf(caller)];
      expect(await call(caller, route.method, route.path)).toBe(expected);
    });
  });
});
