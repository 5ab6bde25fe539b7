/**
 * An OpenAI-compatible upstream that responds immediately, so that only the proxy in front of it is measured.
 * `node mock.js` prints the port it listens on (loopback).
 */
import { createServer, type ServerResponse } from "node:http";

const document = Buffer.from(
  JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "mock",
    choices: [
      { index: 0, message: { role: "assistant", content: "Steady as she goes. ".repeat(20) }, finish_reason: "stop" },
    ],
    usage: { prompt_tokens: 24, completion_tokens: 100, total_tokens: 124 },
  }),
);

const chunk = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "mock",
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`;

/** A burst of 50 chunks, as an engine with a warm cache would send them. */
const chunks = Array.from({ length: 50 }, (_, index) => chunk({ content: `word${index} ` }, null));
const usage = `data: ${JSON.stringify({
  id: "chatcmpl-bench",
  object: "chat.completion.chunk",
  created: 1_700_000_000,
  model: "mock",
  choices: [],
  usage: { prompt_tokens: 24, completion_tokens: 50, total_tokens: 74 },
})}\n\n`;

function stream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  let next = 0;
  const send = (): void => {
    for (let sent = 0; sent < 10 && next < chunks.length; sent += 1, next += 1) response.write(chunks[next]);
    if (next < chunks.length) setImmediate(send);
    else response.end(`${chunk({}, "stop")}${usage}data: [DONE]\n\n`);
  };
  send();
}

const server = createServer((request, response) => {
  let streamed = false;
  let seen = 0;
  request.on("data", (part: Buffer) => {
    if (seen < 4096) streamed ||= part.includes('"stream":true');
    seen += part.length;
  });
  request.on("end", () => {
    if (streamed) return stream(response);
    response.writeHead(200, { "content-type": "application/json", "content-length": document.length });
    response.end(document);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`${address.port}\n`);
});
