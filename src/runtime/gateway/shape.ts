import type { UsageEvent } from "../../contracts/usage.js";
import type { ResponseFailure } from "./failure.js";
import type { Api, Problem } from "./problem.js";

/** Token counts of one request. */
export interface Counted {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Token counts, and whether they are an estimate of the gateway. */
export interface Tokens {
  readonly counted: Counted;
  readonly estimated: boolean;
}

/** Converts the upstream's server-sent events into the stream of the client's API. One for each attempt. */
export interface StreamShape {
  readonly contentType: string;
  /** The upstream's own token counts, once they have arrived. */
  readonly counted: Counted | undefined;
  /** Estimated tokens of the response so far, for an upstream that sends no counts. */
  readonly outputEstimate: number;
  /** An event with data has arrived, and not only comments. */
  readonly hasEvents: boolean;
  /** The model's first output has arrived. */
  readonly hasContent: boolean;
  /** Pieces with data, whatever it is: comments, which keep a connection open, are none. */
  readonly dataPieces: number;
  /** The upstream has sent the end of the response. */
  readonly complete: boolean;
  /** Why the stream is no answer: it contains an error. Nothing more is read of it. */
  readonly failure: ResponseFailure | undefined;
  /** Processes the bytes that have arrived; returns those that may be sent to the client at once. The end of the response is held back. */
  push(chunk: Buffer): Buffer | undefined;
  /**
   * The upstream has closed the response without an error: processes the rest, as `push` does. The response is `complete` if it has
   * a finish reason, also without `[DONE]`.
   */
  finish(): Buffer | undefined;
  /** The end of the response; it is sent once the usage is durable. */
  tail(counted: Counted): Buffer;
  /** The end of a response whose upstream failed in the middle of it. */
  broken(problem: Problem): Buffer;
}

/** Converts a complete document of the upstream into one of the client's API. */
export type DocumentShape = (body: Buffer) => Buffer | ResponseFailure;

/** What the body of a request depends on. */
export interface UpstreamTraits {
  /** The name of the model at the upstream. */
  readonly model: string;
  /** One of Keelson's own engines. */
  readonly builtIn: boolean;
  /** False for a server that refuses `stream_options`. */
  readonly usageOption: boolean;
}

/** A valid request for a model: how it is sent to an upstream, and how the response is returned to the client. */
export interface Call {
  readonly api: Api;
  readonly operation: UsageEvent["operation"];
  /** Path of the OpenAI API below the base address of the upstream. */
  readonly path: string;
  /** The model's name in the request. */
  readonly model: string;
  readonly stream: boolean;
  /** Estimated tokens of the prompt. */
  readonly inputEstimate: number;
  /** Number of prompts, or of texts to embed, each of which may fill a context; infinite for a long list, which is not parsed. */
  readonly inputs: number;
  /** Number of answers for each input. */
  readonly choices: number;
  /** Maximum number of output tokens that the request permits; undefined without a limit. */
  readonly maxOutputTokens: number | undefined;
  /** The gateway adds `stream_options` to the request, which some servers refuse. */
  readonly addsUsageOption: boolean;
  /** The body for an upstream, in pieces if it is large: joining them would take its memory twice. */
  body(upstream: UpstreamTraits): Buffer | readonly Buffer[];
  /** The request is not sent again: its body needs no memory any more. */
  forgetBody(): void;
  streamShape(): StreamShape;
  readonly convertDocument: DocumentShape;
}

/** A request without a prompt, with which Ollama's clients load a model. It reaches no upstream and is not counted. */
export interface LoadRequest {
  readonly model: string;
  readonly response: object;
}
