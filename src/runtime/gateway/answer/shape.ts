import type { Problem } from "../problem.js";

/** Tokens as the upstream counted them. */
export interface Counted {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Turns the upstream's server-sent events into the stream that the client's API has. Made anew for each answer. */
export interface StreamShape {
  readonly contentType: string;
  /** The upstream's own count, once it has come. */
  readonly counted: Counted | undefined;
  /** Pieces of the answer so far: about one for each token. */
  readonly pieces: number;
  /** The upstream has said that the answer is complete. */
  readonly complete: boolean;
  /** Takes what has arrived and gives what may go out at once. The end of the answer is kept back. */
  push(chunk: Buffer): Buffer | undefined;
  /** What ends the answer; goes out once the usage is durable. */
  tail(counted: Counted): Buffer;
  /** What ends an answer that broke in the middle. */
  broken(problem: Problem): Buffer;
}

/** Turns a whole answer of the upstream into one of the client's API. */
export type WholeShape = (body: Buffer) => Buffer | Problem;
