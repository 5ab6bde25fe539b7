import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OutputMeter } from "../../src/runtime/gateway/response/output-meter.js";
import { countedIn, largerCounts } from "../../src/runtime/gateway/response/usage-field.js";

const event = (delta: object) => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`;

function tokensOf(...deltas: readonly object[]): number {
  const meter = new OutputMeter();
  for (const delta of deltas) meter.push(Buffer.from(event(delta)));
  return meter.tokens;
}

describe("the output of a stream without counts", () => {
  it("is the number of pieces where a server sends a token in each", () => {
    expect(tokensOf({ content: "a" }, { content: "b" }, { content: "c" })).toBe(3);
  });

  it("is a token for four bytes where a server sends many tokens at once", () => {
    expect(tokensOf({ content: "word ".repeat(8000) })).toBe(10_000);
  });

  it("contains the arguments of tool calls and the reasoning, and nothing for pieces without text", () => {
    const call = { tool_calls: [{ index: 0, function: { name: "now", arguments: "x".repeat(400) } }] };
    expect(tokensOf({ role: "assistant" }, call, {})).toBe(100);
    expect(tokensOf({ reasoning_content: "x".repeat(40) })).toBe(10);
    expect(tokensOf({ role: "assistant", content: "" }, {})).toBe(0);
  });

  it("does not depend on quotes, backslashes or field names in the text", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 40 }), fc.boolean(), (text, spaced) => {
        const meter = new OutputMeter();
        const json = event({ content: text });
        meter.push(Buffer.from(spaced ? json.replace('"content":', '"content": ') : json));
        const bytes = Buffer.byteLength(JSON.stringify(text)) - 2;
        expect(meter.tokens).toBe(Math.ceil(bytes / 4));
      }),
    );
    expect(tokensOf({ content: '"text":"no field" \\'.repeat(10) })).toBeLessThan(80);
  });
});

describe("the counts of an upstream", () => {
  it("leave the output to the total if it has none of its own", () => {
    const usage = (counts: object) => countedIn(Buffer.from(JSON.stringify({ usage: counts })));
    expect(usage({ prompt_tokens: 10, total_tokens: 15 })).toEqual({ inputTokens: 10, outputTokens: 5 });
    expect(usage({ prompt_tokens: 10, completion_tokens: null })).toEqual({ inputTokens: 10, outputTokens: 0 });
    expect(usage({ prompt_tokens: 10, completion_tokens: "5" })).toBeUndefined();
  });

  it("never go down in a stream", () => {
    const some = { inputTokens: 10, outputTokens: 5 };
    expect(largerCounts(some, { inputTokens: 0, outputTokens: 0 })).toEqual(some);
    expect(largerCounts(undefined, some)).toEqual(some);
    expect(largerCounts(some, undefined)).toEqual(some);
  });
});
