import { crc32 } from "node:zlib";
import type { UsageEvent } from "../../../contracts/usage.js";
import { isOperation } from "../operations.js";

/** Written when a request is sent to an upstream: sufficient to count the request if no further entry follows. */
export interface Intent {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly organisation: string;
  readonly keyId: string;
  readonly model: string;
  readonly operation: UsageEvent["operation"];
  /** Estimated from the size of the request. */
  readonly inputTokens: number;
}

/** One line of the journal. */
export type Entry =
  | { readonly kind: "intent"; readonly intent: Intent }
  /** Output tokens so far of a response that is not complete. */
  | { readonly kind: "checkpoint"; readonly id: string; readonly outputTokens: number; readonly at: number }
  | { readonly kind: "settled"; readonly event: UsageEvent }
  /** The request does not count: it was refused after its intent was written. */
  | { readonly kind: "void"; readonly id: string }
  /** A line of another version of Keelson, for example with an operation that this one lacks. `id`: where it has one. */
  | { readonly kind: "unreadable"; readonly line: string; readonly id: string | undefined };

// Lines are arrays and not objects: field names would be half of the journal.
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
    event.firstTokenMs,
  ]);
}

export function voidLine(id: string): string {
  return JSON.stringify(["X", id]);
}

/** The fields of a line; undefined if it is not a list. */
function fieldsOf(line: string): readonly unknown[] | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    return Array.isArray(fields) ? fields : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Parses and validates one line. Written by hand, because it runs for every request: a schema library took a fifth of the gateway's
 * time for it.
 */
function entryOf(line: string): Entry {
  const fields = fieldsOf(line);
  const id = typeof fields?.[1] === "string" ? fields[1] : undefined;
  const entry = fields === undefined || id === undefined ? undefined : parse(fields, id);
  return entry ?? { kind: "unreadable", line, id };
}

/** Accesses fields by index: destructuring a list takes longer than parsing it. */
function parse(fields: readonly unknown[], id: string): Entry | undefined {
  const kind: unknown = fields[0];
  const third: unknown = fields[2];
  const fourth: unknown = fields[3];
  if (kind === "X") return { kind: "void", id };
  if (kind === "C" && typeof third === "number" && typeof fourth === "number") {
    return { kind: "checkpoint", id, outputTokens: third, at: fourth };
  }
  const keyId: unknown = fields[4];
  const model: unknown = fields[5];
  const operation: unknown = fields[6];
  const inputTokens: unknown = fields[7];
  if (
    typeof third !== "number" ||
    typeof fourth !== "string" ||
    typeof keyId !== "string" ||
    typeof model !== "string" ||
    !isOperation(operation) ||
    typeof inputTokens !== "number"
  )
    return undefined;
  const at = third;
  const organisation = fourth;
  if (kind === "I") return { kind: "intent", intent: { id, at, organisation, keyId, model, operation, inputTokens } };
  const outputTokens: unknown = fields[8];
  const status: unknown = fields[9];
  const durationMs: unknown = fields[10];
  const estimated: unknown = fields[11];
  // Lines of an earlier version end here.
  const firstTokenMs: unknown = fields[12] ?? null;
  if (
    kind !== "S" ||
    typeof outputTokens !== "number" ||
    typeof status !== "number" ||
    typeof durationMs !== "number" ||
    typeof estimated !== "boolean" ||
    (firstTokenMs !== null && typeof firstTokenMs !== "number")
  )
    return undefined;
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
      firstTokenMs,
    },
  };
}

const HEADER_BYTES = 8;

/** The bytes of one write: length, CRC-32, lines. A frame is read completely or not at all. */
export function frame(lines: readonly string[]): Buffer {
  const body = lines.join("\n");
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(body));
  bytes.write(body, HEADER_BYTES, "utf8");
  bytes.writeUInt32LE(bytes.length - HEADER_BYTES, 0);
  bytes.writeUInt32LE(crc32(bytes.subarray(HEADER_BYTES)), 4);
  return bytes;
}

/** The entries of a file, up to the first torn frame: what follows was never acknowledged. */
export function* entriesIn(bytes: Buffer): Generator<Entry> {
  for (const line of linesIn(bytes)) yield entryOf(line);
}

/** Only the settled events of a file. Other lines, more than half of them, are not parsed. */
export function* settledIn(bytes: Buffer): Generator<UsageEvent> {
  for (const line of linesIn(bytes)) {
    if (!line.startsWith('["S"')) continue;
    const entry = entryOf(line);
    if (entry.kind === "settled") yield entry.event;
  }
}

function* linesIn(bytes: Buffer): Generator<string> {
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const body = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
    if (length === 0 || body.length !== length || crc32(body) !== bytes.readUInt32LE(at + 4)) return;
    yield* body.toString("utf8").split("\n");
    at += HEADER_BYTES + length;
  }
}
