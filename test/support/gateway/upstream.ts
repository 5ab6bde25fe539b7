import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";

/** The fields of a request that the behaviours read; other fields are retained. */
const requestBody = z.looseObject({
  model: z.string().default(""),
  stream: z.boolean().optional(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).optional(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })).optional(),
  input: z.union([z.string(), z.array(z.unknown())]).optional(),
});

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  readonly body: z.infer<typeof requestBody>;
}

export type Behaviour = (received: Received, response: ServerResponse) => void | Promise<void>;

/** An OpenAI-compatible server with a behaviour that the test sets. It records what it received. */
export interface Upstream {
  readonly url: string;
  readonly received: Received[];
  /** Requests whose client left before the answer was complete. */
  cancelled: number;
  behave(behaviour: Behaviour): void;
  stop(): Promise<void>;
}

export const words = ["Fair ", "winds ", "and ", "following ", "seas."];

export const usage = { prompt_tokens: 11, completion_tokens: words.length, total_tokens: 11 + words.length };

/** Responds like a correct server: complete or streamed, with usage if requested. */
export const wellBehaved: Behaviour = ({ path, body }, response) => {
  if (path.endsWith("/embeddings")) {
    const inputs = [body.input].flat();
    const data = inputs.map((_, index) => ({ object: "embedding", index, embedding: [0.25, -0.5, index] }));
    json(response, 200, { object: "list", model: body.model, data, usage: { prompt_tokens: 7, total_tokens: 7 } });
  } else if (body.stream) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const word of words) response.write(chunk(path, body.model, word));
    response.write(chunk(path, body.model, "", "stop"));
    if (body.stream_options?.include_usage) response.write(event({ ...head(path, body.model), choices: [], usage }));
    response.end("data: [DONE]\n\n");
  } else {
    const text = words.join("");
    const choice = path.endsWith("/chat/completions") ? { message: { role: "assistant", content: text } } : { text };
    json(response, 200, {
      ...head(path, body.model),
      object: "chat.completion",
      choices: [{ index: 0, ...choice, finish_reason: "stop" }],
      usage,
    });
  }
};

export function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function head(path: string, model: string): object {
  return {
    id: "answer-1",
    object: path.endsWith("/chat/completions") ? "chat.completion.chunk" : "text_completion",
    created: 1,
    model,
  };
}

export function chunk(path: string, model: string, text: string, finish: string | null = null): string {
  const choice = path.endsWith("/chat/completions") ? { delta: text === "" ? {} : { content: text } } : { text };
  return event({ ...head(path, model), choices: [{ index: 0, ...choice, finish_reason: finish }] });
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** `port`: that of an earlier server, or 0 for a free one. */
export async function startUpstream(behaviour: Behaviour = wellBehaved, port = 0): Promise<Upstream> {
  let current = behaviour;
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("error", () => {});
    request.on("end", () => {
      const text = Buffer.concat(parts).toString();
      const body = requestBody.safeParse(text === "" ? {} : JSON.parse(text));
      // A server parses a request before it processes it.
      if (!body.success)
        return json(response, 400, { error: { message: body.error.message, type: "invalid_request_error" } });
      const call = { path: request.url ?? "", headers: request.headers, text, body: body.data };
      received.push(call);
      if (received.length > 1000) received.shift();
      response.on("error", () => {});
      response.on("close", () => {
        if (!response.writableFinished) upstream.cancelled += 1;
      });
      void current(call, response);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const upstream: Upstream = {
    url: `http://127.0.0.1:${address.port}`,
    received,
    cancelled: 0,
    behave: (next) => {
      current = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return upstream;
}
