import type { TokenAudience } from "./tokens.js";

/**
 * The single description of one module of the runtime, for all other parts of the program. Only its start function and its
 * HTTP client are elsewhere: in its line of `runtime/modules.ts`.
 */
export interface ModuleDescriptor<Name extends string = string> {
  /** Modules that it calls, in this process or in another. */
  readonly needs: readonly Name[];
  /**
   * How it is called from another process. `none`: every process that needs it starts its own. `single`: at one address.
   * `per-model`: each model has a unit of its own, found by the edges to it.
   */
  readonly remote: "none" | "single" | "per-model";
  /** It connects to the PostgreSQL store that its unit calls; its state is the state of that store. */
  readonly connectsToDatabase: boolean;
  /** It serves streamed responses, which take minutes and are completed before a shutdown. */
  readonly streams: boolean;
  /** It calls the upstream servers of models, with their API keys. */
  readonly callsUpstreams: boolean;
  /** Tokens of the platform that a process with this module needs. */
  readonly tokens: readonly TokenAudience[];
  /** Path prefixes that an entrance routes to it by default. */
  readonly routes: readonly string[];
  /** Path prefixes that the dashboard forwards to it, so that a browser uses one origin. */
  readonly forwarded: readonly string[];
  /** Requests and limits of a container that runs it. */
  readonly container: ContainerSize;
  /** A request that succeeds only if the module works; undefined if the probes of other modules cover it. */
  readonly probe: ModuleProbe | undefined;
  /** Acknowledged data that is not in a store yet; undefined for a module without state of its own. */
  readonly state: ModuleState | undefined;
}

export interface ContainerSize {
  /** Millicores. */
  readonly cpu: { readonly min: number; readonly max: number };
  /** Bytes. */
  readonly memory: { readonly min: number; readonly max: number };
  readonly why: string;
}

export interface ModuleProbe {
  readonly path: string;
  readonly as: "client" | "operator";
  readonly accept: string;
}

/** What a failure of the process, or of the node with its local disk, loses. */
export interface ModuleState {
  readonly process: { readonly label: string; readonly lossMs: number; readonly source: string };
  readonly node: { readonly label: string; readonly lossMs: number; readonly why: string };
}

export const MiB = 2 ** 20;

/** A module without state, in a plain Node.js process. */
export const PLAIN_MODULE = {
  connectsToDatabase: false,
  streams: false,
  callsUpstreams: false,
  tokens: ["modules"],
  forwarded: [],
  // 96 to 106 MiB without requests, measured: an autoscaler with a target of 80% of the request must not count that as load.
  container: {
    cpu: { min: 100, max: 1000 },
    memory: { min: 192 * MiB, max: 512 * MiB },
    why: "a Node.js process",
  },
  probe: undefined,
  state: undefined,
} as const satisfies Partial<ModuleDescriptor>;
