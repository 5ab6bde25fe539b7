import type { UsageEvent } from "../../../contracts/usage.js";
import type { StreamShape, WholeShape } from "../answer/shape.js";
import type { Api } from "../problem.js";

/** A request without a prompt: Ollama's clients send one to have a model loaded. No model is asked, and nothing counted. */
export interface Loading {
  readonly model: string;
  /** The answer. */
  readonly loaded: object;
}

/** A request that was understood: which model, how it is put to an upstream, how the answer is put to the client. */
export interface Call {
  readonly api: Api;
  readonly operation: UsageEvent["operation"];
  /** Path of the OpenAI API at the upstream. */
  readonly path: string;
  /** As the client named it. */
  readonly model: string;
  readonly stream: boolean;
  /** Tokens of the prompt, guessed from its text. */
  readonly inputEstimate: number;
  /** The body for an upstream that knows the model by this name; `own`: one of Keelson's own engines. */
  body(upstreamModel: string, own: boolean): Buffer;
  streamShape(): StreamShape;
  readonly whole: WholeShape;
}
