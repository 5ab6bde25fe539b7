import type { Counted } from "../shape.js";

const KEY = Buffer.from('"usage"');

/**
 * The upstream's token counts, found in the bytes of its response. In JSON a quote inside a string is escaped, so the seven
 * bytes of `"usage"` can only be a name (or a whole string, which no number follows).
 */
export function countedIn(bytes: Buffer): Counted | undefined {
  for (let at = bytes.lastIndexOf(KEY); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(KEY, at - 1)) {
    const start = valueStart(bytes, at);
    if (bytes[start] !== 0x7b) continue;
    const end = objectEnd(bytes, start);
    if (end < 0) continue;
    const counted = parse(bytes.toString("utf8", start, end));
    if (counted !== undefined) return counted;
  }
  return undefined;
}

/** Bytes of a piece that are scanned again with the next one: an object of counts is shorter. */
const OVERLAP_BYTES = 8192;

/** Finds the token counts of a document that arrives in pieces, wherever they are in it. The last ones count. */
export class UsageScan {
  counted: Counted | undefined;
  #end: Buffer | undefined;

  push(piece: Buffer): void {
    if (this.#end !== undefined) {
      const seam = Buffer.concat([this.#end, piece.subarray(0, OVERLAP_BYTES)]);
      this.counted = largerCounts(this.counted, countedIn(seam));
    }
    this.counted = largerCounts(this.counted, countedIn(piece));
    this.#end = piece.subarray(Math.max(0, piece.length - OVERLAP_BYTES));
  }
}

/** Starts with a byte that is rare in JSON: `"usage"` starts with the most frequent one, which makes a search slow. */
const HINT = Buffer.from("_tokens");

/** Offset of the first `"usage"` whose value is an object of token counts; -1 where there is none. Linear in the bytes. */
export function usageAt(bytes: Buffer): number {
  let from = 0;
  for (let at = bytes.indexOf(HINT); at >= 0; at = bytes.indexOf(HINT, at + 1)) {
    // The name is shortly before its first count, so the search goes backwards from there.
    const found = bytes.subarray(from, at).lastIndexOf(KEY);
    if (found >= 0 && bytes[valueStart(bytes, from + found)] === 0x7b) return from + found;
    from = at;
  }
  return -1;
}

/** Offset of the value after a field name. */
function valueStart(bytes: Buffer, name: number): number {
  let at = name + KEY.length;
  while (bytes[at] === 0x20 || bytes[at] === 0x3a || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09)
    at += 1;
  return at;
}

/** End of the object of numbers (and objects of numbers) that starts at `start`; it contains no long strings. */
function objectEnd(bytes: Buffer, start: number): number {
  let depth = 0;
  const last = Math.min(bytes.length, start + 8192);
  for (let at = start; at < last; at += 1) {
    if (bytes[at] === 0x7b) depth += 1;
    else if (bytes[at] === 0x7d) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** Validated by hand, because it runs for every response. */
function parse(json: string): Counted | undefined {
  try {
    const usage: unknown = JSON.parse(json);
    if (typeof usage !== "object" || usage === null || !("prompt_tokens" in usage)) return undefined;
    const inputTokens = usage.prompt_tokens;
    if (!isCount(inputTokens)) return undefined;
    const outputTokens = outputOf(usage, inputTokens);
    return outputTokens === undefined ? undefined : { inputTokens, outputTokens };
  } catch {
    return undefined;
  }
}

/** Whether a value of an upstream is a number of tokens. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The tokens of the output: their own count, or what the total leaves; 0 if neither is there, as for embeddings. */
function outputOf(usage: object, inputTokens: number): number | undefined {
  const output: unknown = Reflect.get(usage, "completion_tokens") ?? undefined;
  if (output !== undefined) return isCount(output) ? output : undefined;
  const total: unknown = Reflect.get(usage, "total_tokens");
  return isCount(total) ? Math.max(0, total - inputTokens) : 0;
}

/** Of counts that a server has sent one after the other, the larger ones: a stream's counts never go down. */
export function largerCounts(before: Counted | undefined, after: Counted | undefined): Counted | undefined {
  if (before === undefined || after === undefined) return after ?? before;
  return {
    inputTokens: Math.max(before.inputTokens, after.inputTokens),
    outputTokens: Math.max(before.outputTokens, after.outputTokens),
  };
}
