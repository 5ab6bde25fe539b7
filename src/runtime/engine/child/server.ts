import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { z } from "zod";
import { messageOf } from "../../../errors/thrown.js";
import { firstViolation } from "../../kernel/violations.js";
import { type Generated, type Generation, type Inference, type Piece, Refused } from "./inference.js";
import { refuseNonText, refuseUnsupportedFields } from "./refusals.js";
import {
  chatBody,
  chatGeneration,
  completionBody,
  completionGenerations,
  embeddingsBody,
  inputsOf,
} from "./requests.js";
import { type Choice, chatShape, completionShape, type Shape } from "./response-shape.js";

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** The OpenAI API of one engine. Every engine in a child process serves it, without credentials: on a socket of this user only. */
export function serveInference(inference: Inference, model: string): Server {
  const server = createServer((request, response) => {
    request.on("error", () => {});
    response.on("error", () => {});
    handle(inference, model, request, response).catch((error: unknown) => fail(response, error));
  });
  server.keepAliveTimeout = 120_000;
  return server;
}

async function handle(
  inference: Inference,
  model: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const disconnected = new AbortController();
  response.on("close", () => disconnected.abort(new Error("the client disconnected")));
  switch (`${request.method} ${request.url}`) {
    case "GET /health":
      return json(response, 200, { status: "ok" });
    case "GET /v1/models":
      return json(response, 200, {
        object: "list",
        data: [{ id: model, object: "model", created: 0, owned_by: "keelson" }],
      });
    case "POST /v1/chat/completions": {
      const document = await readBody(request);
      refuseNonText(document);
      refuseUnsupportedFields(document);
      const body = parse(chatBody, document);
      requireModality("text", inference, model);
      return generate(
        inference,
        [chatGeneration(body)],
        streamOptions(body),
        chatShape(model),
        response,
        disconnected.signal,
      );
    }
    case "POST /v1/completions": {
      const document = await readBody(request);
      refuseUnsupportedFields(document);
      const body = parse(completionBody, document);
      requireModality("text", inference, model);
      const generations = completionGenerations(body);
      // The first one is refused by `generate`; a later one must be before anything is sent.
      if (generations.length > 1) for (const input of inputsOf(body.prompt)) inference.requirePrompt(input);
      return generate(
        inference,
        generations,
        streamOptions(body),
        completionShape(model),
        response,
        disconnected.signal,
      );
    }
    case "POST /v1/embeddings": {
      const body = parse(embeddingsBody, await readBody(request));
      requireModality("embeddings", inference, model);
      requireDimensions(body.dimensions ?? inference.dimensions, inference, model);
      const { vectors, inputTokens } = await inference.embed(inputsOf(body.input), disconnected.signal);
      return json(response, 200, {
        object: "list",
        model,
        ...(inference.simulated ? { simulated: true } : {}),
        data: vectors.map((vector, index) => ({
          object: "embedding",
          index,
          embedding: body.encoding_format === "base64" ? base64(vector) : vector,
        })),
        usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
      });
    }
    default:
      json(response, 404, {
        error: {
          message: `there is no ${request.method} ${request.url}`,
          type: "invalid_request_error",
          param: null,
          code: null,
        },
      });
  }
}

/** Throws `Refused` if the model is of the other modality: its output would be meaningless. */
function requireModality(kind: Inference["kind"], inference: Inference, model: string): void {
  if (inference.kind === kind) return;
  const message =
    kind === "text"
      ? `the model ${model} makes embeddings and does not generate text: use /v1/embeddings`
      : `the model ${model} generates text and makes no embeddings: its platform file does not set \`embeddings: true\``;
  throw new Refused(message, "unsupported", "model");
}

/** Throws `Refused` for another number of dimensions than the model has. */
function requireDimensions(dimensions: number, inference: Inference, model: string): void {
  if (dimensions === inference.dimensions) return;
  const message = `the embeddings of ${model} have ${inference.dimensions} dimensions; ${dimensions} is not supported`;
  throw new Refused(message, "unsupported", "dimensions");
}

/** How the client receives the text. */
interface StreamOptions {
  readonly stream: boolean;
  readonly usage: boolean;
}

function streamOptions(body: z.infer<typeof chatBody> | z.infer<typeof completionBody>): StreamOptions {
  return { stream: body.stream === true, usage: body.stream_options?.include_usage === true };
}

/** Answers with one choice for each generation. They run one after another: a request holds one slot of the model. */
async function generate(
  inference: Inference,
  generations: readonly Generation[],
  options: StreamOptions,
  shape: Shape,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  // The field with which OpenAI's API identifies what has generated a response.
  const ids = inference.simulated ? { ...shape.ids, system_fingerprint: "simulated" } : shape.ids;
  const total = { inputTokens: 0, outputTokens: 0 };
  const add = ({ inputTokens, outputTokens }: Generated): void => {
    total.inputTokens += inputTokens;
    total.outputTokens += outputTokens;
  };
  if (!options.stream) {
    const choices: object[] = [];
    for (const [index, generation] of generations.entries()) {
      const pieces: Piece[] = [];
      const done = await inference.generate(generation, (piece) => pieces.push(piece), signal);
      choices.push(shape.choice(index).complete(pieces, done.finish));
      add(done);
    }
    return json(response, 200, { ...ids, choices, usage: usageOf(total) });
  }
  const chunk = (choices: object[], usage?: object): void => {
    response.write(
      `data: ${JSON.stringify({ ...ids, object: shape.chunkObject, choices, ...(usage ? { usage } : {}) })}\n\n`,
    );
  };
  // The response headers are sent with the first text, so that a rejected request gets its own status.
  const writeHeaders = (choice: Choice): void => {
    if (response.headersSent) return;
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
    const first = choice.first();
    if (first !== undefined) chunk([first]);
  };
  for (const [index, generation] of generations.entries()) {
    const choice = shape.choice(index);
    const emit = (piece: Piece): void => {
      writeHeaders(choice);
      for (const delta of choice.deltas(piece)) chunk([delta]);
    };
    const done = await inference.generate(generation, emit, signal);
    writeHeaders(choice);
    chunk([choice.last(done.finish)]);
    add(done);
  }
  if (options.usage) chunk([], usageOf(total));
  response.end("data: [DONE]\n\n");
}

function usageOf({ inputTokens, outputTokens }: { inputTokens: number; outputTokens: number }): object {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue;
    size += part.length;
    if (size > MAX_BODY_BYTES) throw new Refused("the body is too large", "invalid_body", null);
    parts.push(part);
  }
  try {
    const document: unknown = JSON.parse(Buffer.concat(parts).toString("utf8"));
    return document;
  } catch (error) {
    const why = messageOf(error);
    throw new Refused(`the body is not valid JSON: ${why}`, "invalid_body", null);
  }
}

function parse<Shape extends z.ZodType>(shape: Shape, body: unknown): z.infer<Shape> {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const { field, message } = firstViolation(parsed.error.issues, body);
  throw new Refused(message, "invalid_body", field === "" ? null : field);
}

function base64(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString("base64");
}

function json(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length });
  response.end(bytes);
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  const refused = error instanceof Refused ? error : undefined;
  const message = messageOf(error);
  const document = {
    error: {
      message,
      type: refused === undefined ? "server_error" : "invalid_request_error",
      param: refused?.param ?? null,
      code: refused?.code ?? null,
    },
  };
  if (response.headersSent) {
    response.end(`data: ${JSON.stringify(document)}\n\n`);
    return;
  }
  json(response, refused === undefined ? 500 : 400, document);
}
