import type { Element, Milliseconds, Objectives } from "./element.js";

export type EngineName = "llama.cpp" | "ollama" | "vllm" | "openai" | "simulated";

export interface Model extends Element {
  readonly engine: EngineName | "best";
  readonly source: ModelSource;
  /** Number of parameters (13e9); undefined if not declared. */
  readonly parameters: number | undefined;
  /** Names of models to try, in order, if this one fails before the first byte of its response. */
  readonly fallbacks: readonly string[];
  readonly context: number;
  /** Concurrent requests per replica. */
  readonly concurrency: number;
  readonly queue: { readonly length: number; readonly deadline: Milliseconds };
  readonly embeddings: boolean;
  /** The unit that serves it; undefined if an external server does. */
  readonly unit: string | undefined;
  /** Whether the simulator may serve requests if no other engine can. Its text is marked as simulated. */
  readonly simulated: boolean;
  /** The external servers that serve it; empty if a unit does. */
  readonly upstreams: readonly Upstream[];
  readonly limits: { readonly requestsPerMinute: number | undefined; readonly tokensPerMinute: number | undefined };
  readonly objectives: Objectives;
}

export type ModelSource =
  | { readonly kind: "huggingface"; readonly url: string; readonly sha256: string | undefined }
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "none" };

export interface Upstream {
  readonly url: string;
  /** The name of the model at the upstream. */
  readonly model: string;
  readonly weight: number;
  /** `secret/key` with the upstream's API key. */
  readonly secret: string | undefined;
}
