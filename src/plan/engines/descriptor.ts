import type { KnownSpeed } from "../load.js";
import type { Bytes, Model, ModelSource, Resources } from "../plan.js";

/** The description of one engine for the Plan. How the engine module starts it is in `runtime/engine/engines/<engine>.ts`. */
export interface EngineDescriptor {
  /** Keelson's engine module runs it in its own process; otherwise requests go to another program. */
  readonly builtIn: boolean;
  /** It invents its answers and marks them as simulated. */
  readonly simulator: boolean;
  /** Its own server, as a container; undefined if the engine module serves the model or an external server does. */
  readonly server: ModelServer | undefined;
  /** Whether it only starts with a GPU. */
  readonly requiresGpu: boolean;
  /** Requests that one replica processes at the same time by default. */
  readonly concurrency: { readonly count: number; readonly why: string };
  /** The size of its image in a registry, which a node pulls before the first start. */
  readonly image: { readonly bytes: Bytes; readonly why: string };
  /** Bytes of memory that one parameter of its weights takes, in the format that it serves by default. */
  readonly bytesPerParameter: { readonly value: number; readonly why: string };
  /** The share of a GPU's memory that it uses at most. */
  readonly gpuShare: { readonly value: number; readonly why: string };
  /**
   * The fewest bytes that one token takes in the key-value cache for each parameter of a model, if the engine does not start without room
   * for one request of the declared context.
   */
  readonly cachePerToken: { readonly value: number; readonly why: string } | undefined;
  /** Its speed with this many slots, where that does not depend on the machine; undefined: the platform file declares it. */
  readonly speed: ((concurrency: number) => KnownSpeed) | undefined;
  /** Where its server downloads a model with these sources; undefined if it downloads none. */
  registry(sources: readonly ModelSource[]): string | undefined;
}

/** A program that serves models by itself, as a container of its own image. */
export interface ModelServer {
  readonly image: string;
  readonly port: number;
  /** The path of its health route. */
  readonly health: string;
  /** Whether it serves Prometheus metrics at `/metrics` of its port. */
  readonly exportsMetrics: boolean;
  /** Variables of its process; those of the platform file take precedence. */
  readonly environment: Readonly<Record<string, string>>;
  command(model: Model, resources: Resources, port: number): string[];
}

/** The size of an image of a program that uses GPUs. */
export const CUDA_IMAGE = { bytes: 4_000_000_000, why: "an image with the libraries of CUDA: 4 GB assumed" };

/** Defaults of an engine that Keelson runs, or calls, without a container of its own. */
export const IN_PROCESS = {
  builtIn: true,
  simulator: false,
  server: undefined,
  requiresGpu: false,
  concurrency: { count: 4, why: "more concurrent requests slow each other down" },
  image: CUDA_IMAGE,
  bytesPerParameter: { value: 0.6, why: "4-bit weights with their scales, as GGUF files have by default" },
  gpuShare: { value: 1, why: "it uses all memory that is free" },
  cachePerToken: undefined,
  speed: undefined,
  registry: () => undefined,
} as const satisfies EngineDescriptor;
