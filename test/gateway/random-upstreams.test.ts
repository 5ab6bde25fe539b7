import { createServer, type Socket } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { chunk, event, usage, words } from "../support/gateway/upstream.js";

/** How a server answers one request, in bytes. */
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly encoding: "none" | "gzip" | "br" | "claimed";
  readonly framing: "length" | "chunked" | "close";
  readonly body: string;
  /** Share of the bytes after which the connection ends; 1: never. */
  readonly cut: number;
  readonly reset: boolean;
  readonly pieces: number;
}

const CHAT = "/v1/chat/completions";
const content = words.map((word) => chunk(CHAT, "m", word)).join("");
const stop = chunk(CHAT, "m", "", "stop");
const counts = event({ choices: [], usage });
const done = "data: [DONE]\n\n";
const error = event({ error: { message: "the GPU is lost" } });
const whole = JSON.stringify({
  choices: [{ index: 0, message: { role: "assistant", content: words.join("") } }],
  usage,
});

const bodies = [
  content + stop + counts + done,
  content + stop,
  content,
  `: comment\n\n${content}${stop}${done}`.replaceAll("\n", "\r\n"),
  error,
  content + error + done,
  error + content + done,
  done,
  whole,
  `\n\n${whole}\n`,
  whole.slice(0, -20),
  '{"error":{"message":"the GPU is lost","code":429}}',
  '{"choices":[],"error":"lost"}',
  "<html>Sign in</html>",
  "",
  "null",
  "\u0000\u0001\u0002",
];

const answers: fc.Arbitrary<Answer> = fc.record({
  status: fc.oneof({ weight: 6, arbitrary: fc.constant(200) }, fc.constantFrom(204, 302, 400, 401, 404, 429, 500, 503)),
  type: fc.constantFrom("application/json", "text/event-stream", "text/html", "TEXT/EVENT-STREAM; charset=utf-8", ""),
  encoding: fc.constantFrom("none", "none", "none", "gzip", "br", "claimed"),
  framing: fc.constantFrom("length", "chunked", "close"),
  body: fc.constantFrom(...bodies),
  cut: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true })),
  reset: fc.boolean(),
  pieces: fc.integer({ min: 1, max: 6 }),
});

function bytesOf({ status, type, encoding, framing, body }: Answer): Buffer {
  const plain = Buffer.from(body);
  const encoded = encoding === "gzip" ? gzipSync(plain) : encoding === "br" ? brotliCompressSync(plain) : plain;
  const head = [
    `HTTP/1.1 ${status} Any`,
    ...(type === "" ? [] : [`content-type: ${type}`]),
    ...(encoding === "none" ? [] : [`content-encoding: ${encoding === "claimed" ? "gzip" : encoding}`]),
    ...(status === 302 ? ["location: /login"] : []),
    framing === "length"
      ? `content-length: ${encoded.length}`
      : framing === "chunked"
        ? "transfer-encoding: chunked"
        : "connection: close",
  ];
  const half = Math.floor(encoded.length / 2);
  const parts = [encoded.subarray(0, half), encoded.subarray(half)].filter(({ length }) => length > 0);
  const chunked = parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
  const sent = framing === "chunked" ? Buffer.concat([...chunked, Buffer.from("0\r\n\r\n")]) : encoded;
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), status === 204 ? Buffer.alloc(0) : sent]);
}

let next: Answer | undefined;
const server = createServer((socket: Socket) => {
  socket.on("error", () => {});
  let seen = "";
  socket.on("data", (data) => {
    seen += data.toString("latin1");
    const head = seen.indexOf("\r\n\r\n");
    const length = Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? 0);
    if (head < 0 || seen.length < head + 4 + length || next === undefined) return;
    seen = "";
    void send(socket, next);
  });
});

async function send(socket: Socket, answer: Answer): Promise<void> {
  const all = bytesOf(answer);
  const sent = all.subarray(0, Math.floor(all.length * answer.cut));
  const size = Math.ceil(sent.length / answer.pieces) || 1;
  for (let at = 0; at < sent.length; at += size) {
    socket.write(sent.subarray(at, at + size));
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (answer.cut < 1 && answer.reset) socket.resetAndDestroy();
  else if (answer.cut < 1 || answer.framing === "close") socket.end();
}

let gateway: TestGateway;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  // A weight of many targets at one server: an ejected one does not end the test.
  const targets = Array.from({ length: 12 }, (_, index) => `{ url: "http://127.0.0.1:${port}/v1?target=${index}" }`);
  gateway = await startTestGateway(
    planWith(`assistant: { upstreams: [${targets.join(", ")}], timeout: 2s, queue: { length: 100, deadline: 1s } }`),
  );
});
afterAll(async () => {
  await gateway.stop();
  server.close();
});

const messages = [{ role: "user", content: "Hello" }];
const requests = fc.constantFrom(
  { path: CHAT, stream: false },
  { path: CHAT, stream: true },
  { path: "/api/chat", stream: false },
  { path: "/api/chat", stream: true },
);

/** Whether a stream ends as OpenAI's do, with the line breaks of its server. */
function isDone(body: string): boolean {
  return /data: \[DONE\]\r?\n\r?\n$/.test(body);
}

/** Whether a body with status 200 is an answer, and ends as one. */
function isAnswer(path: string, stream: boolean, body: string): boolean {
  if (path === CHAT && stream) return isDone(body) && !body.includes('"error"');
  if (path === CHAT) return Array.isArray(JSON.parse(body).choices) && JSON.parse(body).error === undefined;
  const lines = body
    .trimEnd()
    .split("\n")
    .map((line): { done?: boolean; error?: string } => JSON.parse(line));
  return lines.at(-1)?.done === true && lines.every((line) => line.error === undefined);
}

describe("a server that answers at random", () => {
  it("never makes a request hang, an error look like an answer, or a request count twice", async () => {
    const ids: string[] = [];
    await fc.assert(
      fc.asyncProperty(answers, requests, async (answer, { path, stream }) => {
        next = answer;
        const response = await gateway.post(path, { model: "assistant", messages, stream });
        const id = response.headers.get("x-request-id");
        expect(id).toMatch(/^[0-9a-f]{24}$/);
        ids.push(id ?? "");
        const body = await response.text().catch(() => undefined);
        if (response.status === 200 && body !== undefined) {
          // An interrupted stream ends with an error; what came before it was content.
          const interrupted = stream && /"error"/.test(body);
          expect(interrupted ? !isDone(body) : isAnswer(path, stream, body)).toBe(true);
        } else if (body !== undefined) expect(JSON.parse(body)).toHaveProperty("error");
        expect(response.status).not.toBe(204);
        expect(body ?? "").not.toContain("[object");
      }),
      { numRuns: 150, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
    );
    const events = await gateway.usage.settled(ids.length);
    expect(
      events
        .map(({ id }) => id)
        .sort()
        .join(),
    ).toBe(ids.sort().join());
    for (const { inputTokens, outputTokens, status } of events) {
      expect(inputTokens).toBeLessThanOrEqual(usage.prompt_tokens);
      expect(outputTokens).toBeLessThanOrEqual(words.length + 2);
      expect([200, 400, 429, 500, 502, 503]).toContain(status);
    }
  });
});
