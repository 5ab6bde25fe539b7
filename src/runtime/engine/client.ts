import { ENGINES } from "../../plan/engines/index.js";
import type { EngineName } from "../../plan/plan.js";

export { type ApiAddress, apiAddress } from "./address.js";

/** One server of a model with the OpenAI API. */
export interface Target {
  /** Stable identity for metrics and routing, e.g. `assistant-0`. */
  readonly id: string;
  readonly model: string;
  /** Base address of the API, as `apiAddress` reads it. */
  readonly url: string;
  /** Name of the model on this server. */
  readonly upstreamModel: string;
  readonly weight: number;
  /** `Authorization` header to send; undefined if the server requires none. */
  readonly authorization: string | undefined;
  readonly engine: EngineName;
  /** One line: the engine and why it was chosen. */
  readonly reason: string;
}

/** Whether Keelson implements the engine: it then supports only the request fields that Keelson implements. */
export function isBuiltIn(engine: Target["engine"]): boolean {
  return ENGINES[engine].builtIn;
}

/**
 * The capabilities of a model, in the terms of the Ollama API. Built-in engines support tools and reject images. Requests with either
 * are forwarded to other servers; whether those support them cannot be determined.
 */
export function capabilitiesOf(embeddings: boolean): readonly string[] {
  return embeddings ? ["embedding"] : ["completion", "tools"];
}

/** The engines as the gateway uses them: in-process, or remote with the targets of the Plan's addresses. */
export interface Engine {
  targets(): readonly Target[];
  /** Why a model has its present targets, or none, in one line; undefined if there is nothing to report. */
  reason(model: string): string | undefined;
  /** Why a model without targets will not have one soon, in one line; undefined if it has some or one is being started. */
  failure(model: string): string | undefined;
  /** Calls `listener` when `targets()` has changed (a child has exited or is ready again). Returns a function that removes it. */
  watch(listener: () => void): () => void;
}
