import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, type Call, type Platform, sessionOf, startPlatform } from "../support/accounts/platform.js";
import { startPostgres, type TestPostgres } from "../support/database/postgres.js";
import { event } from "../support/usage/events.js";

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly responses: Readonly<Record<string, { content?: Readonly<Record<string, { schema: object }>> }>>;
  readonly parameters?: readonly { name: string; in: string }[];
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

let postgres: TestPostgres;
let platform: Platform;
let document: Document;
let ajv: Ajv2020;

beforeAll(async () => {
  postgres = await startPostgres();
  platform = await startPlatform(postgres.url);
  document = (await platform.call("GET", "/admin/openapi.json")).body;
  ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
  for (const keyword of ["components", "paths", "info", "servers", "security", "openapi", "tags", "example"])
    ajv.addKeyword(keyword);
  ajv.addFormat("date-time", (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text));
  ajv.addFormat("date", /^\d{4}-\d\d-\d\d$/);
  ajv.addSchema(document, "document");
});
afterAll(async () => {
  await platform?.stop();
  await postgres?.stop();
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );

/** Fails unless the document describes this response: its status, its type, and every field of its body. */
function expectDescribed(operationId: string, answer: Answer): void {
  const operation = operations().find((each) => each.operationId === operationId);
  const described = String(answer.status) in (operation?.responses ?? {}) ? String(answer.status) : "default";
  if (described === "default") expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
  const type = String(answer.headers["content-type"] ?? "").split(";", 1)[0] ?? "";
  const content = operation?.responses[described]?.content;
  if (answer.status === 204) {
    expect(answer.text).toBe("");
    return;
  }
  expect(Object.keys(content ?? {}), `${operationId} ${described}`).toContain(type);
  const pointer = [
    "paths",
    operation?.path ?? "",
    (operation?.method ?? "").toLowerCase(),
    "responses",
    described,
    "content",
    type,
    "schema",
  ];
  const reference = pointer
    .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")))
    .join("/");
  const validate = ajv.getSchema(`document#/${reference}`);
  expect(validate, reference).toBeDefined();
  expect(validate?.(answer.body), JSON.stringify(validate?.errors)).toBe(true);
}

describe("the OpenAPI document", () => {
  test("is version 3.1 and describes the modules of this process together", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths).sort()).toEqual([
      "/admin/audit",
      "/admin/audit/verification",
      "/admin/keys",
      "/admin/keys/{id}",
      "/admin/organisations",
      "/admin/organisations/{id}",
      "/admin/session",
      "/admin/sessions",
      "/admin/sessions/{id}",
      "/admin/sign-in-links",
      "/admin/usage",
      "/admin/usage/latency",
      "/admin/usage/models",
      "/admin/users",
      "/admin/users/{id}",
      "/admin/users/{id}/sessions",
    ]);
  });

  test("has a unique id, a summary, the path parameters and the error schema of every operation", () => {
    const names = operations().map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { operationId, summary, path, parameters = [], responses } of operations()) {
      expect(summary, operationId).toMatch(/\w{3}/);
      const inPath = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => `{${name}}`);
      expect(path.match(/\{\w+\}/g) ?? []).toEqual(inPath);
      expect(JSON.stringify(responses["default"]), operationId).toContain("#/components/schemas/Error");
    }
  });

  test("contains only the schemas that its operations use", () => {
    expect(Object.keys(document.components.schemas).sort()).toEqual([
      ...[
        "AuditEntry",
        "AuditVerdict",
        "Error",
        "Key",
        "Latency",
        "LatencyRow",
        "ListedSession",
        "MeasuredModel",
        "NewKey",
        "Organisation",
        "Session",
        "SignInLink",
        "SignedIn",
      ],
      ...["Usage", "UsageRow", "User"],
    ]);
  });

  test("contains only valid schemas and references", () => {
    for (const name of Object.keys(document.components.schemas))
      expect(ajv.getSchema(`document#/components/schemas/${name}`), name).toBeDefined();
    for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"#([^"]*)"/g))
      expect(ajv.getSchema(`document#${reference}`), reference).toBeDefined();
  });
});

