import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { key, planWith, startTestGateway, type TestGateway } from "./gateway.js";
import { startUpstream, type Upstream } from "./upstream.js";

const program = fileURLToPath(new URL("../../bin/keelson.js", import.meta.url));

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe("keelson chat", () => {
  let upstream: Upstream;
  let gateway: TestGateway;
  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await startTestGateway(
      planWith(`assistant: { upstreams: "${upstream.url}" }\nsmall: { upstreams: "${upstream.url}" }`),
    );
    gateway.accounts.add("kls_small_only", { models: ["small"] });
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });

  const run = (words: readonly string[], input: string): Promise<Ended> =>
    new Promise((resolve) => {
      const all = [program, "chat", ...words, "--url", gateway.url];
      const child = execFile(process.execPath, all, { timeout: 30_000 }, (error, stdout, stderr) =>
        resolve({ status: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr }),
      );
      child.stdin?.end(input);
    });
  const chat = (model: string, apiKey: string = key): Promise<Ended> =>
    run(["Hello", "-m", model, "--key", apiKey], "");

  it("answers by the model that is named", async () => {
    const { status, stdout, stderr } = await chat("small");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.trim()).not.toBe("");
  });

  it("takes its question from a pipe", async () => {
    const { status, stdout, stderr } = await run(["--key", key], "Hello from a pipe\n");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.trim()).not.toBe("");
    expect(JSON.stringify(upstream.received.at(-1)?.body.messages)).toContain("Hello from a pipe");
  });

  it("asks for a question where there is none, and no terminal to type one", async () => {
    const asked = upstream.received.length;
    for (const nothing of ["", " \n"]) {
      const { status, stdout, stderr } = await run(["--key", key], nothing);
      expect([status, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^error chat\/no-question there is no question.*\n {2}hint: keelson chat "a question"/);
    }
    expect(upstream.received.length).toBe(asked);
  });

  it("lists the models that there are when the one named is not there", async () => {
    const { status, stdout, stderr } = await chat("nope");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("the model nope does not exist");
    expect(stderr).toContain("there are: assistant, small");
  });

  it("names the one that is near, and only models that the key may use", async () => {
    expect((await chat("asistant")).stderr).toContain("did you mean `assistant`? there are: assistant, small");
    const { stderr } = await chat("assistant", "kls_small_only");
    expect(stderr).toContain("there are: small");
    expect(stderr).not.toContain("assistant, small");
  });
});
