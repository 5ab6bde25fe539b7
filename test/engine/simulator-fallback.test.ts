import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { llamaCppMissing } from "../../src/runtime/engine/engines/llama-cpp.js";
import { writeTinyGguf } from "../support/engine/gguf.js";
import { setVariables } from "../support/environment.js";
import { Gate } from "../support/gateway/gate.js";
import { getInternally, key, planWith, startTestGateway } from "../support/gateway/gateway.js";

const missing = llamaCppMissing();
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-simulator-fallback-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const body = { model: "assistant", max_tokens: 8, messages: [{ role: "user", content: "Hello there" }] };

/** A gateway whose model is being downloaded: the second half of the file arrives when `download` is opened. */
async function downloading() {
  const file = join(directory, "tiny.gguf");
  writeTinyGguf(file);
  const content = await readFile(file);
  const download = new Gate();
  const server = createServer(async (request, response) => {
    response.writeHead(200, { "content-length": content.length });
    if (request.method === "HEAD") return response.end();
    response.write(content.subarray(0, content.length / 2));
    await download.pass();
    return response.end(content.subarray(content.length / 2));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const restore = setVariables({
    HF_ENDPOINT: `http://127.0.0.1:${address.port}`,
    KEELSON_MODELS: join(directory, "models"),
    OLLAMA_HOST: "127.0.0.1:9",
    KEELSON_OFFLINE: undefined,
  });
  const gateway = await startTestGateway(
    planWith("assistant: { source: hf://owner/repo/tiny.gguf, fallback: simulated, context: 512 }"),
  );
  const stop = async () => {
    await gateway.stop();
    server.close();
    server.closeAllConnections();
    restore();
  };
  return { gateway, download, stop };
}

describe.skipIf(missing !== undefined)("the simulator as a fallback", () => {
  it("serves while a download takes long, and llama.cpp takes over without a failed request", async () => {
    const { gateway, download, stop } = await downloading();
    try {
      // Waits in the queue until the simulator serves.
      const first = (await (await gateway.post("/v1/chat/completions", body)).json()) as {
        choices: { message: { content: string } }[];
      };
      expect(first.choices[0]?.message.content).toMatch(/^\[simulated\]/);
      download.open();
      let responses = 0;
      const nextText = async (): Promise<string> => {
        const response = await gateway.post("/v1/chat/completions", body);
        expect(response.status).toBe(200);
        responses += 1;
        return ((await response.json()) as typeof first).choices[0]?.message.content ?? "";
      };
      await expect.poll(nextText, { timeout: 30_000, interval: 200 }).not.toMatch(/^\[simulated\]/);
      const models = (await (
        await fetch(`${gateway.url}/api/tags`, { headers: { authorization: `Bearer ${key}` } })
      ).json()) as {
        models: { details: { family: string } }[];
      };
      expect(models.models[0]?.details.family).toBe("llama.cpp");
      expect(await gateway.usage.settled(responses + 1)).toHaveLength(responses + 1);
    } finally {
      await stop();
    }
  }, 90_000);

  it("does not serve a request that can wait for the model itself", async () => {
    const { gateway, download, stop } = await downloading();
    try {
      const answer = gateway.post("/v1/chat/completions", body);
      setTimeout(() => download.open(), 500);
      const response = await answer;
      expect(response.status).toBe(200);
      expect(response.headers.get("x-keelson-simulated")).toBeNull();
    } finally {
      await stop();
    }
  }, 60_000);

  it("serves for a truncated file", async () => {
    const file = join(directory, "cut.gguf");
    writeTinyGguf(file);
    await writeFile(file, (await readFile(file)).subarray(0, 100_000));
    const gateway = await startTestGateway(
      planWith(`assistant: { engine: llama.cpp, source: ${file}, fallback: simulated }`),
    );
    try {
      expect((await gateway.post("/v1/chat/completions", body)).status).toBe(200);
    } finally {
      await gateway.stop();
    }
  }, 60_000);

  it("serves for a file that cannot be loaded, if the platform file allows it, and gives the reason", async () => {
    const file = join(directory, "broken.gguf");
    await writeFile(file, "GGUF, but not really");
    const gateway = await startTestGateway(
      planWith(
        `assistant: { engine: llama.cpp, source: ${file}, fallback: simulated }\nstrict: { engine: llama.cpp, source: ${file} }`,
      ),
    );
    try {
      const served = (await (await gateway.post("/v1/chat/completions", body)).json()) as {
        choices: { message: { content: string } }[];
      };
      expect(served.choices[0]?.message.content).toMatch(/^\[simulated\]/);
      const askedAt = performance.now();
      const refused = await gateway.post("/v1/chat/completions", { ...body, model: "strict" });
      expect(refused.status).toBe(503);
      expect(((await refused.json()) as { error: { message: string } }).error.message).toMatch(
        /^no server of strict is available: llama\.cpp has no model file: llama\.cpp does not start \(.*broken\.gguf is not a GGUF file\)/,
      );
      // Far below the deadline of the queue.
      expect(performance.now() - askedAt).toBeLessThan(10_000);
      const unloaded = await gateway.post("/api/generate", { model: "strict" });
      expect(unloaded.status).toBe(503);
      expect(await unloaded.json()).toEqual({ error: "no server of strict is ready" });
      expect(Number(unloaded.headers.get("retry-after"))).toBeGreaterThan(0);
      const { services } = (await (
        await getInternally(gateway.url, "/services", join(gateway.directory, "secrets"))
      ).json()) as {
        services: { name: string; state: string; reason?: string }[];
      };
      const engine = services.find(({ name }) => name === "engine");
      expect(engine?.state).toBe("degraded");
      expect(engine?.reason).toContain("strict: ");
    } finally {
      await gateway.stop();
    }
  }, 60_000);

  it("is not needed if a later source of the list is available, and the reason names the earlier ones", async () => {
    const file = join(directory, "tiny.gguf");
    writeTinyGguf(file);
    const broken = join(directory, "broken.gguf");
    await writeFile(broken, "GGUF, but not really");
    const server = createServer((request, response) => {
      // It can be had by a first look, and fails later.
      response.writeHead(request.method === "HEAD" ? 200 : 404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const hub = `http://127.0.0.1:${address.port}/m.gguf`;
    const restore = setVariables({
      KEELSON_MODELS: join(directory, "models"),
      OLLAMA_HOST: "127.0.0.1:9",
      KEELSON_OFFLINE: undefined,
    });
    const gateway = await startTestGateway(
      planWith(`listed: { source: [${join(directory, "none.gguf")}, ${broken}, ${file}], fallback: simulated, context: 512 }
failing: { source: [${join(directory, "none.gguf")}, ${hub}], context: 512 }`),
    );
    try {
      const token = "o".repeat(43);
      const reasonOf = async (name: string): Promise<string | undefined> => {
        const response = await fetch(`${gateway.url}/admin/models`, { headers: { authorization: `Bearer ${token}` } });
        const { models } = (await response.json()) as { models: { name: string; reason: string }[] };
        return models.find((model) => model.name === name)?.reason;
      };
      const listed = await gateway.post("/v1/chat/completions", { ...body, model: "listed" });
      expect(listed.status).toBe(200);
      expect(await reasonOf("listed")).toMatch(
        /^llama\.cpp: .*tiny\.gguf is on this machine \(there is no file .*none\.gguf; llama\.cpp does not start \(.*broken\.gguf is not/,
      );
      const failing = await gateway.post("/v1/chat/completions", { ...body, model: "failing" });
      expect(failing.status).toBe(503);
      expect(await failing.text()).toMatch(
        /there is no file .*none\.gguf; http.*the download failed: .* returned status 404/,
      );
    } finally {
      await gateway.stop();
      restore();
      server.close();
    }
  }, 60_000);
});
