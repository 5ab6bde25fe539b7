import type { FastifyError } from "fastify";
import type { z } from "zod";
import type { ErrorDocument } from "../../contracts/error.js";
import type { ErrorCode } from "../../errors/catalogue.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { violationsOf } from "../kernel/violations.js";

/** An error of the admin API with the HTTP status that it is answered with. */
export class AdminError extends KeelsonError {
  readonly status: number;
  /** Seconds after which another attempt may succeed. */
  readonly retryAfter: number | undefined;
  /** Path of the field that is wrong, `scopes[0]`; nothing where it is no field. */
  readonly param: string | undefined;

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    options: { hint?: string; retryAfter?: number; param?: string } = {},
  ) {
    super(code, message, options.hint === undefined ? {} : { hint: options.hint });
    this.status = status;
    this.retryAfter = options.retryAfter;
    this.param = options.param;
  }
}

/** A part of a request is not what its schema says: which fields, what was expected there and what was given. */
export function invalidRequest(where: string, issues: readonly z.core.$ZodIssue[], given: unknown): AdminError {
  const violations = violationsOf(issues, given, places[where] ?? where);
  const message = violations
    .slice(0, 5)
    .map(({ message }) => message)
    .join("; ");
  const field = violations[0]?.field ?? "";
  return new AdminError(400, "request/invalid", message, field === "" ? {} : { param: field });
}

/** What Fastify calls the parts of a request, as a person does. */
const places: Readonly<Record<string, string>> = {
  body: "the body",
  querystring: "the query",
  params: "the path",
  headers: "the headers",
};

export interface ErrorAnswer {
  readonly status: number;
  readonly body: ErrorDocument;
  readonly retryAfter: number | undefined;
  /** It is our fault, and belongs into the log. */
  readonly defect: boolean;
}

/** What a caller is told of an error. Of a defect it is told no more than that it is one. */
export function answerOf(error: FastifyError | KeelsonError | Error): ErrorAnswer {
  if (error instanceof AdminError) return answer(error.status, error, error.retryAfter);
  if (error instanceof KeelsonError && error.code.endsWith("/unavailable")) return answer(503, error, 1);
  if (
    "statusCode" in error &&
    typeof error.statusCode === "number" &&
    error.statusCode >= 400 &&
    error.statusCode < 500
  )
    return answer(error.statusCode, {
      code: clientErrors[error.statusCode] ?? "request/invalid",
      message: error.message,
    });
  return {
    ...answer(500, {
      code: "internal",
      message: "The server failed at this request.",
      hint: "It is written in its log.",
    }),
    defect: true,
  };
}

const clientErrors: Readonly<Record<number, ErrorCode>> = {
  400: "request/invalid",
  404: "request/not-found",
  413: "request/too-large",
  414: "request/too-long",
  415: "request/media-type",
};

interface Told {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly param?: string | undefined;
}

function answer(status: number, { code, message, hint, param }: Told, retryAfter?: number): ErrorAnswer {
  const body = {
    error: { code, message, ...(hint === undefined ? {} : { hint }), ...(param === undefined ? {} : { param }) },
  };
  return { status, body, retryAfter, defect: false };
}
