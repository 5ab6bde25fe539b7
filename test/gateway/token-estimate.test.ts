import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readOpenAiCall } from "../../src/runtime/gateway/request/openai.js";
import { estimateTokens, estimateTokensOfJson } from "../../src/runtime/gateway/token-estimate.js";

function estimated(body: object): number {
  const call = readOpenAiCall("chat", Buffer.from(JSON.stringify(body)));
  if ("status" in call) throw new Error(call.message);
  return call.inputEstimate;
}

describe("the estimated tokens of a prompt without a count", () => {
  test("are those of its text, not of the names and brackets around it", () => {
    const messages = [{ role: "user", content: "long story" }];
    expect(estimated({ model: "m", messages })).toBe(3);
    expect(estimated({ model: "m", messages, temperature: 0.2, metadata: { a: "x".repeat(400) } })).toBe(3);
    expect(estimateTokens([{ type: "text", text: "x".repeat(40) }])).toBe(10);
    expect(estimateTokens(["x".repeat(40), "y".repeat(40)])).toBe(20);
    expect(estimateTokens([5, 6, 7])).toBe(3);
  });

  test("exclude images, in small and in large requests", () => {
    const picture = (bytes: number) => ({
      type: "image_url",
      image_url: { url: `data:image/png;base64,${"A".repeat(bytes)}` },
    });
    const text = { type: "text", text: "What is this?" };
    expect(estimated({ model: "m", messages: [{ role: "user", content: [text, picture(4000)] }] })).toBe(4);
    expect(estimated({ model: "m", messages: [{ role: "user", content: [text, picture(400_000)] }] })).toBeLessThan(50);
  });

  test("are about the same whether the request is parsed or not", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 4000, maxLength: 8000 }), { minLength: 1, maxLength: 5 }),
        (texts) => {
          const messages = texts.map((content) => ({ role: "user", content: content.replace(/["\\]/g, "_") }));
          const parsed = estimateTokens(messages);
          const unparsed = estimateTokensOfJson(Buffer.from(JSON.stringify(messages)));
          expect(unparsed).toBeGreaterThanOrEqual(parsed);
          expect(unparsed).toBeLessThan(parsed * 1.02 + 10);
        },
      ),
    );
  });
});
