import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { llamaCppMissing } from "../../src/runtime/engine/engines/llama-cpp.js";
import { startOnTinyModel, type TinyModelGateway } from "../support/engine/tiny-model.js";

const missing = llamaCppMissing();

describe.skipIf(missing !== undefined)("sampling with llama.cpp", () => {
  let gateway: TinyModelGateway;
  let client: OpenAI;

  beforeAll(async () => {
    gateway = await startOnTinyModel(
      (file) => `assistant: { engine: llama.cpp, source: ${file}, concurrency: 4, context: 1024 }`,
    );
    client = gateway.openai;
  });
  afterAll(() => gateway?.stop());

  const messages = [{ role: "user" as const, content: "The ship and the sea" }];
  /** Long enough for the most likely tokens of random weights to repeat. */
  const greedy = { model: "assistant", temperature: 0, max_tokens: 200 };

  const chat = async (extra: object): Promise<string> => {
    const { choices } = await client.chat.completions.create({ ...greedy, messages, ...extra, stream: false });
    return choices[0]?.message.content ?? "";
  };
  const complete = async (extra: object): Promise<string> => {
    const { choices } = await client.completions.create({ ...greedy, prompt: "the sea", ...extra, stream: false });
    return choices[0]?.text ?? "";
  };
  const throughOllama = async (options: object): Promise<string> => {
    const body = {
      model: "assistant",
      messages,
      stream: false,
      options: { temperature: 0, num_predict: 200, ...options },
    };
    const answer = await gateway.post("/api/chat", body);
    expect(answer.status).toBe(200);
    return String(Object(await answer.json()).message.content);
  };

  for (const [name, generate] of [
    ["chats", chat],
    ["completions", complete],
  ] as const)
    it(`repeats itself less with a penalty, and more with a negative one: ${name}`, async () => {
      const plain = await generate({});
      expect(await generate({})).toBe(plain);
      const frequent = await generate({ frequency_penalty: 2 });
      const present = await generate({ presence_penalty: 2 });
      expect(repetition(frequent)).toBeLessThan(repetition(plain));
      expect(repetition(present)).toBeLessThan(repetition(plain));
      expect(repetition(await generate({ frequency_penalty: -2 }))).toBeGreaterThan(repetition(frequent));
      expect(await generate({ frequency_penalty: 0.5 })).not.toBe(await generate({ presence_penalty: 0.5 }));
      expect(await generate({ frequency_penalty: 0, presence_penalty: null })).toBe(plain);
    });

  it("counts all output tokens, or the last `repeat_last_n`", async () => {
    const whole = await chat({ frequency_penalty: 2 });
    const short = await chat({ frequency_penalty: 2, repeat_last_n: 4 });
    expect(repetition(short)).toBeGreaterThan(repetition(whole));
    expect(await chat({ frequency_penalty: 2, repeat_last_n: -1 })).toBe(whole);
    expect(await chat({ frequency_penalty: 2, repeat_last_n: 0 })).toBe(await chat({}));
  });

  it("applies penalties within a grammar, and still follows the grammar", async () => {
    const list = { type: "array", items: { enum: ["ship", "wind"] }, minItems: 2, maxItems: 3 };
    const schema = { type: "object", properties: { list }, required: ["list"], additionalProperties: false };
    const response_format = { type: "json_schema", json_schema: { name: "list", strict: true, schema } };
    const text = await chat({ response_format, frequency_penalty: 2, presence_penalty: 2, max_tokens: 400 });
    expect(JSON.parse(text).list.length).toBeGreaterThanOrEqual(2);
  });

  it("supports Ollama's options, whose penalties count the last 64 tokens by default", async () => {
    const plain = await throughOllama({});
    expect(plain).toBe(await chat({}));
    const penalised = await throughOllama({ repeat_penalty: 2 });
    expect(repetition(penalised)).toBeLessThan(repetition(plain));
    expect(penalised).toBe(await chat({ repeat_penalty: 2, repeat_last_n: 64 }));
    expect(await throughOllama({ repeat_penalty: 2, repeat_last_n: -1 })).toBe(await chat({ repeat_penalty: 2 }));
    expect(await throughOllama({ frequency_penalty: 1.5, presence_penalty: 0.5 })).toBe(
      await chat({ frequency_penalty: 1.5, presence_penalty: 0.5, repeat_last_n: 64 }),
    );
    expect(await throughOllama({ temperature: 2, top_k: 1 })).toBe(plain);
    expect(await throughOllama({ temperature: 2, min_p: 1 })).toBe(plain);
  });

  it("never generates a token with a bias of -100, and always one with a bias of 100", async () => {
    // The test's vocabulary: tokens 3 to 258 are the 256 bytes, those after them start with the letter a.
    const firstByte = 3;
    expect(await chat({ logit_bias: { [firstByte + 256]: 100 }, max_tokens: 20 })).toBe("a".repeat(20));
    const [capital = ""] = (await chat({})).match(/[A-Z]/) ?? [];
    expect(capital, "a letter that only a byte token generates").not.toBe("");
    const without = await chat({ logit_bias: { [firstByte + capital.charCodeAt(0)]: -100 } });
    expect(without).not.toBe("");
    expect(without).not.toContain(capital);
  });

  it("varies the output without a seed, and repeats it with one", async () => {
    const settings = { temperature: 1.5, max_tokens: 40 };
    const free = await Promise.all(Array.from({ length: 4 }, () => chat(settings)));
    expect(new Set(free).size).toBe(4);
    const seeded = await Promise.all(Array.from({ length: 4 }, () => chat({ ...settings, seed: 5 })));
    expect(new Set(seeded).size).toBe(1);
  });

  it("refuses values out of range, and names the field", async () => {
    const cases: readonly (readonly [object, string, string])[] = [
      [{ frequency_penalty: 2.1 }, "frequency_penalty", "frequency_penalty must be at most 2, but 2.1 was given"],
      [{ presence_penalty: -3 }, "presence_penalty", "presence_penalty must be at least -2, but -3 was given"],
      [{ presence_penalty: "1" }, "presence_penalty", 'presence_penalty must be a number, but "1" was given'],
      [{ repeat_penalty: 0 }, "repeat_penalty", "repeat_penalty must be more than 0"],
      [{ repeat_last_n: 1.5 }, "repeat_last_n", "repeat_last_n must be a whole number"],
      [{ min_p: 2 }, "min_p", "min_p must be at most 1"],
      [{ logit_bias: { 260: 101 } }, "logit_bias.260", "logit_bias.260 must be at most 100"],
      [{ logit_bias: { sea: 1 } }, "logit_bias", "logit_bias: keys must be token ids"],
      [{ logit_bias: { 99999: 1 } }, "logit_bias", "logit_bias: the model has no token 99999"],
    ];
    const refused = { status: 400, type: "invalid_request_error", code: "invalid_body" };
    for (const [extra, param, message] of cases)
      for (const generate of [chat, complete])
        await expect(generate(extra), message).rejects.toMatchObject({
          ...refused,
          param,
          message: expect.stringContaining(message),
        });
    await expect(chat({ logit_bias: { 2: -100 } })).rejects.toMatchObject({
      status: 400,
      code: "unsupported",
      param: "logit_bias",
      message: expect.stringContaining("token 2 ends the output"),
    });
    const answer = await gateway.post("/api/chat", { model: "assistant", messages, options: { frequency_penalty: 3 } });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: expect.stringContaining("frequency_penalty must be at most 2") });
  });
});

/** The share of the most frequent character in a text: 1 if it has no other. */
function repetition(text: string): number {
  const counts = new Map<string, number>();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return Math.max(0, ...counts.values()) / [...text].length;
}
