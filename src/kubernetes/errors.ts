import { z } from "zod";
import type { ErrorCode } from "../errors/catalogue.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
import { denialFix, failingWebhook } from "./admission.js";

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

/** A request to the API server, for error messages. */
export interface ApiRequest {
  readonly method: "DELETE" | "GET" | "PATCH" | "POST" | "PUT";
  readonly path: string;
  /** For example `apply Deployment gateway`. */
  readonly operation: string;
  /** Where the credentials come from: `context prod of ~/.kube/config`. */
  readonly connection: string;
}

/** The API server rejected a request, or is unreachable. */
export class KubernetesError extends KeelsonError {
  override readonly name = "KubernetesError";
  /** The HTTP status; undefined if there was no response. */
  readonly status: number | undefined;
  /** The message of the API server, without the operation that it rejected. */
  readonly reason: string;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly status?: number;
      readonly reason?: string;
      readonly hint?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(code, message, options);
    this.status = options.status;
    this.reason = options.reason ?? message;
  }
}

/** The error for an error response of the API server, with a hint. */
export function refusal(status: number, body: unknown, request: ApiRequest): KubernetesError {
  const parsed = Status.safeParse(body);
  const apiStatus = parsed.success ? parsed.data : Status.parse({ message: typeof body === "string" ? body : "" });
  const error = (code: ErrorCode, message: string, hint?: string) =>
    new KubernetesError(code, `${request.operation}: ${message}`, {
      status,
      reason: message,
      ...(hint !== undefined && { hint }),
    });
  const fix = denialFix(apiStatus.message);
  if (fix !== undefined) return error("kubernetes/denied", apiStatus.message, fix);
  const webhook = failingWebhook(apiStatus.message);
  if (webhook !== undefined)
    return error(
      "kubernetes/webhook-failed",
      apiStatus.message,
      `start the server of the admission webhook ${webhook}, or remove its configuration (kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations): until then the API server accepts none of these objects`,
    );
  switch (status) {
    case 400:
      return error(
        "kubernetes/unreadable",
        apiStatus.message,
        / does not support dry run/.test(apiStatus.message)
          ? "deploy validates by dry run: set sideEffects: None or NoneOnDryRun in the configuration of the webhook, if it has none"
          : undefined,
      );
    case 401:
      return error(
        "kubernetes/unauthenticated",
        "the cluster does not accept these credentials",
        `log in again; they are from ${request.connection}`,
      );
    case 403:
      if (isAdmission(apiStatus))
        return error(
          "kubernetes/denied",
          apiStatus.message,
          "change the object, or the admission plug-in that denies it",
        );
      return error(
        "kubernetes/forbidden",
        apiStatus.message,
        `request that permission, or use other credentials than ${request.connection}`,
      );
    case 404:
      return error("kubernetes/not-found", apiStatus.message || "not found");
    case 409:
      return error("kubernetes/conflict", conflicts(apiStatus));
    case 422:
      return error("kubernetes/invalid", causes(apiStatus));
    case 429:
      return error("kubernetes/busy", apiStatus.message || "too many requests");
    default:
      return error("kubernetes/failed", `${status} ${apiStatus.message}`.trim());
  }
}

/**
 * Whether admission denied the object (`NAME is forbidden: exceeded quota…`), and not the authorizer, whose message names the user
 * (apiserver, `responsewriters.Forbidden`: `User "x" cannot patch resource…`).
 */
function isAdmission({ reason, message }: Status): boolean {
  return reason === "Forbidden" && !/\buser "[^"]*" cannot /i.test(message) && / is forbidden: ./.test(message);
}

/** The field managers that own the conflicting fields. */
function conflicts(apiStatus: Status): string {
  const owned = (apiStatus.details?.causes ?? [])
    .filter((cause) => cause.reason === "FieldManagerConflict")
    .map((cause) => `${cause.field ?? "a field"} is owned by ${owner(cause.message)}`);
  return owned.length > 0 ? owned.join("; ") : apiStatus.message;
}

function owner(message: string | undefined): string {
  return /"([^"]+)"/.exec(message ?? "")?.[1] ?? "another manager";
}

function causes(apiStatus: Status): string {
  const details = (apiStatus.details?.causes ?? []).map(
    ({ field, message = "" }) => `${field ? `${field}: ` : ""}${shortened(message)}`,
  );
  return details.length > 0 ? details.join("; ") : apiStatus.message;
}

const MAX_MESSAGE_LENGTH = 300;

/** The API server quotes the whole invalid value, such as a list of volume claims; the reason is at the end. */
function shortened(message: string): string {
  if (message.length <= MAX_MESSAGE_LENGTH) return message;
  return `${message.slice(0, MAX_MESSAGE_LENGTH / 3)} … ${message.slice((-2 * MAX_MESSAGE_LENGTH) / 3)}`;
}

/** The error for a response that is not from the Kubernetes API, such as the page of a proxy in front of it. */
export function notFromKubernetes(
  text: string,
  server: string,
  request: Pick<ApiRequest, "operation" | "connection">,
): KubernetesError {
  return new KubernetesError(
    "kubernetes/failed",
    `${request.operation}: the response of ${server} is not from the Kubernetes API: ${text.slice(0, 100)}`,
    { hint: `check the server address of ${request.connection}, and the proxy in front of it` },
  );
}

/** The error for a request without a response. */
export function unreachable(error: unknown, server: string, request: ApiRequest): KubernetesError {
  const code = codeOf(error);
  const message = messageOf(error);
  const options = (hint: string) => ({ hint, cause: error });
  if (code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EHOSTUNREACH" || code === "ENETUNREACH")
    return new KubernetesError(
      "kubernetes/unreachable",
      `cannot reach the cluster at ${server}: ${code === "ENOTFOUND" ? "unknown host" : "connection refused"}`,
      options(
        `is it running? The address is from ${request.connection}; choose another with --context or --kubeconfig`,
      ),
    );
  if (code.startsWith("ERR_TLS") || code.includes("CERT") || code.includes("SIGNATURE"))
    return new KubernetesError(
      "kubernetes/untrusted",
      `the certificate of ${server} is not trusted: ${message}`,
      options(`the certificate authority is from ${request.connection}`),
    );
  return new KubernetesError(
    "kubernetes/unreachable",
    `${request.operation}: no response from ${server}: ${message}`,
    options("try again; if it happens again, check the API server"),
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  // Every address of the host was tried; the first error is representative.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error.cause === undefined ? "" : codeOf(error.cause);
}
