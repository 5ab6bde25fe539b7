import { isUtf8 } from "node:buffer";
import { USAGE_OPERATIONS } from "../../../contracts/usage.js";
import { messageOf } from "../../../errors/thrown.js";
import { type Field, type Scanned, scanObject, textOf } from "../json-scan.js";
import { OPERATIONS, type OperationName } from "../operations.js";
import { type Problem, problem } from "../problem.js";
import { OpenAiStream } from "../response/openai-stream.js";
import type { Call, DocumentShape, StreamShape, UpstreamTraits } from "../shape.js";
import { estimateTokens, estimateTokensOfJson, inputsIn } from "../token-estimate.js";
import { sentAs } from "./pieces.js";

/** A body up to this size is parsed completely, so that every byte of it is valid JSON; the upstream parses a larger one. */
const MAX_PARSED_BYTES = 16 * 1024;

const FIELDS: ReadonlySet<string> = new Set([
  "model",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "n",
  ...USAGE_OPERATIONS.map((name) => OPERATIONS[name].input),
]);

/** Parses and validates the body of an OpenAI request without serialising it again. */
export function readOpenAiCall(operation: OperationName, body: Buffer): Call | Problem {
  const scanned = scanBody(body, FIELDS);
  if (!scanned.ok) return problem("invalid_body", scanned.message);
  const { fields, close, document } = scanned;
  const { upstreamPath, input, streams: mayStream } = OPERATIONS[operation];

  const model = fields.get("model");
  if (model === undefined) return problem("invalid_body", "you must provide a model", { param: "model" });
  const name = model.kind === "string" ? textOf(body, model.start, model.end) : undefined;
  if (name === undefined) return problem("invalid_body", "model must be a string", { param: "model" });
  if (name === "") return problem("invalid_body", "model must not be empty", { param: "model" });

  const subject = fields.get(input);
  if (subject === undefined) return problem("invalid_body", `you must provide ${input}`, { param: input });
  const invalid = invalidInput(input, subject, body);
  if (invalid !== undefined) return problem("invalid_body", invalid, { param: input });

  const stream = fields.get("stream");
  if (stream !== undefined && stream.kind !== "true" && stream.kind !== "false" && stream.kind !== "null") {
    return problem("invalid_body", "stream must be true or false", { param: "stream" });
  }
  const options = fields.get("stream_options");
  if (options !== undefined && options.kind !== "object" && options.kind !== "null") {
    return problem("invalid_body", "stream_options must be an object", { param: "stream_options" });
  }
  const streams = stream?.kind === "true" && mayStream;
  const estimate =
    document === undefined
      ? estimateTokensOfJson(body.subarray(subject.start, subject.end))
      : estimateTokens(Reflect.get(Object(document), input));
  const inputs = inputsOf(subject, document === undefined ? undefined : Reflect.get(Object(document), input), input);
  const choices = Math.max(1, countIn("n", fields, body) ?? 1);
  const maxOutputTokens = maxOutputOf(fields, body, inputs * choices);
  const parts = { bytes: body, model, options: streams ? options : undefined, close };
  return new OpenAiCall(operation, upstreamPath, name, streams, estimate, inputs, choices, maxOutputTokens, parts);
}

/** A conversation is one input, and so is a text. The length of a list that was not parsed is unknown. */
function inputsOf({ kind }: Field, parsed: unknown, field: string): number {
  if (field === "messages" || kind !== "array") return 1;
  return parsed === undefined ? Number.POSITIVE_INFINITY : inputsIn(parsed);
}

/** The limit on the tokens of all answers; undefined without one. */
function maxOutputOf(fields: ReadonlyMap<string, Field>, body: Buffer, answers: number): number | undefined {
  const limit = countIn("max_completion_tokens", fields, body) ?? countIn("max_tokens", fields, body);
  return limit === undefined || !Number.isFinite(answers) ? undefined : limit * answers;
}

