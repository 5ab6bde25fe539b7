import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kernel, startKernel } from "../../src/runtime/kernel/kernel.js";
import { modules } from "../../src/runtime/modules.js";
import { startPostgres, type TestPostgres } from "../support/database/postgres.js";
import { planOf } from "../support/gateway/gateway.js";

const plan = planOf(`platform: test
services:
  gateway: { modules: [gateway], calls: [accounts, usage, assistant], expose: true }
  accounts: { modules: [accounts], calls: [database] }
  usage: { modules: [usage], calls: [accounts, database] }
models:
  assistant: { engine: simulated }
stores:
  database: { postgres: 17 }
`);

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

/** The real modules on a real PostgreSQL, one kernel per group: each kernel represents a process. */
async function startAll(groups: readonly (readonly string[])[]): Promise<{
  readonly kernels: readonly Kernel[];
  readonly key: string;
  readonly token: string;
  readonly engineToken: string;
  stop(): Promise<void>;
}> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-remote-"));
  const secretsDirectory = join(directory, "secrets");
  await mkdir(join(secretsDirectory, "database"), { recursive: true });
  await writeFile(join(secretsDirectory, "database/url"), postgres.url);
  const peers: Record<string, string> = {};
  const kernels: Kernel[] = [];
  for (const group of groups) {
    const kernel = await startKernel(modules, {
      plan,
      modules: group,
      listen: { host: "127.0.0.1", port: 0 },
      dataDirectory: join(directory, group.join("-")),
      secretsDirectory,
      peers: { ...peers },
      model: groups.length > 1 && group.includes("engine") ? "assistant" : undefined,
      log: pino({ level: process.env["KEELSON_LOG"] ?? "silent" }),
    });
    kernels.push(kernel);
    for (const name of group) peers[name] = kernel.url;
  }
  const secret = async (name: string): Promise<string> =>
    (await readFile(join(secretsDirectory, name), "utf8").catch(() => "")).trim();
  return {
    kernels,
    // The first key is created on the first start with an empty database; later starts create one over the admin API.
    key: await secret("first-key/key"),
    token: await secret("internal/operator-token"),
    engineToken: await secret("internal/engine-token"),
    stop: async () => {
      for (const kernel of [...kernels].reverse()) await kernel.stop({ grace: 5000 });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function keyBy(url: string, token: string): Promise<string> {
  const answer = await fetch(`${url}/admin/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "test", scopes: ["inference", "admin", "usage"] }),
  });
  const body: unknown = await answer.json();
  if (typeof body === "object" && body !== null && "key" in body && typeof body.key === "string") return body.key;
  throw new Error(`no key: ${JSON.stringify(body)}`);
}

describe.each([
  ["together in one process", [["database", "accounts", "usage", "engine", "gateway"]]],
  ["in four processes that talk over HTTP", [["accounts"], ["usage"], ["engine"], ["gateway"]]],
] as const)("the modules %s", (_how, groups) => {
  it("serve, count and report a request, and refuse a revoked key at once", async () => {
    const platform = await startAll(groups);
    try {
      const accounts = platform.kernels[0]?.url ?? "";
      const gateway = platform.kernels.at(-1)?.url ?? "";
      const usage = platform.kernels[groups.length > 1 ? 1 : 0]?.url ?? "";
      const key = await keyBy(accounts, platform.token);
      const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: key, maxRetries: 0 });
      const body = { model: "assistant", max_tokens: 6, messages: [{ role: "user" as const, content: "Ahoy" }] };
      const response = await client.chat.completions.create(body);
      expect(response.usage?.completion_tokens).toBe(6);
      let pieces = 0;
      for await (const chunk of await client.chat.completions.create({ ...body, stream: true }))
        pieces += chunk.choices.length;
      expect(pieces).toBeGreaterThan(6);

      const read = async (): Promise<{ rows: { requests: number; outputTokens: number }[] }> =>
        (
          await fetch(`${usage}/admin/usage?by=key`, { headers: { authorization: `Bearer ${key}` } })
        ).json() as Promise<{ rows: { requests: number; outputTokens: number }[] }>;
      await expect
        .poll(async () => (await read()).rows.find(({ outputTokens }) => outputTokens === 12)?.requests, {
          timeout: 10_000,
        })
        .toBe(2);

      const { models } = (await (
        await fetch(`${gateway}/admin/models`, { headers: { authorization: `Bearer ${platform.token}` } })
      ).json()) as {
        models: { name: string; state: string; targets: { inFlight: number }[] }[];
      };
      expect(models).toMatchObject([{ name: "assistant", state: "ready", targets: [{ inFlight: 0 }] }]);

      const listed = (await (
        await fetch(`${accounts}/admin/keys`, { headers: { authorization: `Bearer ${platform.token}` } })
      ).json()) as {
        keys: { id: string; prefix: string; revoked: string | null }[];
      };
      const mine = listed.keys.find(({ prefix, revoked }) => key.startsWith(prefix) && !revoked);
      await fetch(`${accounts}/admin/keys/${mine?.id}`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${platform.token}` },
      });
      await expect
        .poll(
          () =>
            client.chat.completions.create(body).then(
              () => 200,
              (error: { status: number }) => error.status,
            ),
          { timeout: 2000, interval: 20 },
        )
        .toBe(401);
    } finally {
      await platform.stop();
    }
  }, 60_000);
});

describe("a process that serves one model", () => {
  it("serves only the processes of the platform that call models", async () => {
    const platform = await startAll([["accounts"], ["engine"]]);
    try {
      const engine = platform.kernels[1]?.url ?? "";
      await expect.poll(async () => (await fetch(`${engine}/health/readiness`)).status, { timeout: 10_000 }).toBe(200);
      expect((await fetch(`${engine}/v1/models`)).status).toBe(401);
      const statusWith = async (token: string): Promise<number> =>
        (await fetch(`${engine}/v1/models`, { headers: { authorization: `Bearer ${token}` } })).status;
      expect([await statusWith(platform.engineToken), await statusWith(platform.token)]).toEqual([200, 401]);
      // The token of a process that reads prompts opens no other process.
      const headers = { authorization: `Bearer ${platform.engineToken}` };
      for (const path of ["/services", "/internal/accounts/changes", "/admin/users"])
        expect((await fetch(`${platform.kernels[0]?.url}${path}`, { headers })).status, path).toBe(401);
    } finally {
      await platform.stop();
    }
  }, 60_000);
});
