import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { key, planOf, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { startUpstream, type Upstream } from "../support/gateway/upstream.js";

const request = { model: "paid", messages: [{ role: "user", content: "Hello" }] };

describe.each([
  ["in the same process", false],
  ["in another process", true],
])("the key of an upstream, called %s", (_where, remoteEngines) => {
  let directory: string;
  let upstream: Upstream;
  let gateway: TestGateway;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keelson-upstream-keys-"));
    upstream = await startUpstream();
  });
  afterEach(async () => {
    await gateway.stop();
    await upstream.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const storeKey = async (secret: string): Promise<void> => {
    await mkdir(join(directory, "secrets", "vendor"), { recursive: true });
    await writeFile(join(directory, "secrets", "vendor", "api-key"), `${secret}\n`);
  };
  const start = async (): Promise<void> => {
    const plan = planOf(`platform: test
services:
  gateway: { modules: [gateway, accounts, usage], calls: [database], expose: true }
models:
  paid: { upstreams: [{ url: "${upstream.url}", key: vendor/api-key }], queue: { deadline: 1s } }
secrets:
  vendor: { keys: [api-key] }
stores:
  database: { postgres: 17 }
`);
    gateway = await startTestGateway(plan, { directory, remoteEngines });
  };

  it("is sent to the upstream instead of the client's key", async () => {
    await storeKey("sk-vendor");
    await start();
    expect((await gateway.post("/v1/chat/completions", request)).status).toBe(200);
    expect(upstream.received.at(-1)?.headers.authorization).toBe("Bearer sk-vendor");
    expect(JSON.stringify(upstream.received)).not.toContain(key);
  });

  it("is required: the model is unavailable until the key exists", async () => {
    await start();
    const refused = await gateway.post("/v1/chat/completions", request);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const reason = `the secret vendor/api-key, the key of ${new URL(upstream.url).host}, is missing`;
    const token = (await readFile(join(directory, "secrets", "internal", "token"), "utf8")).trim();
    const headers = { authorization: `Bearer ${token}` };
    expect(await (await fetch(`${gateway.url}/internal/gateway/models`, { headers })).json()).toMatchObject({
      models: [{ name: "paid", state: "starting", reason }],
    });
    const engine = gateway.kernel.services.list().find(({ name }) => name === "engine");
    if (!remoteEngines) expect(engine).toMatchObject({ state: "degraded", reason: `paid: ${reason}` });
    expect(upstream.received).toEqual([]);
    await storeKey("sk-late");
    const status = async (): Promise<number> => (await gateway.post("/v1/chat/completions", request)).status;
    await expect.poll(status, { timeout: 20_000, interval: 100 }).toBe(200);
    expect(upstream.received.map(({ headers }) => headers.authorization)).toEqual(["Bearer sk-late"]);
    expect(gateway.kernel.services.ready).toBe(true);
  }, 30_000);
});
