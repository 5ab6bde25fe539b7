import { z } from "zod";
import type { ErrorCode } from "../errors/catalogue.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";

/** The body of an error response of the API server. */
const Status = z.looseObject({
  message: z.string().default(""),
  reason: z.string().optional(),
  details: z
    .looseObject({
      causes: z
        .array(
          z.looseObject({
            reason: z.string().optional(),
            message: z.string().optional(),
            field: z.string().optional(),
          }),
        )
        .optional(),
    })
    .optional(),
});
type Status = z.infer<typeof Status>;

/** The request, for the message. */
export interface Asked {
  readonly method: "DELETE" | "GET" | "PATCH" | "POST";
  readonly path: string;
  /** In words: `apply Deployment gateway`. */
  readonly what: string;
  /** Where the credentials come from: `context prod of ~/.kube/config`. */
  readonly connection: string;
}

/** The API server refused, or could not be reached. */
export class KubernetesError extends KeelsonError {
  override readonly name = "KubernetesError";
  /** The HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly status?: number; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(code, message, options);
    this.status = options.status;
  }
}

/** Explains an error response and what to do about it. */
export function refusal(status: number, body: unknown, asked: Asked): KubernetesError {
  const parsed = Status.safeParse(body);
  const said = parsed.success ? parsed.data : Status.parse({ message: typeof body === "string" ? body : "" });
  const error = (code: ErrorCode, message: string, hint?: string) =>
    new KubernetesError(code, `${asked.what}: ${message}`, { status, ...(hint !== undefined && { hint }) });
  switch (status) {
    case 400:
      return error("kubernetes/unreadable", said.message);
    case 401:
      return error(
        "kubernetes/unauthenticated",
        "the cluster does not accept these credentials",
        `log in again; they are from ${asked.connection}`,
      );
    case 403:
      return error(
        "kubernetes/forbidden",
        said.message,
        `request that permission, or use other credentials than ${asked.connection}`,
      );
    case 404:
      return error("kubernetes/not-found", said.message || "not found");
    case 409:
      return error("kubernetes/conflict", conflicts(said));
    case 422:
      return error("kubernetes/invalid", causes(said));
    case 429:
      return error("kubernetes/busy", said.message || "too many requests");
    default:
      return error("kubernetes/failed", `${status} ${said.message}`.trim());
  }
}

/** A conflict of field managers names each owner and what it owns. */
function conflicts(said: Status): string {
  const owned = (said.details?.causes ?? [])
    .filter((cause) => cause.reason === "FieldManagerConflict")
    .map((cause) => `${cause.field ?? "a field"} is owned by ${owner(cause.message)}`);
  return owned.length > 0 ? owned.join("; ") : said.message;
}

function owner(message: string | undefined): string {
  return /"([^"]+)"/.exec(message ?? "")?.[1] ?? "another manager";
}

function causes(said: Status): string {
  const details = (said.details?.causes ?? []).map((cause) => `${cause.field ?? ""}: ${cause.message ?? ""}`);
  return details.length > 0 ? details.join("; ") : said.message;
}

/** A response that the Kubernetes API never gives: usually the page of a proxy in front of it. */
export function notFromKubernetes(text: string, server: string, asked: Asked): KubernetesError {
  return new KubernetesError(
    "kubernetes/failed",
    `${asked.what}: the response of ${server} is not from the Kubernetes API: ${text.slice(0, 100)}`,
    { hint: `check the server address of ${asked.connection}, and the proxy in front of it` },
  );
}

/** Explains why there was no response. */
export function unreachable(error: unknown, server: string, asked: Asked): KubernetesError {
  const code = codeOf(error);
  const message = messageOf(error);
  const options = (hint: string) => ({ hint, cause: error });
  if (code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EHOSTUNREACH" || code === "ENETUNREACH")
    return new KubernetesError(
      "kubernetes/unreachable",
      `cannot reach the cluster at ${server}: ${code === "ENOTFOUND" ? "unknown host" : "connection refused"}`,
      options(`is it running? The address is from ${asked.connection}; choose another with --context or --kubeconfig`),
    );
  if (code.startsWith("ERR_TLS") || code.includes("CERT") || code.includes("SIGNATURE"))
    return new KubernetesError(
      "kubernetes/untrusted",
      `the certificate of ${server} is not trusted: ${message}`,
      options(`the certificate authority is from ${asked.connection}`),
    );
  return new KubernetesError(
    "kubernetes/unreachable",
    `${asked.what}: no answer from ${server}: ${message}`,
    options("try again; if it happens again, check the API server"),
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  // Several addresses were tried: each failed on its own.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error.cause === undefined ? "" : codeOf(error.cause);
}
