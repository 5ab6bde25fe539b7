import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Kernel, startKernel } from "../../src/runtime/kernel/kernel.js";
import { planWith } from "../support/gateway/gateway.js";

const MESSAGE = "the platform is starting or stopping; retry shortly";

describe("a client of a process that is starting", () => {
  let directory: string;
  let starting: Promise<Kernel>;
  let url: string;
  let finish: () => void;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "keelson-starting-"));
    url = await new Promise<string>((resolve) => {
      const start = async ({ publicUrl }: { readonly publicUrl: string }) => {
        await new Promise<void>((done) => {
          finish = done;
          resolve(publicUrl);
        });
        return { client: undefined, stop: async () => undefined };
      };
      starting = startKernel(
        { slow: { needs: [], start } },
        {
          plan: planWith("assistant: { engine: simulated }"),
          modules: ["slow"],
          listen: { host: "127.0.0.1", port: 0 },
          dataDirectory: join(directory, "data"),
          secretsDirectory: join(directory, "secrets"),
          log: pino({ level: "silent" }),
        },
      );
    });
  });
  afterEach(async () => {
    finish();
    await (await starting).stop();
    await rm(directory, { recursive: true, force: true });
  });

  const messages = [{ role: "user" as const, content: "Hello" }];
  const openai = () => new OpenAI({ baseURL: `${url}/v1`, apiKey: "key", maxRetries: 0 });
  const ollama = () => new Ollama({ host: url });

  it("of OpenAI gets a 503 with message, type, param and code", async () => {
    await expect(openai().chat.completions.create({ model: "assistant", messages })).rejects.toMatchObject({
      status: 503,
      ...{ type: "server_error", param: null, code: "starting" },
      message: `503 ${MESSAGE}`,
      headers: expect.objectContaining({}),
    });
  });

  it("of Ollama gets a 503 with the message as text", async () => {
    await expect(ollama().chat({ model: "assistant", messages })).rejects.toMatchObject({
      status_code: 503,
      message: MESSAGE,
    });
  });

  it("gets a 404 in the same shapes once the process is ready and no module serves the path", async () => {
    finish();
    await starting;
    const message = "no module serves this path";
    await expect(openai().chat.completions.create({ model: "assistant", messages })).rejects.toMatchObject({
      status: 404,
      ...{ type: "invalid_request_error", param: null, code: "not_found", message: `404 ${message}` },
    });
    await expect(ollama().chat({ model: "assistant", messages })).rejects.toMatchObject({ status_code: 404, message });
    const other = await fetch(`${url}/anything`);
    expect([other.status, await other.json()]).toEqual([404, { error: { code: "not_found", message } }]);
  });
});
