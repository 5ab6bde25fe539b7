import type { Result } from "./routing/health.js";

/** A response that is not an answer although its status is 200. */
export interface ResponseFailure {
  readonly result: Result;
  /** What arrived, in the words of the gateway and of the upstream; it completes "the server of MODEL …". */
  readonly reason: string;
  /** The upstream's error concerns the credentials or the account of the platform. */
  readonly concernsAccount: boolean;
}

/** An error as the upstream states it in a document or an event. */
export interface StatedError {
  readonly message: string;
  /** The HTTP status that the error names or implies; undefined if it names none. */
  readonly status: number | undefined;
  readonly concernsAccount: boolean;
}

const MAX_MESSAGE = 2_000;

/** Types and codes of errors: https://platform.openai.com/docs/guides/error-codes, https://docs.anthropic.com/en/api/errors. */
const STATUS_OF: Readonly<Record<string, number | undefined>> = {
  invalid_request_error: 400,
  context_length_exceeded: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  account_deactivated: 401,
  billing_not_active: 402,
  insufficient_quota: 402,
  permission_error: 403,
  not_found_error: 404,
  model_not_found: 404,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
};

const ACCOUNT_STATUSES: ReadonlySet<number> = new Set([401, 402, 403, 407]);
/** Words of errors that concern a key or an account. */
const ACCOUNT_WORDS = /\bapi[ _-]?keys?\b|\bsk-[\w*-]{4}|\bcredentials?\b|\bbearer\b|\bunauthori[sz]ed\b|\bbilling\b/i;

/** The error that a parsed document or event of an upstream contains; undefined if it contains none. */
export function errorIn(value: unknown): StatedError | undefined {
  if (!isObject(value)) return undefined;
  const error = value["error"];
  if (typeof error === "string" && error !== "") return stated(error, [value]);
  if (isObject(error) && Object.keys(error).length > 0) return stated(messageOf(error), [error, value]);
  if (error === true || value["object"] === "error") return stated(messageOf(value), [value]);
  return undefined;
}

/** The words of an error document in any of the usual forms; undefined if it has none. */
export function statedIn(value: unknown): StatedError | undefined {
  const error = errorIn(value);
  if (error !== undefined) return error;
  if (!isObject(value)) return undefined;
  const { message, detail } = value;
  const words = typeof message === "string" ? message : typeof detail === "string" ? detail : undefined;
  return words === undefined ? undefined : stated(words, [value]);
}

/** The error of an event of a stream with the name `error`, whose data may have any form. */
export function errorOfEvent(data: string, value: unknown): StatedError {
  return statedIn(value) ?? stated(data, isObject(value) ? [value] : []);
}

function messageOf(error: Readonly<Record<string, unknown>>): string {
  const { message } = error;
  return typeof message === "string" && message !== "" ? message : JSON.stringify(error);
}

function stated(message: string, places: readonly Readonly<Record<string, unknown>>[]): StatedError {
  const status = places.flatMap(({ code, status, status_code, type }) =>
    [code, status, status_code, type].map(statusOf),
  );
  const known = status.find((one) => one !== undefined);
  const concernsAccount = (known !== undefined && ACCOUNT_STATUSES.has(known)) || ACCOUNT_WORDS.test(message);
  return { message: message.slice(0, MAX_MESSAGE), status: known, concernsAccount };
}

function statusOf(code: unknown): number | undefined {
  const status = typeof code === "string" ? (STATUS_OF[code] ?? Number(code)) : code;
  return typeof status === "number" && status >= 400 && status <= 599 ? status : undefined;
}

/** The failure of a response with status 200 that contains an error. One that the request may have caused ejects no server. */
export function failureOf({ message, status, concernsAccount }: StatedError): ResponseFailure {
  const isRequest = status !== undefined && status < 500 && status !== 429 && !ACCOUNT_STATUSES.has(status);
  return {
    result: isRequest ? "stated-error" : "invalid-response",
    reason: `returned an error with status 200: ${message}`,
    concernsAccount,
  };
}

/** The failure of a response with status 200 that contains something else than an answer. `what`: completes "returned …". */
export function notAnAnswer(what: string): ResponseFailure {
  return { result: "invalid-response", reason: `returned ${what}`, concernsAccount: false };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
