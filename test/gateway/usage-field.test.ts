import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countedIn, usageAt } from "../../src/runtime/gateway/response/usage-field.js";

const count = fc.nat(1_000_000);
/** Text that resembles a count. */
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(
    '"usage":{"prompt_tokens":9}',
    "_tokens",
    '"usage"',
    'usage":{"prompt_tokens":9,"completion_tokens":9}',
  ),
);
const filler = fc.record({ content: text, usage: fc.constantFrom(null, undefined, "usage", "prompt_tokens") });
const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

describe("the upstream's token counts in the bytes of its response", () => {
  test("is found at any position, and no other text is taken for it", () =>
    fc.assert(
      fc.property(fc.array(filler), fc.array(filler), count, fc.option(count), (before, after, input, output) => {
        const usage = { prompt_tokens: input, ...(output === null ? {} : { completion_tokens: output }) };
        const head = before.map(event).join("");
        const counted = event({ model: "m", choices: [], usage });
        const bytes = Buffer.from(head + counted + after.map(event).join(""));
        expect(countedIn(bytes)).toEqual({ inputTokens: input, outputTokens: output ?? 0 });
        expect(usageAt(bytes)).toBe(Buffer.byteLength(head) + counted.indexOf('"usage"'));
        expect(usageAt(Buffer.from(head))).toBe(-1);
        expect(countedIn(Buffer.from(head))).toBeUndefined();
      }),
    ));

  test("is the last one, if a server sends counts with every event", () =>
    expect(
      countedIn(
        Buffer.from([1, 2, 3].map((n) => event({ usage: { prompt_tokens: 5, completion_tokens: n } })).join("")),
      ),
    ).toEqual({ inputTokens: 5, outputTokens: 3 }));

  test.each([
    ["negative", { prompt_tokens: -1 }],
    ["broken", { prompt_tokens: 1.5 }],
    ["words", { prompt_tokens: "5" }],
    ["of another API", { input_tokens: 5 }],
  ])("is not taken when it is %s", (_, usage) => expect(countedIn(Buffer.from(event({ usage })))).toBeUndefined());

  test("is searched for in one pass, however often similar text occurs", () => {
    const bytes = Buffer.from(event({ content: "_tokens".repeat(500_000) }));
    const startedAt = performance.now();
    expect(usageAt(bytes)).toBe(-1);
    // A pass for each occurrence would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
