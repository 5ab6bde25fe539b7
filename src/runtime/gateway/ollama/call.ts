import type { z } from "zod";
import { firstFault } from "../../kernel/fault.js";
import type { WholeShape } from "../answer/shape.js";
import { type Problem, problem } from "../problem.js";
import { bytesPerToken, type Call } from "../request/call.js";
import { scanBody } from "../request/openai.js";
import { embeddingsAnswer, type Field, OllamaStream, wholeAnswer } from "./answer.js";
import { chatBody, embedBody, embeddingsBody, generateBody } from "./messages.js";
import { chatRequest, generateRequest, type OpenAiBody, rawRequest } from "./upstream.js";

const nothingWanted: ReadonlySet<string> = new Set();

/** The parsed body of an Ollama request; the scanner first refuses what would be too deep to walk. */
export function parseBody<Shape extends z.ZodType>(shape: Shape, body: Buffer): z.infer<Shape> | Problem {
  const scanned = scanBody(body, nothingWanted);
  if (!scanned.ok) return problem("invalid_body", scanned.message);
  let document: unknown;
  try {
    document = JSON.parse(body.toString("utf8"));
  } catch (error) {
    return problem(
      "invalid_body",
      `the body is not valid JSON: ${error instanceof Error ? error.message : "unreadable"}`,
    );
  }
  const parsed = shape.safeParse(document);
  if (parsed.success) return parsed.data;
  const { field, message } = firstFault(parsed.error.issues, document);
  return problem("invalid_body", message, field === "" ? {} : { param: field });
}

export function isProblem(value: object): value is Problem {
  return "status" in value && "code" in value;
}

export function readChat(body: Buffer): Call | Problem {
  const parsed = parseBody(chatBody, body);
  if (isProblem(parsed)) return parsed;
  if (parsed.messages.length === 0)
    return problem("invalid_body", "messages must hold at least one message", { param: "messages" });
  return spoken("chat", "/v1/chat/completions", parsed, chatRequest(parsed), "message", body.length);
}

export function readGenerate(body: Buffer): Call | Problem {
  const parsed = parseBody(generateBody, body);
  if (isProblem(parsed)) return parsed;
  return parsed.raw
    ? spoken("completion", "/v1/completions", parsed, rawRequest(parsed), "response", body.length)
    : spoken("completion", "/v1/chat/completions", parsed, generateRequest(parsed), "response", body.length);
}

export function readEmbed(body: Buffer): Call | Problem {
  const parsed = parseBody(embedBody, body);
  if (isProblem(parsed)) return parsed;
  const { model, input, dimensions } = parsed;
  return embedding(model, { input, ...(dimensions === undefined ? {} : { dimensions }) }, "embed", body.length);
}

export function readEmbeddings(body: Buffer): Call | Problem {
  const parsed = parseBody(embeddingsBody, body);
  if (isProblem(parsed)) return parsed;
  return embedding(parsed.model, { input: parsed.prompt }, "embeddings", body.length);
}

function spoken(
  operation: Call["operation"],
  path: string,
  { model, stream }: { readonly model: string; readonly stream: boolean },
  request: OpenAiBody,
  field: Field,
  size: number,
): Call {
  const whole = wholeAnswer(model, field, performance.now());
  return ollamaCall(operation, path, model, stream, request, size, whole, field);
}

function embedding(model: string, request: OpenAiBody, form: "embed" | "embeddings", size: number): Call {
  const whole = embeddingsAnswer(model, form, performance.now());
  return ollamaCall("embedding", "/v1/embeddings", model, false, request, size, whole, "response");
}

function ollamaCall(
  operation: Call["operation"],
  path: string,
  model: string,
  stream: boolean,
  request: OpenAiBody,
  size: number,
  whole: WholeShape,
  field: Field,
): Call {
  return {
    api: "ollama",
    operation,
    path,
    model,
    stream,
    inputEstimate: Math.ceil(size / bytesPerToken),
    body: (upstreamModel) => Buffer.from(JSON.stringify({ model: upstreamModel, ...request })),
    streamShape: () => new OllamaStream(model, field),
    whole,
  };
}
