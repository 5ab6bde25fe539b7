import type { z } from "zod";
import { parseJson, readError } from "../../../src/contracts/error.js";
import { type RequestOf, type Route, requestOf } from "../../../src/contracts/route.js";
import { sessionProof } from "./proof.js";

/** A failed request. `message` states the problem, `hint` what to do about it; both are shown to the user. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** HTTP status; 0 if there was no response. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string | undefined,
  ) {
    super(message);
  }
}

export interface SendOptions {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Sends one request to this platform. @throws ApiError for a status other than 2xx, or if the platform is unreachable. */
export async function send(path: string, options: SendOptions = {}): Promise<Response> {
  const { method = "GET", body, headers, signal } = options;
  const proof = sessionProof();
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: {
        accept: "application/json",
        // Only pages of this origin have the second half of the session.
        ...(proof === undefined ? {} : { "x-keelson": proof }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(
      0,
      "network/unreachable",
      "The platform is unreachable.",
      "Check whether it is running: `keelson status`.",
    );
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/** Calls a route and parses its JSON response: unparsed data never enters the application. */
export async function call<R extends Route>(
  route: R,
  request: RequestOf<R>,
  signal?: AbortSignal,
): Promise<z.output<R["json"]>> {
  const { method, path, body } = requestOf(route, request);
  const response = await send(path, { method, body, signal });
  return parseReply<R["json"]>(route.json, response.status === 204 ? "null" : await response.text(), path);
}

function parseReply<Json extends z.ZodType>(json: Json, text: string, path: string): z.output<Json> {
  const body = parseJson(text);
  if (body === undefined) throw unexpected(path, "it is not JSON");
  const parsed = json.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw unexpected(path, issue ? `${issue.path.join(".") || "the response"}: ${issue.message}` : "its shape");
}

/** Reads a text representation: a plain link would not send the second half of the session. */
export async function readText(path: string, signal?: AbortSignal): Promise<string> {
  return (await send(path, { signal, headers: { accept: "*/*" } })).text();
}

/** Saves a text representation as a file. */
export async function download(path: string, fileName: string): Promise<void> {
  const response = await send(path, { headers: { accept: "*/*" } });
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}

async function refusal(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  const error = readError(text);
  if (error) {
    const { code, message, hint } = error;
    return new ApiError(response.status, code ?? `http/${response.status}`, message, hint ?? advice(response.status));
  }
  return new ApiError(
    response.status,
    `http/${response.status}`,
    `The platform returned status ${response.status}${response.statusText ? ` ${response.statusText}` : ""}.`,
    advice(response.status),
  );
}

function advice(status: number): string | undefined {
  if (status === 401) return "Sign in again.";
  if (status === 403) return "Your role does not allow this. An owner can change it.";
  if (status === 502 || status === 503 || status === 504)
    return "Part of the platform is unavailable. The request is retried automatically.";
  return undefined;
}

function unexpected(path: string, what: string): ApiError {
  return new ApiError(
    200,
    "answer/unexpected",
    `The response of ${path} is invalid: ${what}.`,
    "This page may be older than the platform. Reload it.",
  );
}
