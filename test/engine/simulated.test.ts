import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { key, planWith, startTestGateway, type TestGateway } from "../gateway/gateway.js";

describe("the simulated engine", () => {
  let gateway: TestGateway;
  let client: OpenAI;
  beforeAll(async () => {
    gateway = await startTestGateway(
      planWith(`assistant: { engine: simulated, concurrency: 16 }\nembedder: { engine: simulated, embeddings: true }`),
    );
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 });
    await client.chat.completions.create({
      model: "assistant",
      messages: [{ role: "user", content: "Are you there?" }],
      max_tokens: 1,
    });
  });
  afterAll(() => gateway.stop());

  const chat = (content: string, extra: object = {}) =>
    client.chat.completions.create({
      model: "assistant",
      messages: [{ role: "user", content }],
      ...extra,
      stream: false,
    });

  it("marks its words, takes them from the request, and says the same each time", async () => {
    const first = await chat("How do lighthouses guide sailors?");
    const text = first.choices[0]?.message.content ?? "";
    expect(text).toMatch(/^\[simulated\] /);
    expect(text).toContain("lighthouses");
    expect((await chat("How do lighthouses guide sailors?")).choices[0]?.message.content).toBe(text);
    expect((await chat("What is an anchor?")).choices[0]?.message.content).not.toBe(text);
  });

  it("counts what it says, and keeps to max_tokens and stop", async () => {
    const short = await chat("Tell me of the sea", { max_tokens: 5 });
    expect(short.usage?.completion_tokens).toBe(5);
    expect(short.choices[0]?.finish_reason).toBe("length");
    const stopped = await chat("Tell me of the sea", { stop: ["."] });
    expect(stopped.choices[0]?.message.content).not.toContain(".");
    expect(stopped.choices[0]?.finish_reason).toBe("stop");
  });

  it("takes its time in real time: a token in each step, each slower in company", async () => {
    const timed = async (): Promise<number> => {
      const began = performance.now();
      await chat("Tell me of the sea", { max_tokens: 40 });
      return performance.now() - began;
    };
    const alone = await timed();
    // 40 steps of 16 ms.
    expect(alone).toBeGreaterThan(600);
    const crowd = await Promise.all(Array.from({ length: 16 }, timed));
    const slowest = Math.max(...crowd);
    // 16 together: 40 steps of 23.5 ms, not 16 times as long.
    expect(slowest).toBeGreaterThan(900);
    expect(slowest).toBeLessThan(6 * alone);
  });

  it("fills in a JSON schema with the least that it allows", async () => {
    const schema = {
      type: "object",
      properties: {
        name: { type: "string" },
        size: { type: "integer", minimum: 3 },
        kind: { enum: ["a", "b"] },
        list: { type: "array", items: { type: "number" }, minItems: 2 },
      },
      required: ["name", "size", "kind", "list"],
    };
    const answer = await chat("Fill in", {
      response_format: { type: "json_schema", json_schema: { name: "x", schema } },
    });
    expect(JSON.parse(answer.choices[0]?.message.content ?? "")).toEqual({
      name: "simulated",
      size: 3,
      kind: "a",
      list: [0, 0],
    });
  });

  it("makes embeddings in which shared words are near", async () => {
    const { data } = await client.embeddings.create({
      model: "embedder",
      input: ["the red ship sails", "a red ship sails fast", "tax law reform"],
      encoding_format: "float",
    });
    const [a, b, c] = data.map(({ embedding }) => embedding);
    const cosine = (x: number[] = [], y: number[] = []): number =>
      x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
    expect(cosine(a, a)).toBeCloseTo(1);
    expect(cosine(a, b)).toBeGreaterThan(cosine(a, c) + 0.3);
  });
});