/** A field's count. What is no count is for the upstream to refuse. */
function countIn(name: string, fields: ReadonlyMap<string, Field>, body: Buffer): number | undefined {
  const field = fields.get(name);
  const number = field?.kind === "number" ? Number(body.toString("latin1", field.start, field.end)) : -1;
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

type ScannedBody = Scanned & { readonly document?: unknown };

/** Scans a body for top-level fields. A small one is parsed completely and comes with its `document`. */
export function scanBody(body: Buffer, fields: ReadonlySet<string>): ScannedBody {
  if (!isUtf8(body)) return { ok: false, message: "the body is not valid UTF-8" };
  const scanned = scanObject(body, fields);
  if (!scanned.ok || body.length > MAX_PARSED_BYTES) return scanned;
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

function invalidInput(name: string, { kind, start, end }: Field, body: Buffer): string | undefined {
  if (name === "messages") {
    if (kind !== "array") return "messages must be a list";
    const first = firstByte(body, start + 1, end);
    if (first === 0x5d) return "messages must contain at least one message";
    return first === 0x7b ? undefined : "each message must be an object with a role and content";
  }
  return kind === "string" || kind === "array" ? undefined : `${name} must be a string or a list`;
}

function firstByte(body: Buffer, start: number, end: number): number | undefined {
  let at = start;
  while (at < end && (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09)) at += 1;
  return body[at];
}

const EMPTY = Buffer.alloc(0);
const WITH_USAGE = '{"include_usage":true}';
const identity: DocumentShape = (body) => body;

/** The body as the client sent it, and the places in it that depend on the upstream. */
interface BodyParts {
  readonly bytes: Buffer;
  readonly model: Field;
  /** `stream_options` of a stream. */
  readonly options: Field | undefined;
  /** Offset of the closing brace. */
  readonly close: number;
}

class OpenAiCall implements Call {
  readonly api = "openai";
  readonly convertDocument = identity;
  readonly #wantsUsage: boolean;

  constructor(
    readonly operation: Call["operation"],
    readonly path: string,
    readonly model: string,
    readonly stream: boolean,
    readonly inputEstimate: number,
    readonly inputs: number,
    readonly choices: number,
    readonly maxOutputTokens: number | undefined,
    private parts: BodyParts,
  ) {
    const { options, bytes } = parts;
    this.#wantsUsage =
      options !== undefined &&
      options.kind === "object" &&
      /"include_usage"\s*:\s*true/.test(
        bytes.toString("latin1", options.start, Math.min(options.end, options.start + 4096)),
      );
  }

  /** Without the count in the stream the output could only be estimated. */
  get addsUsageOption(): boolean {
    return this.stream && !this.#wantsUsage;
  }

  body({ model, usageOption }: UpstreamTraits): Buffer | readonly Buffer[] {
    const { bytes, model: name, options, close } = this.parts;
    const splices: { readonly start: number; readonly end: number; readonly text: string }[] = [];
    if (model !== this.model) splices.push({ start: name.start, end: name.end, text: JSON.stringify(model) });
    if (usageOption && this.addsUsageOption) {
      if (options === undefined) splices.push({ start: close, end: close, text: `,"stream_options":${WITH_USAGE}` });
      else splices.push({ start: options.start, end: options.end, text: WITH_USAGE });
    }
    if (splices.length === 0) return sentAs([bytes]);
    const spliced: Buffer[] = [];
    let at = 0;
    for (const { start, end, text } of splices.sort((a, b) => a.start - b.start)) {
      spliced.push(bytes.subarray(at, start), Buffer.from(text));
      at = end;
    }
    spliced.push(bytes.subarray(at));
    return sentAs(spliced);
  }

  forgetBody(): void {
    this.parts = { ...this.parts, bytes: EMPTY };
  }

  streamShape(): StreamShape {
    return new OpenAiStream(!this.#wantsUsage, this.inputs * this.choices > 1);
  }
}
