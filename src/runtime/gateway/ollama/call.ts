import type { z } from "zod";
import { messageOf } from "../../../errors/thrown.js";
import { hasInexactNumbers, parseExactly, rounded, stringifyExactly } from "../../kernel/exact-json.js";
import { firstViolation } from "../../kernel/violations.js";
import { OPERATIONS } from "../operations.js";
import { isProblem, type Problem, problem } from "../problem.js";
import { scanBody } from "../request/openai.js";
import { sentAs } from "../request/pieces.js";
import type { Call, DocumentShape, LoadRequest } from "../shape.js";
import { estimateTokens, inputsIn } from "../token-estimate.js";
import { chatBody, embedBody, embeddingsBody, generateBody } from "./messages.js";
import { documentConverter, embeddingsConverter, type Field, loadedResponse, OllamaStream } from "./response.js";
import { chatRequest, generateRequest, type OpenAiBody, ownFields, rawRequest } from "./upstream.js";

const NO_FIELDS: ReadonlySet<string> = new Set();
const EMPTY = Buffer.alloc(0);

/** The parsed body of an Ollama request. The scanner first refuses what is nested too deeply to parse. */
export function parseBody<Shape extends z.ZodType>(shape: Shape, body: Buffer): z.infer<Shape> | Problem {
  const scanned = scanBody(body, NO_FIELDS);
  if (!scanned.ok) return problem("invalid_body", scanned.message);
  const json = body.toString("utf8");
  let document: unknown = scanned.document;
  try {
    document ??= JSON.parse(json);
  } catch (error) {
    return problem("invalid_body", `the body is not valid JSON: ${messageOf(error)}`);
  }
  const parsed = shape.safeParse(document);
  if (parsed.success) return hasInexactNumbers(json) ? shape.parse(withExactNumbers(json)) : parsed.data;
  const { field, message } = firstViolation(parsed.error.issues, document);
  return problem("invalid_body", message, field === "" ? {} : { param: field });
}

/** Fields with the client's own JSON: the arguments of tool calls, and schemas. They are sent on with all digits of their numbers. */
const OWN_JSON: ReadonlySet<string> = new Set(["messages", "tools", "format"]);

function withExactNumbers(json: string): unknown {
  const fields = Object.entries(Object(parseExactly(json)));
  return Object.fromEntries(fields.map(([name, value]) => [name, OWN_JSON.has(name) ? value : rounded(value)]));
}

export function readChat(body: Buffer): Call | LoadRequest | Problem {
  const parsed = parseBody(chatBody, body);
  if (isProblem(parsed)) return parsed;
  const { model, messages } = parsed;
  if (messages == null || messages.length === 0)
    return { model, response: loadedResponse(model, "message", loadReason(parsed.keep_alive)) };
  const upstream = { path: OPERATIONS.chat.upstreamPath, fields: chatRequest(parsed), own: ownFields(parsed) };
  return generation("chat", parsed, upstream, "message", messages);
}

export function readGenerate(body: Buffer): Call | LoadRequest | Problem {
  const parsed = parseBody(generateBody, body);
  if (isProblem(parsed)) return parsed;
  const { model, prompt, raw, suffix } = parsed;
  if (prompt === "" && suffix === "")
    return { model, response: loadedResponse(model, "response", loadReason(parsed.keep_alive)) };
  const own = ownFields(parsed);
  const upstream =
    raw || suffix !== ""
      ? { path: OPERATIONS.completion.upstreamPath, fields: rawRequest(parsed), own }
      : { path: OPERATIONS.chat.upstreamPath, fields: generateRequest(parsed), own };
  return generation("completion", parsed, upstream, "response", [parsed.system, parsed.prompt]);
}

/** Ollama answers a request without a prompt with what it does with the model. */
function loadReason(keepAlive: string | number | null | undefined): "load" | "unload" {
  const isZero =
    keepAlive === 0 || (typeof keepAlive === "string" && /^0+(?:\.0*)?(?:ns|us|ms|s|m|h)?$/.test(keepAlive));
  return isZero ? "unload" : "load";
}

export function readEmbed(body: Buffer): Call | LoadRequest | Problem {
  const parsed = parseBody(embedBody, body);
  if (isProblem(parsed)) return parsed;
  const { model, input, dimensions } = parsed;
  if (input.length === 0) return { model, response: { model, embeddings: [] } };
  return embedding(model, { input, ...(dimensions == null ? {} : { dimensions }) }, "embed");
}

export function readEmbeddings(body: Buffer): Call | LoadRequest | Problem {
  const parsed = parseBody(embeddingsBody, body);
  if (isProblem(parsed)) return parsed;
  if (parsed.prompt === "") return { model: parsed.model, response: { embedding: [] } };
  return embedding(parsed.model, { input: parsed.prompt }, "embeddings");
}

/** The request to an upstream. */
interface UpstreamRequest {
  readonly path: string;
  readonly fields: OpenAiBody;
  /** Additional fields for Keelson's own engines. */
  readonly own: OpenAiBody;
}

function generation(
  operation: Call["operation"],
  { model, stream }: { readonly model: string; readonly stream: boolean },
  upstream: UpstreamRequest,
  field: Field,
  prompt: unknown,
): Call {
  const convertDocument = documentConverter(model, field, performance.now());
  return ollamaCall(operation, model, stream, upstream, prompt, convertDocument, field);
}

function embedding(model: string, fields: OpenAiBody, form: "embed" | "embeddings"): Call {
  const convertDocument = embeddingsConverter(model, form, performance.now());
  const upstream = { path: OPERATIONS.embedding.upstreamPath, fields, own: {} };
  return ollamaCall("embedding", model, false, upstream, fields["input"], convertDocument, "response");
}

function ollamaCall(
  operation: Call["operation"],
  model: string,
  stream: boolean,
  { path, fields, own }: UpstreamRequest,
  prompt: unknown,
  convertDocument: DocumentShape,
  field: Field,
): Call {
  // As bytes, outside of JavaScript's heap: strings of megabytes would stay in it for a while. Without the opening brace.
  let rest = Buffer.from(stringifyExactly(fields)).subarray(1);
  return {
    api: "ollama",
    operation,
    path,
    model,
    stream,
    inputEstimate: estimateTokens(prompt),
    inputs: operation === "embedding" ? inputsIn(prompt) : 1,
    choices: 1,
    maxOutputTokens: typeof fields["max_tokens"] === "number" ? fields["max_tokens"] : undefined,
    addsUsageOption: stream,
    body: (upstream) => {
      const added = {
        model: upstream.model,
        ...(stream && upstream.usageOption ? { stream_options: { include_usage: true } } : {}),
        ...(upstream.builtIn ? own : {}),
      };
      return sentAs([Buffer.from(`${JSON.stringify(added).slice(0, -1)},`), rest]);
    },
    forgetBody: () => {
      rest = EMPTY;
    },
    streamShape: () => new OllamaStream(model, field),
    convertDocument,
  };
}
