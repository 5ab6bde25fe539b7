import { request } from "undici";
import type { z } from "zod";
import { bearer } from "../../contracts/platform-token.js";
import { type RequestOf, type Route, requestOf } from "../../contracts/route.js";

/** Maximum number of characters of an unexpected response in an error message. */
const MAX_QUOTED_LENGTH = 200;

/** A module in another process. */
export interface Remote {
  readonly url: string;
  /** The internal token. */
  readonly token: string;
  readonly timeoutMs: number;
}

/**
 * Calls an internal route of a module in another process.
 * @throws Error if the module is unreachable, or its response is not what the route declares.
 */
export async function callModule<R extends Route>(
  { url, token, timeoutMs }: Remote,
  route: R,
  call: RequestOf<R>,
): Promise<z.output<R["json"]>> {
  const { method, path, body } = requestOf(route, call);
  const response = await request(`${url.replace(/\/$/, "")}${path}`, {
    method,
    headers: {
      authorization: bearer(token),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const text = await response.body.text();
  if (response.statusCode !== route.status)
    throw new Error(`status ${response.statusCode}: ${text.slice(0, MAX_QUOTED_LENGTH)}`);
  return parseReply<R["json"]>(route.json, text);
}

/** A response without a body reads as null. */
function parseReply<Json extends z.ZodType>(json: Json, text: string): z.output<Json> {
  return json.parse(text === "" ? null : JSON.parse(text));
}
