import type { FastifyError } from "fastify";
import type { z } from "zod";
import type { ErrorDocument } from "../../contracts/error.js";
import { type HttpErrorCode, httpStatus, isHttpErrorCode } from "../../errors/catalogue.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { violationsOf } from "../kernel/violations.js";

/** Maximum number of violations in one error message. */
const MAX_VIOLATIONS = 5;

/** An error of the admin API. Its code determines the HTTP status of the response. */
export class AdminError extends KeelsonError {
  override readonly code: HttpErrorCode;
  /** Seconds after which the client may retry. */
  readonly retryAfter: number | undefined;
  /** Path of the invalid field, `scopes[0]`. Undefined if the error concerns no field. */
  readonly param: string | undefined;

  constructor(
    code: HttpErrorCode,
    message: string,
    options: { hint?: string; retryAfter?: number; param?: string } = {},
  ) {
    super(code, message, options.hint === undefined ? {} : { hint: options.hint });
    this.code = code;
    this.retryAfter = options.retryAfter;
    this.param = options.param;
  }
}

/** The error for a part of a request that violates its schema. Its message contains the fields, the expected and the given values. */
export function invalidRequest(part: string, issues: readonly z.core.$ZodIssue[], given: unknown): AdminError {
  const violations = violationsOf(issues, given, part);
  const message = violations
    .slice(0, MAX_VIOLATIONS)
    .map((violation) => violation.message)
    .join("; ");
  const field = violations[0]?.field ?? "";
  return new AdminError("request/invalid", message, field === "" ? {} : { param: field });
}

export interface ErrorResponse {
  readonly status: number;
  readonly body: ErrorDocument;
  readonly retryAfter: number | undefined;
  /** The cause is a defect of the server: it belongs in the log. */
  readonly defect: boolean;
}

/** The response to an error. Details of a defect are logged, not returned. */
export function errorResponse(error: FastifyError | KeelsonError | Error): ErrorResponse {
  if (error instanceof AdminError) return response(error, error.retryAfter);
  if (error instanceof KeelsonError && error.code.endsWith("/unavailable") && isHttpErrorCode(error.code))
    return response({ code: error.code, message: error.message, hint: error.hint }, 1);
  if (
    "statusCode" in error &&
    typeof error.statusCode === "number" &&
    error.statusCode >= 400 &&
    error.statusCode < 500
  )
    return response({
      code: CLIENT_ERRORS[error.statusCode] ?? "request/invalid",
      message: error.message,
    });
  return {
    ...response({
      code: "internal",
      message: "The request failed with an internal error.",
      hint: "Details are in the server's log.",
    }),
    defect: true,
  };
}

const CLIENT_ERRORS: Readonly<Record<number, HttpErrorCode>> = {
  400: "request/invalid",
  404: "request/not-found",
  413: "request/too-large",
  414: "request/too-long",
  415: "request/media-type",
};

interface Details {
  readonly code: HttpErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly param?: string | undefined;
}

function response({ code, message, hint, param }: Details, retryAfter?: number): ErrorResponse {
  const body = {
    error: { code, message, ...(hint === undefined ? {} : { hint }), ...(param === undefined ? {} : { param }) },
  };
  return { status: httpStatus(code), body, retryAfter, defect: false };
}
