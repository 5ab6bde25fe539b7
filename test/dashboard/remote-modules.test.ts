import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, get, IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { loadPlan } from "../../src/cli/platform/load.js";
import { type Kernel, startKernel } from "../../src/runtime/kernel/kernel.js";
import { modules } from "../../src/runtime/modules.js";
import { startPostgres, type TestPostgres } from "../support/database/postgres.js";
import { getInternally } from "../support/gateway/gateway.js";

/** The dashboard in a process of its own, as in production: everything that a browser asks goes to it alone. */
describe("a dashboard with remote modules", () => {
  let postgres: TestPostgres;
  let home: string;
  let others: Kernel;
  let dashboard: Kernel;
  let control: Server;
  let key: string;
  const asked: string[] = [];
  /** Whether the supervisor can read the results of drills. */
  let drillsReadable = true;

  beforeAll(async () => {
    postgres = await startPostgres();
    home = await mkdtemp(join(tmpdir(), "keelson-apart-"));
    const secretsDirectory = join(home, "secrets");
    await mkdir(join(secretsDirectory, "database"), { recursive: true });
    await writeFile(join(secretsDirectory, "database/url"), postgres.url);
    const shared = {
      plan: await loadPlan("starter", "local"),
      listen: { host: "127.0.0.1", port: 0 },
      secretsDirectory,
      log: pino({ level: "silent" }),
    };
    others = await startKernel(modules, {
      ...shared,
      modules: ["accounts", "usage", "engine", "gateway"],
      dataDirectory: join(home, "others"),
    });
    control = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const refused = {
        error: { code: "drill/running", message: "drill 1 is in progress", hint: "one at a time: wait for its end" },
      };
      const responses: Readonly<Record<string, unknown>> = {
        "GET /backups": { place: "/backups", backups: [], damaged: [], incomplete: [] },
        "GET /recovery": { backups: { place: "/backups" }, problems: [] },
        ...(drillsReadable && { "GET /drills": { drills: [], unreadable: [] } }),
      };
      const body = responses[`${request.method} ${request.url}`];
      response.writeHead(body === undefined ? 409 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(body ?? refused));
    });
    const socket = join(home, "control.sock");
    await new Promise<void>((resolve) => control.listen(socket, resolve));
    process.env["KEELSON_CONTROL"] = socket;
    dashboard = await startKernel(modules, {
      ...shared,
      modules: ["dashboard"],
      dataDirectory: join(home, "dashboard"),
      peers: { accounts: others.url, usage: others.url, gateway: others.url },
    });
    delete process.env["KEELSON_CONTROL"];
    key = await readFile(join(secretsDirectory, "first-key/key"), "utf8");
  });

  afterAll(async () => {
    await dashboard?.stop({ grace: 5_000 });
    await others?.stop({ grace: 5_000 });
    control?.close();
    await postgres?.stop();
    await rm(home, { recursive: true, force: true });
  });

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${dashboard.url}${path}`, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } });

  it("sets the cookie of the accounts module on its own origin", async () => {
    const answer = await fetch(`${dashboard.url}/admin/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ key }),
    });
    expect(answer.status).toBe(200);
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(new RegExp(`^keelson_session_${new URL(dashboard.url).port}=.*HttpOnly.*SameSite=Strict`));
    const { proof } = z.object({ proof: z.string() }).parse(await answer.json());
    const session = await fetch(`${dashboard.url}/admin/promises`, {
      headers: { cookie: cookie.split(";")[0] ?? "", "x-keelson": proof },
    });
    expect(session.status).toBe(200);
  });

  it("refuses unauthenticated requests", async () => {
    for (const path of ["/admin/promises", "/admin/topology", "/admin/models", "/admin/drills", "/admin/backups"]) {
      const answer = await fetch(`${dashboard.url}${path}`);
      expect(answer.status, path).toBe(401);
      expect(await answer.json()).toMatchObject({ error: { code: "credential/missing" } });
    }
  });

  it("serves the sheet, the topology and the models", async () => {
    expect(await (await ask("/admin/promises")).json()).toMatchObject({ platform: "starter", environment: "local" });
    const models = z
      .object({ models: z.array(z.object({ name: z.string() })) })
      .parse(await (await ask("/admin/models")).json());
    expect(models.models.map(({ name }) => name)).toEqual(["assistant", "embedder"]);
    const nodes = z
      .object({ nodes: z.array(z.object({ id: z.string(), state: z.string() })) })
      .parse(await (await ask("/admin/topology")).json()).nodes;
    const states = Object.fromEntries(nodes.map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({
      gateway: "ready",
      accounts: "ready",
      usage: "ready",
      dashboard: "ready",
      database: "ready",
    });
  });

  it("forwards keys, usage and streamed chats byte for byte", async () => {
    expect((await ask("/admin/keys")).status).toBe(200);
    const usage = await ask("/admin/usage?by=model&format=csv");
    expect(usage.headers.get("content-type")).toContain("text/csv");
    const chat = await ask("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "assistant",
        stream: true,
        max_tokens: 4,
        messages: [{ role: "user", content: "Hello" }],
      }),
    });
    expect(chat.headers.get("content-type")).toContain("text/event-stream");
    expect(await chat.text()).toMatch(/^data: .*[\s\S]*data: \[DONE\]\s*$/);
  });

  it("forwards an error response unchanged", async () => {
    const answer = await fetch(`${dashboard.url}/v1/models`, { headers: { authorization: "Bearer kls_wrong" } });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { type: expect.any(String) } });
  });

  it("cancels the forwarded request when the browser disconnects", async () => {
    const leave = new AbortController();
    const chat = await ask("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "assistant",
        stream: true,
        max_tokens: 4000,
        messages: [{ role: "user", content: "Go on" }],
      }),
      signal: leave.signal,
    });
    await chat.body?.getReader().read();
    leave.abort();
    await expect
      .poll(async () => (await getInternally(others.url, "/metrics", join(home, "secrets"))).text(), {
        timeout: 10_000,
      })
      .toMatch(/keelson_gateway_requests_total\{[^}]*status="499"\} 1/);
  });

  it("forwards requests for drills and backups to the supervisor", async () => {
    expect(await (await ask("/admin/backups")).json()).toEqual({
      ...{ place: "/backups", backups: [], damaged: [], incomplete: [] },
    });
    const refused = await ask("/admin/drills", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ fault: "process-crash" }),
    });
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({
      error: { code: "drill/running", hint: "one at a time: wait for its end" },
    });
    expect(asked).toContain("POST /drills");
  });

  it("returns an error instead of a promise sheet without its measurements", async () => {
    drillsReadable = false;
    const response = await ask("/admin/promises");
    drillsReadable = true;
    expect(response.status).toBe(409);
    expect((await ask("/admin/promises")).status).toBe(200);
  });

  it("refuses ids that are not those of a drill", async () => {
    const before = asked.length;
    for (const id of ["..%2F..%2Fstatus", "a%20b", "%00", "x".repeat(200)])
      expect((await ask(`/admin/drills/${id}`)).status).toBeGreaterThanOrEqual(400);
    expect(asked.length).toBe(before);
  });

  it("returns an API error, not a page, for an unknown path below /admin", async () => {
    const answer = await ask("/admin/nothing", { headers: { accept: "text/html" } });
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toContain("application/json");
  });

  it("does not forward paths to internal routes", async () => {
    for (const path of ["/v1/../internal/accounts/changes", "/admin/../metrics", "/admin/usage/%2e%2e/%2e%2e/metrics"])
      expect(await statusOf(dashboard.url, path), path).toBe(404);
  });

  it("reports which module is unreachable", async () => {
    await others.stop({ grace: 5_000 });
    const keys = await fetch(`${dashboard.url}/admin/keys`, { headers: { authorization: `Bearer ${key}` } });
    expect(keys.status).toBe(502);
    expect(await keys.json()).toMatchObject({ error: { code: "modules/away" } });
  });
});

/** Sends the path as it is: `fetch` would resolve its dots before any user sees them. */
async function statusOf(base: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(base);
  const asked = get({ hostname, port, path });
  const [answer] = await once(asked, "response");
  if (!(answer instanceof IncomingMessage)) throw new Error("no answer");
  answer.resume();
  return answer.statusCode;
}

describe("a dashboard without a supervisor", () => {
  it("reports that drills and backups need a supervisor", async () => {
    const { Control } = await import("../../src/runtime/dashboard/control/control.js");
    const none = new Control(undefined);
    await expect(none.json(z.unknown(), "GET", "/drills")).rejects.toMatchObject({ code: "control/none" });
    const away = new Control(join(tmpdir(), "keelson-no-such-control.sock"));
    await expect(away.json(z.unknown(), "GET", "/drills")).rejects.toMatchObject({ code: "control/away" });
    await away.close();
  });
});
