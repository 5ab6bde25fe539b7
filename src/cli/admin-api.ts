import { request } from "undici";
import type { z } from "zod";
import { parseJson, readError } from "../contracts/error.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
import type { Connection } from "./connection.js";

const RESPONSE_TIMEOUT_MS = 30_000;

export interface AdminCall {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

/**
 * Calls an operation of the admin API and returns the response text.
 * @throws KeelsonError with the code of the error response, or `platform/unreachable`.
 */
export async function requestAdmin(connection: Connection, path: string, call: AdminCall = {}): Promise<string> {
  const url = new URL(`${connection.url}${path}`);
  for (const [name, value] of Object.entries(call.query ?? {}))
    if (value !== undefined) url.searchParams.set(name, value);
  let status: number;
  let text: string;
  try {
    const response = await request(url, {
      method: call.method ?? "GET",
      headers: {
        authorization: connection.authorization,
        ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      headersTimeout: RESPONSE_TIMEOUT_MS,
      bodyTimeout: RESPONSE_TIMEOUT_MS,
    });
    status = response.statusCode;
    text = await response.body.text();
  } catch (error) {
    throw new KeelsonError("platform/unreachable", `${connection.url} is unreachable: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (status < 400) return text;
  throw errorResponse(connection.url, status, text);
}

/** Like `requestAdmin`, for an operation that returns JSON of the given shape. */
export async function callAdmin<Answer extends z.ZodType>(
  connection: Connection,
  path: string,
  answer: Answer,
  call: AdminCall = {},
): Promise<z.output<Answer>> {
  const parsed = answer.safeParse(parseJson(await requestAdmin(connection, path, call)));
  if (parsed.success) return parsed.data;
  throw new KeelsonError("platform/answer", `${connection.url}${path} returned an unexpected response`, {
    cause: parsed.error,
  });
}

function errorResponse(url: string, status: number, text: string): KeelsonError {
  const error = readError(text);
  if (error?.code === undefined) return new KeelsonError("platform/answer", `${url} returned status ${status}`);
  return KeelsonError.fromReport(error.code, error.message, error.hint);
}
