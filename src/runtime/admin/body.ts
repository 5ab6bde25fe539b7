import type { FastifyInstance } from "fastify";
import { messageOf } from "../../errors/thrown.js";
import { AdminError } from "./errors.js";

/** Nesting of a body: far above any valid request of this API, far below what overflows the stack of a recursion. */
const MAX_DEPTH = 32;

/** Accepts JSON in valid UTF-8 of limited depth, and no other media type. */
export function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, async (_request: unknown, body: Buffer) =>
    body.length === 0 ? undefined : parse(body),
  );
}

function parse(body: Buffer): unknown {
  if (depthOf(body) > MAX_DEPTH)
    throw new AdminError("request/too-deep", `the JSON exceeds ${MAX_DEPTH} levels of nesting`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new AdminError("request/not-utf8", "the body is not valid UTF-8");
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AdminError("request/not-json", `the body is not JSON: ${messageOf(error)}`);
  }
}

/** The maximum nesting of brackets outside of strings. */
function depthOf(body: Buffer): number {
  let depth = 0;
  let max = 0;
  let quoted = false;
  for (let index = 0; index < body.length; index++) {
    const byte = body[index];
    if (quoted) {
      if (byte === 0x5c) index++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x5b || byte === 0x7b) max = Math.max(max, ++depth);
    else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return max;
}