describe("every documented operation", () => {
  test("is checked strictly: a missing field, an additional one and one of another type are detected", async () => {
    const answer = await platform.call("GET", "/admin/session", { key: platform.firstKey });
    expectDescribed("currentSession", answer);
    const { role: _role, ...without } = answer.body;
    for (const body of [without, { ...answer.body, more: 1 }, { ...answer.body, operator: "yes" }])
      expect(() => expectDescribed("currentSession", { ...answer, body })).toThrow();
  });

  test("returns the documented responses, for success and for errors", async () => {
    await platform.usage.record([event(), event({ model: "=cmd()", status: 500 })]);
    const key = platform.firstKey;
    const link = (await platform.call("POST", "/admin/sign-in-links", { key, body: {} })).body;
    const user = (await platform.call("POST", "/admin/users", { key, body: { name: "ann" } })).body;
    const created = (await platform.call("POST", "/admin/keys", { key, body: { name: "first" } })).body;
    const cookie = sessionOf(await platform.call("POST", "/admin/session", { body: { key } }));

    /** For each operation: calls that succeed, and calls that fail. */
    const calls: Record<string, [path: string, call: Call][]> = {
      signIn: [
        ["/admin/session", { body: { token: link.token } }],
        ["/admin/session", { body: { key: "wrong" } }],
        ["/admin/session", { body: {} }],
      ],
      currentSession: [
        ["/admin/session", { key }],
        ["/admin/session", { headers: cookie }],
        ["/admin/session", {}],
      ],
      createSignInLink: [
        ["/admin/sign-in-links", { key, body: { user: user.id } }],
        ["/admin/sign-in-links", { key, body: { user: "usr_none" } }],
      ],
      listSessions: [
        ["/admin/sessions?limit=1", { key }],
        ["/admin/sessions?user=x", { key }],
      ],
      endSession: [
        ["/admin/sessions/ses_none", { key }],
        ["/admin/sessions/x", { key }],
      ],
      endUserSessions: [
        [`/admin/users/${user.id}/sessions`, { key }],
        ["/admin/users/usr_none/sessions", { key }],
      ],
      listOrganisations: [["/admin/organisations", { key }]],
      createOrganisation: [
        ["/admin/organisations", { key, body: { id: "acme", name: "Acme" } }],
        ["/admin/organisations", { key, body: { id: "NO" } }],
      ],
      changeOrganisation: [
        ["/admin/organisations/acme", { key, body: { name: "Acme Ltd" } }],
        ["/admin/organisations/none", { key, body: { name: "None" } }],
      ],
      listUsers: [
        ["/admin/users", { key }],
        ["/admin/users?organisation=acme", { key }],
      ],
      createUser: [
        ["/admin/users", { key, body: { name: "bob", role: "admin" } }],
        ["/admin/users", { key, body: { name: "ann" } }],
      ],
      changeUser: [
        [`/admin/users/${user.id}`, { key, body: { role: "admin" } }],
        [`/admin/users/${user.id}`, { key, body: {} }],
      ],
      listKeys: [
        ["/admin/keys", { key }],
        ["/admin/keys?organisation=acme", { key }],
      ],
      createKey: [
        [
          "/admin/keys",
          { key, body: { name: "k", scopes: ["usage"], models: ["m"], expires: "2099-01-01T00:00:00Z" } },
        ],
        ["/admin/keys", { key, body: { name: "" } }],
      ],
      revokeKey: [
        [`/admin/keys/${created.id}`, { key }],
        ["/admin/keys/key_none", { key }],
        ["/admin/keys/%00", { key }],
      ],
      readAudit: [
        ["/admin/audit", { key }],
        ["/admin/audit?limit=0", { key }],
      ],
      verifyAudit: [["/admin/audit/verification", { key }]],
      readUsage: [
        ["/admin/usage?by=hour,organisation,key,model", { key }],
        ["/admin/usage?by=model&format=csv", { key }],
        ["/admin/usage?by=colour", { key }],
      ],
      readLatency: [
        ["/admin/usage/latency?from=2026-05-04T13:00:00Z&to=2026-05-04T14:00:00Z&by=model", { key }],
        ["/admin/usage/latency?from=2026-05-04T13:00:00Z&to=2026-05-06T14:00:00Z", { key }],
      ],
      readMeasuredModels: [["/admin/usage/models", { key }]],
      signOut: [
        ["/admin/session", { headers: cookie }],
        ["/admin/session", { headers: cookie }],
      ],
      deleteUser: [
        [`/admin/users/${user.id}`, { key }],
        ["/admin/users/usr_none", { key }],
      ],
      deleteOrganisation: [
        ["/admin/organisations/acme", { key }],
        ["/admin/organisations/none", { key }],
      ],
    };
    expect(Object.keys(calls).sort()).toEqual(
      operations()
        .map(({ operationId }) => operationId)
        .sort(),
    );
    const statuses: Record<string, number[]> = {};
    for (const [operationId, tries] of Object.entries(calls)) {
      const operation = operations().find((each) => each.operationId === operationId);
      for (const [path, call] of tries) {
        const answer = await platform.call(operation?.method ?? "", path, call);
        expectDescribed(operationId, answer);
        statuses[operationId] = [...(statuses[operationId] ?? []), answer.status];
      }
    }
    expect(statuses).toEqual({
      signIn: [200, 401, 400],
      currentSession: [200, 200, 401],
      createSignInLink: [201, 404],
      listSessions: [200, 400],
      endSession: [200, 400],
      endUserSessions: [200, 404],
      listOrganisations: [200],
      createOrganisation: [201, 400],
      changeOrganisation: [200, 404],
      listUsers: [200, 200],
      createUser: [201, 409],
      changeUser: [200, 400],
      listKeys: [200, 200],
      createKey: [201, 400],
      revokeKey: [200, 404, 400],
      readAudit: [200, 400],
      verifyAudit: [200],
      readUsage: [200, 200, 400],
      readLatency: [200, 400],
      readMeasuredModels: [200],
      signOut: [204, 401],
      deleteUser: [200, 404],
      deleteOrganisation: [200, 404],
    });
  });
});
