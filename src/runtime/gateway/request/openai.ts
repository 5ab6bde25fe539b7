import { isUtf8 } from "node:buffer";
import { messageOf } from "../../../errors/thrown.js";
import { OpenAiStream } from "../answer/openai-stream.js";
import { type Problem, problem } from "../problem.js";
import type { Call, StreamShape, WholeShape } from "../shape.js";
import { estimateTokens, estimateTokensOfJson } from "../token-estimate.js";
import { type Field, type Scanned, scanObject, textOf } from "./json-scan.js";

/** A body up to this size is parsed whole, so that its every byte is known to be JSON; a larger one is left to the upstream. */
const parsedWhole = 16 * 1024;

const wanted = new Set(["model", "stream", "stream_options", "messages", "prompt", "input"]);

const operations = {
  "/v1/chat/completions": { operation: "chat", content: "messages" },
  "/v1/completions": { operation: "completion", content: "prompt" },
  "/v1/embeddings": { operation: "embedding", content: "input" },
} as const;

type OpenAiPath = keyof typeof operations;

export function isOpenAiPath(path: string): path is OpenAiPath {
  return Object.hasOwn(operations, path);
}

/** Understands the body of an OpenAI call without building it anew. */
export function readOpenAiCall(path: OpenAiPath, body: Buffer): Call | Problem {
  const scanned = scanBody(body, wanted);
  if (!scanned.ok) return problem("invalid_body", scanned.message);
  const { fields, close, document } = scanned;
  const { operation, content } = operations[path];

  const model = fields.get("model");
  if (model === undefined) return problem("invalid_body", "you must provide a model", { param: "model" });
  const name = model.kind === "string" ? textOf(body, model.start, model.end) : undefined;
  if (name === undefined) return problem("invalid_body", "model must be a string", { param: "model" });
  if (name === "") return problem("invalid_body", "model must not be empty", { param: "model" });

  const subject = fields.get(content);
  if (subject === undefined) return problem("invalid_body", `you must provide ${content}`, { param: content });
  const wrong = wrongContent(content, subject, body);
  if (wrong !== undefined) return problem("invalid_body", wrong, { param: content });

  const stream = fields.get("stream");
  if (stream !== undefined && stream.kind !== "true" && stream.kind !== "false" && stream.kind !== "null") {
    return problem("invalid_body", "stream must be true or false", { param: "stream" });
  }
  const options = fields.get("stream_options");
  if (options !== undefined && options.kind !== "object" && options.kind !== "null") {
    return problem("invalid_body", "stream_options must be an object", { param: "stream_options" });
  }
  const streams = stream?.kind === "true" && operation !== "embedding";
  const estimate =
    document === undefined
      ? estimateTokensOfJson(body.subarray(subject.start, subject.end))
      : estimateTokens(Reflect.get(Object(document), content));
  return new OpenAiCall(operation, path, name, streams, body, model, streams ? options : undefined, close, estimate);
}

type ScannedBody = Scanned & { readonly document?: unknown };

/** Scans a body for top-level fields; a small one is proved to be JSON in every byte, and comes with its `document`. */
export function scanBody(body: Buffer, fields: ReadonlySet<string>): ScannedBody {
  if (!isUtf8(body)) return { ok: false, message: "the body is not valid UTF-8" };
  const scanned = scanObject(body, fields);
  if (!scanned.ok || body.length > parsedWhole) return scanned;
  try {
    const document: unknown = JSON.parse(body.toString("utf8"));
    return { ...scanned, document };
  } catch (error) {
    return {
      ok: false,
      message: `the body is not valid JSON: ${messageOf(error)}`,
    };
  }
}

function wrongContent(name: string, { kind, start, end }: Field, body: Buffer): string | undefined {
  if (name === "messages") {
    if (kind !== "array") return "messages must be a list";
    const first = firstByte(body, start + 1, end);
    if (first === 0x5d) return "messages must hold at least one message";
    return first === 0x7b ? undefined : "each message must be an object with a role and content";
  }
  return kind === "string" || kind === "array" ? undefined : `${name} must be a string or a list`;
}

function firstByte(body: Buffer, start: number, end: number): number | undefined {
  let at = start;
  while (at < end && (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09)) at += 1;
  return body[at];
}

const withUsage = '{"include_usage":true}';
const identity: WholeShape = (body) => body;

class OpenAiCall implements Call {
  readonly api = "openai";
  readonly whole = identity;
  readonly #wantsUsage: boolean;

  constructor(
    readonly operation: Call["operation"],
    readonly path: string,
    readonly model: string,
    readonly stream: boolean,
    private readonly bytes: Buffer,
    private readonly modelField: Field,
    private readonly options: Field | undefined,
    private readonly close: number,
    readonly inputEstimate: number,
  ) {
    this.#wantsUsage =
      options !== undefined &&
      options.kind === "object" &&
      /"include_usage"\s*:\s*true/.test(
        bytes.toString("latin1", options.start, Math.min(options.end, options.start + 4096)),
      );
  }

  body(upstreamModel: string): Buffer {
    const splices: { readonly start: number; readonly end: number; readonly text: string }[] = [];
    if (upstreamModel !== this.model) {
      splices.push({ start: this.modelField.start, end: this.modelField.end, text: JSON.stringify(upstreamModel) });
    }
    // Without the count in the stream an answer could only be guessed.
    if (this.stream && !this.#wantsUsage) {
      if (this.options === undefined)
        splices.push({ start: this.close, end: this.close, text: `,"stream_options":${withUsage}` });
      else splices.push({ start: this.options.start, end: this.options.end, text: withUsage });
    }
    if (splices.length === 0) return this.bytes;
    const parts: Buffer[] = [];
    let at = 0;
    for (const { start, end, text } of splices.sort((a, b) => a.start - b.start)) {
      parts.push(this.bytes.subarray(at, start), Buffer.from(text));
      at = end;
    }
    parts.push(this.bytes.subarray(at));
    return Buffer.concat(parts);
  }

  streamShape(): StreamShape {
    return new OpenAiStream(!this.#wantsUsage);
  }
}
