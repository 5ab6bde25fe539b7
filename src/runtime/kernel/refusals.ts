import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import { LimitedLog } from "./limited-log.js";
import { clientRequestId } from "./request-id.js";
import { traceOf } from "./trace.js";

/** A request that reached no module. */
export interface RefusedRequest {
  /** Of the response, in its header `x-request-id`. */
  readonly id: string;
  /** Undefined if it is not valid HTTP. */
  readonly request: IncomingMessage | undefined;
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const MAX_SHOWN_PATH = 200;

/** Writes a log line for each request that no module received, with the id of its response. */
export function refusalLog(log: Logger): (refused: RefusedRequest) => void {
  const limited = new LimitedLog(log, "refused requests");
  return ({ id, request, status, code, message }) => {
    const fields = { requestId: id, ...(request && described(request)), status, code, reason: message };
    limited.write("info", fields, "refused a request");
  };
}

function described(request: IncomingMessage): object {
  return {
    clientRequestId: clientRequestId(request),
    traceId: traceOf(request).traceId,
    method: request.method,
    // A query may contain a credential.
    path: request.url?.split("?", 1)[0]?.slice(0, MAX_SHOWN_PATH),
  };
}
