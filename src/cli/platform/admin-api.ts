import { request } from "undici";
import type { z } from "zod";
import { parseJson, readError } from "../../contracts/error.js";
import { PERSON_HEADER, personHeader } from "../../contracts/platform-token.js";
import { type RequestOf, type Route, requestOf } from "../../contracts/route.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Connection } from "./connection.js";

const RESPONSE_TIMEOUT_MS = 30_000;

/**
 * Calls a route of the admin API and returns its JSON.
 * @throws KeelsonError that the platform reported; `platform/unreachable`; `platform/answer` for an unexpected response.
 */
export async function callAdmin<R extends Route>(
  connection: Connection,
  route: R,
  call: RequestOf<R>,
): Promise<z.output<R["json"]>> {
  return parseReply<R["json"]>(route.json, await fetchText(connection, route, call), `${connection.url}${route.path}`);
}

/**
 * Calls a route of the admin API and returns the text of its response, for representations other than JSON.
 * @throws KeelsonError that the platform reported; `platform/unreachable`.
 */
export async function fetchText<R extends Route>(
  connection: Connection,
  route: R,
  call: RequestOf<R>,
): Promise<string> {
  const { method, path, body } = requestOf(route, call);
  let status: number;
  let text: string;
  try {
    const response = await request(`${connection.base}${path}`, {
      method,
      headers: {
        authorization: connection.authorization,
        ...(connection.person === undefined ? {} : { [PERSON_HEADER]: personHeader(connection.person) }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
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
  throw errorOf(connection.url, status, text);
}

function parseReply<Json extends z.ZodType>(json: Json, text: string, url: string): z.output<Json> {
  const parsed = json.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new KeelsonError("platform/answer", `the response of ${url} is invalid`, { cause: parsed.error });
}

function errorOf(url: string, status: number, text: string): KeelsonError {
  const error = readError(text);
  if (error?.code === undefined) return new KeelsonError("platform/answer", `${url} returned status ${status}`);
  return KeelsonError.fromReport(error.code, error.message, error.hint);
}
