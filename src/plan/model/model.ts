import type { Element, Milliseconds, Objectives } from "./element.js";

export type EngineName = "llama.cpp" | "ollama" | "vllm" | "openai" | "simulated";

export interface Model extends Element {
  readonly engine: EngineName | "best";
  readonly source: ModelSource;
  /** Billions of weights, as a number (13e9), when stated. */
  readonly parameters: number | undefined;
  /** Names of models tried, in order, when this one cannot answer before its first byte. */
  readonly fallbacks: readonly string[];
  readonly context: number;
  /** Requests one replica works on at once. */
  readonly concurrency: number;
  readonly queue: { readonly length: number; readonly deadline: Milliseconds };
  readonly embeddings: boolean;
  /** The unit that serves it; undefined when an outside server does. */
  readonly unit: string | undefined;
  /** When no other engine can answer, the simulator may (its text is marked as such). */
  readonly simulated: boolean;
  /** Where it is reached when no unit serves it. */
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
  /** Name the upstream knows the model by. */
  readonly model: string;
  readonly weight: number;
  /** `secret/key` with the upstream's API key. */
  readonly secret: string | undefined;
}
