import type { ServerResponse } from "node:http";
import { PROBLEMS, type ProblemCode } from "../../contracts/gateway-problems.js";
import { CLIENT_REQUEST_ID } from "../kernel/request-id.js";

export type Api = "openai" | "ollama";

export interface Problem {
  readonly code: ProblemCode;
  readonly status: number;
  readonly type: string;
  readonly message: string;
  /** The path of the invalid field of the request. */
  readonly param: string | null;
  /** Seconds after which a retry may succeed. */
  readonly retryAfter: number | undefined;
}

export function problem(
  code: ProblemCode,
  message: string,
  more: { readonly param?: string; readonly retryAfter?: number } = {},
): Problem {
  const { status, type } = PROBLEMS[code];
  return { code, status, type, message, param: more.param ?? null, retryAfter: more.retryAfter };
}

export function isProblem(value: object): value is Problem {
  return "status" in value && "code" in value && "retryAfter" in value;
}

const USAGE_RETRY_AFTER_SECONDS = 5;

/** The journal cannot be written: the request is refused, because it could not be counted. */
export function usageUnavailable(): Problem {
  return problem("usage_unavailable", "usage cannot be recorded at the moment; the request was refused", {
    retryAfter: USAGE_RETRY_AFTER_SECONDS,
  });
}

/** Characters of a model's name in an error message. */
const MAX_SHOWN_NAME = 100;

/** `name`: as the client sent it, of any length. Each API has its words: clients of Ollama search them for "not found". */
export function noSuchModel(api: Api, name: string): Problem {
  const shown = name.length > MAX_SHOWN_NAME ? `${name.slice(0, MAX_SHOWN_NAME)}…` : name;
  const message = api === "ollama" ? `model '${shown}' not found` : `the model ${shown} does not exist`;
  return problem("model_not_found", message, { param: "model" });
}

/** The error document of the API that was called. */
export function problemBody(api: Api, { message, type, param, code }: Problem): string {
  return JSON.stringify(api === "ollama" ? { error: message } : { error: { message, type, param, code } });
}

/** The ids of a request, for the headers of its response. */
export interface RequestIds {
  readonly id: string;
  /** As the client sent it; undefined if it sent none. */
  readonly clientId: string | undefined;
}

/** Responds with a problem. Does nothing if the response has started or the client has disconnected. */
export function refuse(response: ServerResponse, api: Api, refused: Problem, { id, clientId }: RequestIds): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(problemBody(api, refused));
  const headers: Record<string, string | number> = {
    "content-type": "application/json",
    "content-length": body.length,
    "x-request-id": id,
  };
  if (clientId !== undefined) headers[CLIENT_REQUEST_ID] = clientId;
  if (refused.retryAfter !== undefined) headers["retry-after"] = refused.retryAfter;
  if (refused.status === 401) headers["www-authenticate"] = "Bearer";
  response.writeHead(refused.status, headers);
  response.end(body);
}
