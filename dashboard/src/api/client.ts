import type { z } from "zod";
import { readError } from "../../../src/contracts/error.js";

/** What went wrong with a call, in words for a person: `message` says what, `hint` what to do about it. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string | undefined,
  ) {
    super(message);
  }
}

export interface Call {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Sends one request to this platform; an answer that is not 2xx becomes an `ApiError`. */
export async function send(path: string, call: Call = {}): Promise<Response> {
  const { method = "GET", body, headers, signal } = call;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: {
        accept: "application/json",
        // A form of another site cannot set this header: it shows that our own page makes the call.
        ...(method === "GET" ? {} : { "x-keelson": "1" }),
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
      "The platform does not answer.",
      "Is it still running? `keelson status` tells.",
    );
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/** Sends one request and reads its JSON answer with `schema`: nothing that was not parsed gets into the application. */
export async function call<T>(schema: z.ZodType<T>, path: string, options: Call = {}): Promise<T> {
  const response = await send(path, options);
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    throw unexpected(path, "it is not JSON");
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw unexpected(path, issue ? `${issue.path.join(".") || "the answer"}: ${issue.message}` : "its shape");
  }
  return parsed.data;
}

/** Sends one request whose answer carries nothing of interest. */
export async function act(path: string, options: Call): Promise<void> {
  const response = await send(path, options);
  await response.body?.cancel();
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
    `The platform answered ${response.status}${response.statusText ? ` ${response.statusText}` : ""}.`,
    advice(response.status),
  );
}

function advice(status: number): string | undefined {
  if (status === 401) return "Sign in again.";
  if (status === 403) return "Your role does not allow it; an owner can change that.";
  if (status === 502 || status === 503 || status === 504)
    return "Part of the platform is away; it is tried again by itself.";
  return undefined;
}

function unexpected(path: string, what: string): ApiError {
  return new ApiError(
    200,
    "answer/unexpected",
    `The answer to ${path} could not be read: ${what}.`,
    "This page may be older than the platform: reload it.",
  );
}
