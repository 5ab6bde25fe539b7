import { type ResponseFailure, type StatedError, statedIn } from "../failure.js";
import { type Api, type Problem, problem } from "../problem.js";
import type { UpstreamResponse } from "../response/upstream-response.js";

/** The gateway's response to an error of an upstream. */
export interface ErrorForClient {
  readonly status: number;
  /** The upstream's own document; undefined if the client receives `problem` instead. */
  readonly document: Buffer | undefined;
  readonly problem: Problem;
  /** The words of the upstream, for the log. */
  readonly logged: string;
}

/** What an error is described with. */
export interface ErrorContext {
  readonly api: Api;
  readonly model: string;
  /** The key that the gateway sends to the server; it is removed from every text. */
  readonly key: string | undefined;
}

/** The response to an error status of an upstream. Its words about the platform's key or account are only for the log. */
export function errorForClient(response: UpstreamResponse, { api, model, key }: ErrorContext): ErrorForClient {
  const body = response.errorBody();
  const stated = statedOf(body);
  const server = `the server of ${model}`;
  const logged = withoutKey(stated?.message ?? body.toString("utf8", 0, 200), key);
  const own = (why: string, status = 502): ErrorForClient => ({
    status,
    document: undefined,
    problem: problem("upstream_failed", `${server} ${why}`),
    logged: `status ${response.status}: ${logged}`,
  });
  switch (response.result) {
    case "redirected":
      return own(
        `redirects with status ${response.status}${response.location === undefined ? "" : ` to ${placeOf(response.location)}`}; the gateway follows no redirect`,
      );
    case "unexpected":
      return own(`returned status ${response.status} instead of an answer`);
    case "unauthorised":
      return own(
        key === undefined
          ? `requires an API key, and the platform has none for it (status ${response.status})`
          : `refused the platform's own API key or account (status ${response.status})`,
      );
    case "not-found":
      return own(`does not serve this model or operation (status ${response.status})`);
    default: {
      const { status } = response;
      if (stated?.concernsAccount)
        return own(`refused the platform's own API key or account (status ${status})`, status === 429 ? 429 : 502);
      const text = stated === undefined ? `returned status ${status}` : undefined;
      const why = text === undefined ? withoutKey(stated?.message ?? "", key) : `${server} ${text}`;
      // The error document of an upstream already has the shape of the OpenAI API.
      const document = api === "openai" && hasOpenAiShape(body) && !containsKey(body, key) ? body : undefined;
      return { status, document, problem: problem("upstream_failed", why), logged: `status ${status}: ${logged}` };
    }
  }
}

/** The problem that the client receives instead of an answer, or at its end. `reason` completes "the server of MODEL …". */
export function brokenProblem(
  model: string,
  reason: string | undefined,
  failure: ResponseFailure | undefined,
): Problem {
  const server = `the server of ${model}`;
  if (failure?.concernsAccount)
    return problem("upstream_failed", `${server} refused the platform's own API key or account`);
  return problem("upstream_failed", `${server} ${reason ?? "failed"}`);
}

/** A text of an upstream without the platform's key. */
export function withoutKey(text: string, key: string | undefined): string {
  return key === undefined || key === "" ? text : text.replaceAll(key, "[key]");
}

function containsKey(body: Buffer, key: string | undefined): boolean {
  return key !== undefined && key !== "" && body.includes(key);
}

function statedOf(body: Buffer): StatedError | undefined {
  try {
    return statedIn(JSON.parse(body.toString("utf8")));
  } catch {
    return undefined;
  }
}

function hasOpenAiShape(body: Buffer): boolean {
  try {
    const document: unknown = JSON.parse(body.toString("utf8"));
    if (typeof document !== "object" || document === null || !("error" in document)) return false;
    const { error } = document;
    return typeof error === "object" && error !== null && "message" in error && typeof error.message === "string";
  } catch {
    return false;
  }
}

/** An address without credentials and query, which may be secret. */
function placeOf(location: string): string {
  try {
    const { origin, pathname } = new URL(location, "http://relative.invalid");
    return origin === "http://relative.invalid" ? pathname.slice(0, 200) : `${origin}${pathname}`.slice(0, 200);
  } catch {
    return "an invalid address";
  }
}
