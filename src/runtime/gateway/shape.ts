import type { UsageEvent } from "../../contracts/usage.js";
import type { Api, Problem } from "./problem.js";

/** Token counts of one request. */
export interface Counted {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Converts the upstream's server-sent events into the stream of the client's API. One for each attempt. */
export interface StreamShape {
  readonly contentType: string;
  /** The upstream's own token counts, once they have arrived. */
  readonly counted: Counted | undefined;
  /** Pieces of the response so far: about one for each token. */
  readonly pieces: number;
  /** The upstream has sent the end of the response. */
  readonly complete: boolean;
  /** Processes the bytes that have arrived; returns those that may be sent to the client at once. The end of the response is held back. */
  push(chunk: Buffer): Buffer | undefined;
  /** The end of the response; it is sent once the usage is durable. */
  tail(counted: Counted): Buffer;
  /** The end of a response whose upstream failed in the middle of it. */
  broken(problem: Problem): Buffer;
}

/** Converts a complete document of the upstream into one of the client's API. */
export type DocumentShape = (body: Buffer) => Buffer | Problem;

/** A valid request for a model: how it is sent to an upstream, and how the response is returned to the client. */
export interface Call {
  readonly api: Api;
  readonly operation: UsageEvent["operation"];
  /** Path of the OpenAI API at the upstream. */
  readonly path: string;
  /** The model's name in the request. */
  readonly model: string;
  readonly stream: boolean;
  /** Estimated tokens of the prompt. */
  readonly inputEstimate: number;
  /** The body for an upstream that serves the model under this name; `builtIn`: the upstream is one of Keelson's own engines. */
  body(upstreamModel: string, builtIn: boolean): Buffer;
  streamShape(): StreamShape;
  readonly convertDocument: DocumentShape;
}

/** A request without a prompt, with which Ollama's clients load a model. It reaches no upstream and is not counted. */
export interface LoadRequest {
  readonly model: string;
  readonly response: object;
}
