import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventCutter, eventsIn } from "../../src/runtime/gateway/response/events.js";
import { OpenAiStream } from "../../src/runtime/gateway/response/openai-stream.js";
import { countedIn } from "../../src/runtime/gateway/response/usage-field.js";

const chunkOf = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null })}`;
const usageEvent = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } })}`;
/** Text that resembles the protocol. */
const content = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "data: [DONE]",
    "[DONE]",
    '"usage":{"prompt_tokens":99}',
    "_tokens",
    "\n\n",
    "\r\n\r\ndata: [DONE]\r\n\r\n",
    "ünïcödé 🎏",
  ),
);
/** The bytes, split at arbitrary positions as by a network. */
function cut(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const offsets = [...new Set(positions.map((offset) => offset % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...offsets, bytes.length]
    .map((offset, index) => bytes.subarray(offsets[index - 1] ?? 0, offset))
    .filter(({ length }) => length > 0);
}

describe("server-sent events as bytes", () => {
  it("are forwarded complete, wherever they are split; the end is held back", () => {
    fc.assert(
      fc.property(
        fc.array(content),
        fc.array(fc.nat()),
        fc.boolean(),
        fc.constantFrom("\n\n", "\r\n\r\n"),
        (contents, offsets, strip, blank) => {
          const words = contents.map((text) => chunkOf(text) + blank).join("");
          const end = `data: [DONE]${blank}`;
          const stream = new OpenAiStream(strip);
          const out: Buffer[] = [];
          for (const piece of cut(Buffer.from(words + usageEvent + blank + end), offsets)) {
            const bytes = stream.push(piece);
            if (bytes !== undefined) out.push(bytes);
          }
          expect(Buffer.concat(out).toString()).toBe(strip ? words : words + usageEvent + blank);
          expect(stream.complete).toBe(true);
          expect(stream.counted).toEqual({ inputTokens: 7, outputTokens: 3 });
          expect(stream.tail().toString()).toBe(end);
          expect(stream.outputEstimate).toBeGreaterThanOrEqual(contents.filter((text) => text !== "").length);
        },
      ),
    );
  });

  it("are split at their blank lines", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^data: [a-z]{0,5}(\ndata: [a-z]{0,5})?$/), { minLength: 1 }),
        fc.constantFrom("\n\n", "\r\n\r\n"),
        (events, blank) => {
          const bytes = Buffer.from(events.map((event) => event + blank).join(""));
          expect([...eventsIn(bytes)].map(String)).toEqual(events.map((event) => event + blank));
          const cutter = new EventCutter();
          expect(cutter.push(bytes.subarray(0, bytes.length - 1))?.length ?? 0).toBeLessThan(bytes.length);
        },
      ),
    );
  });
});

describe("finding the token counts in a response", () => {
  it("reads the field, and never the same text in a string", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), (text, prompt_tokens, completion_tokens) => {
        const answer = {
          choices: [{ message: { content: `${text}"usage":{"prompt_tokens":1}` } }],
          usage: { prompt_tokens, completion_tokens, details: { cached: 1 } },
          system_fingerprint: text,
        };
        expect(countedIn(Buffer.from(JSON.stringify(answer)))).toEqual({
          inputTokens: prompt_tokens,
          outputTokens: completion_tokens,
        });
      }),
    );
    expect(countedIn(Buffer.from('{"choices":[],"usage":null}'))).toBeUndefined();
    expect(countedIn(Buffer.from('{"usage":{"prompt_tokens":"x"}}'))).toBeUndefined();
  });
});
