import type { IncomingMessage, ServerResponse } from "node:http";
import { errorEntry, type HttpErrorCode, httpStatus } from "../../errors/catalogue.js";
import { respondJson } from "./listener.js";
import type { RefusedRequest } from "./refusals.js";
import { newId } from "./trace.js";

/**
 * Responds with an error of the admin API, outside of its application, and with an id that is in the log as well. Without a hint with
 * the default hint of the code.
 */
export type Refuse = (
  request: IncomingMessage,
  response: ServerResponse,
  code: HttpErrorCode,
  message: string,
  hint?: string,
) => void;

export function refuseWith(onRefused: (refused: RefusedRequest) => void): Refuse {
  return (request, response, code, message, hint = errorEntry(code).hint) => {
    const id = newId();
    const status = httpStatus(code);
    onRefused({ id, request, status, code, message });
    response.setHeader("x-request-id", id);
    respondJson(response, status, { error: { code, message, ...(hint === undefined ? {} : { hint }) } });
  };
}
