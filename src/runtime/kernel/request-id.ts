import type { IncomingMessage } from "node:http";

/** Header of a response with the id that the client sent. */
export const CLIENT_REQUEST_ID = "x-client-request-id";

/** An id that is safe in a header and in a log line. */
const WELL_FORMED = /^[\w.:/+=@-]{1,128}$/;

/**
 * The client's own id of its request, from `x-client-request-id` (as in OpenAI's API) or `x-request-id`; undefined if there is none or it
 * is not well-formed. The gateway's id is another one: two clients may send the same.
 */
export function clientRequestId({ headers }: IncomingMessage): string | undefined {
  const sent = headers[CLIENT_REQUEST_ID] ?? headers["x-request-id"];
  return typeof sent === "string" && WELL_FORMED.test(sent) ? sent : undefined;
}
