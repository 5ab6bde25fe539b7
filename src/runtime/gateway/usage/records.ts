import { crc32 } from "node:zlib";
import { USAGE_OPERATIONS, type UsageEvent } from "../../../contracts/usage.js";

/** What is known when a request is passed on: enough to count it if nothing more is ever heard of it. */
export interface Intent {
  readonly id: string;
  readonly at: number;
  readonly organisation: string;
  readonly keyId: string;
  readonly model: string;
  readonly operation: UsageEvent["operation"];
  /** A guess from the size of the request. */
  readonly inputTokens: number;
}

/** One line of the log. */
export type Entry =
  | { readonly kind: "intent"; readonly intent: Intent }
  /** Tokens that have gone out so far in an answer that is not complete. */
  | { readonly kind: "checkpoint"; readonly id: string; readonly outputTokens: number; readonly at: number }
  | { readonly kind: "settled"; readonly event: UsageEvent }
  /** An intent whose request was refused after all. */
  | { readonly kind: "void"; readonly id: string };

// Lines are arrays and not objects: the names would be half of the log.
export function intentLine(intent: Intent): string {
  return JSON.stringify([
    "I",
    intent.id,
    intent.at,
    intent.organisation,
    intent.keyId,
    intent.model,
    intent.operation,
    intent.inputTokens,
  ]);
}

export function checkpointLine(id: string, outputTokens: number, at: number): string {
  return JSON.stringify(["C", id, outputTokens, at]);
}

export function settledLine(event: UsageEvent): string {
  return JSON.stringify([
    "S",
    event.id,
    event.at,
    event.organisation,
    event.keyId,
    event.model,
    event.operation,
    event.inputTokens,
    event.outputTokens,
    event.status,
    event.durationMs,
    event.estimated,
  ]);
}

export function voidLine(id: string): string {
  return JSON.stringify(["X", id]);
}

const known: ReadonlySet<unknown> = new Set(USAGE_OPERATIONS);

function isOperation(value: unknown): value is UsageEvent["operation"] {
  return known.has(value);
}

/**
 * One line, checked. By hand, because every answered request comes by here: a schema library took a fifth of the
 * gateway's time for its own.
 */
function entryOf(json: string): Entry {
  const fields: unknown = JSON.parse(json);
  if (!Array.isArray(fields)) throw new Error("a line of the usage log is not a list");
  // By index: to take a list apart by pattern costs more than to parse it.
  const kind: unknown = fields[0];
  const id: unknown = fields[1];
  const third: unknown = fields[2];
  const fourth: unknown = fields[3];
  if (typeof id !== "string") throw new Error("a line of the usage log has no id");
  if (kind === "X") return { kind: "void", id };
  if (kind === "C" && typeof third === "number" && typeof fourth === "number") {
    return { kind: "checkpoint", id, outputTokens: third, at: fourth };
  }
  const keyId: unknown = fields[4];
  const model: unknown = fields[5];
  const operation: unknown = fields[6];
  const inputTokens: unknown = fields[7];
  if (
    typeof third === "number" &&
    typeof fourth === "string" &&
    typeof keyId === "string" &&
    typeof model === "string" &&
    isOperation(operation) &&
    typeof inputTokens === "number"
  ) {
    const at = third;
    const organisation = fourth;
    if (kind === "I") {
      return { kind: "intent", intent: { id, at, organisation, keyId, model, operation, inputTokens } };
    }
    const outputTokens: unknown = fields[8];
    const status: unknown = fields[9];
    const durationMs: unknown = fields[10];
    const estimated: unknown = fields[11];
    if (
      kind === "S" &&
      typeof outputTokens === "number" &&
      typeof status === "number" &&
      typeof durationMs === "number" &&
      typeof estimated === "boolean"
    ) {
      return {
        kind: "settled",
        event: {
          id,
          at,
          organisation,
          keyId,
          model,
          operation,
          inputTokens,
          outputTokens,
          status,
          durationMs,
          estimated,
        },
      };
    }
  }
  throw new Error(`a line of the usage log is not known: ${json.slice(0, 100)}`);
}

const headBytes = 8;

/** Frames lines for one write: length, CRC-32, lines. A frame counts whole or not at all. */
export function frame(lines: readonly string[]): Buffer {
  const body = lines.join("\n");
  const bytes = Buffer.allocUnsafe(headBytes + Buffer.byteLength(body));
  bytes.write(body, headBytes, "utf8");
  bytes.writeUInt32LE(bytes.length - headBytes, 0);
  bytes.writeUInt32LE(crc32(bytes.subarray(headBytes)), 4);
  return bytes;
}

/** The entries of a file of frames, up to the first frame that is torn: what follows was never acknowledged. */
export function* entriesIn(bytes: Buffer): Generator<Entry> {
  for (const line of linesIn(bytes)) yield entryOf(line);
}

/** The settled events alone. Every other line, which is more than half of them, goes by unread. */
export function* settledIn(bytes: Buffer): Generator<UsageEvent> {
  for (const line of linesIn(bytes)) {
    if (!line.startsWith('["S"')) continue;
    const entry = entryOf(line);
    if (entry.kind === "settled") yield entry.event;
  }
}

function* linesIn(bytes: Buffer): Generator<string> {
  let at = 0;
  while (at + headBytes <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const body = bytes.subarray(at + headBytes, at + headBytes + length);
    if (length === 0 || body.length !== length || crc32(body) !== bytes.readUInt32LE(at + 4)) return;
    yield* body.toString("utf8").split("\n");
    at += headBytes + length;
  }
}
