import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";

/** PostgreSQL is unreachable, or the connection was lost. An HTTP API responds with 503. */
export class DatabaseUnavailable extends KeelsonError {
  constructor(cause: unknown) {
    super("database/unavailable", `PostgreSQL cannot be reached: ${reasonOf(cause)}`, { cause });
  }
}

/** The first line of an error's message, without the credentials of connection strings. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  const message = messageOf(error);
  return (message.split("\n", 1)[0] ?? "").replace(/\/\/[^@\s]*@/g, "//…@") || "no reason reported";
}

/** SQLSTATE or system error code, where the error carries one. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

const CONNECTION_LOSS_CODES = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
  ...["ENOTFOUND", "EAI_AGAIN", "ENOENT"],
  // admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections, and a server that became a standby
  // Another process answers in place of the server.
  "database/not-authenticated",
  ...["57P01", "57P02", "57P03", "53300", "25006"],
]);

// Errors of pg that carry no code.
const CONNECTION_LOSS_MESSAGES = [
  "Connection terminated",
  "timeout exceeded when trying to connect",
  "Client has encountered a connection error",
  "Client was closed",
  "Query read timeout",
];

/** Whether the connection failed rather than the statement: a new connection may succeed. */
export function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined && (CONNECTION_LOSS_CODES.has(code) || code.startsWith("08"))) return true;
  return error instanceof Error && CONNECTION_LOSS_MESSAGES.some((message) => error.message.startsWith(message));
}

/** Deadlock or serialisation failure: the transaction was rolled back and can be repeated. */
export function isConflict(error: unknown): boolean {
  const code = codeOf(error);
  return code === "40P01" || code === "40001";
}

/** Whether PostgreSQL has no space left on its disk: it reads, but does not write. */
export function isDiskFull(error: unknown): boolean {
  return codeOf(error) === "53100";
}

/** Whether the statement violates a unique constraint. */
export function isDuplicate(error: unknown): boolean {
  return codeOf(error) === "23505";
}
