import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { key, keyNamed, planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { startUpstream, type Upstream } from "../support/gateway/upstream.js";
import { keelson, type Result } from "../support/local/keelson.js";

describe("keelson chat", () => {
  let upstream: Upstream;
  let gateway: TestGateway;
  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await startTestGateway(
      planWith(`assistant: { upstreams: "${upstream.url}" }\nsmall: { upstreams: "${upstream.url}" }`),
    );
    gateway.accounts.add(keyNamed("small only"), { models: ["small"] });
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });

  const run = (words: readonly string[], input: string): Promise<Result> =>
    keelson(".", ["chat", ...words, "--url", gateway.url], { input });
  const chat = (model: string, apiKey: string = key): Promise<Result> =>
    run(["Hello", "-m", model, "--key", apiKey], "");

  it("uses the requested model", async () => {
    const { code, out, err } = await chat("small");
    expect([code, err]).toEqual([0, ""]);
    expect(out.trim()).not.toBe("");
  });

  it("reads its prompt from a pipe", async () => {
    const { code, out, err } = await run(["--key", key], "Hello from a pipe\n");
    expect([code, err]).toEqual([0, ""]);
    expect(out.trim()).not.toBe("");
    expect(JSON.stringify(upstream.received.at(-1)?.body.messages)).toContain("Hello from a pipe");
  });

  it("requires a prompt when there is no terminal to type one", async () => {
    const before = upstream.received.length;
    for (const nothing of ["", " \n"]) {
      const { code, out, err } = await run(["--key", key], nothing);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toMatch(/^error chat\/no-question no prompt was given.*\n {2}hint: keelson chat "a question"/);
    }
    expect(upstream.received.length).toBe(before);
  });

  it("lists the existing models if the requested one does not exist", async () => {
    const { code, out, err } = await chat("nope");
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("the model nope does not exist");
    expect(err).toContain("available models: assistant, small");
  });

  it("suggests a similar name, and only models that the key may use", async () => {
    expect((await chat("asistant")).err).toContain("did you mean `assistant`? available models: assistant, small");
    const { err } = await chat("assistant", keyNamed("small only"));
    expect(err).toContain("available models: small");
    expect(err).not.toContain("assistant, small");
  });
});
