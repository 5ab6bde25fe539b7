import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { PrefixAuthority } from "../../contracts/authority.js";
import type { Plan } from "../../plan/plan.js";
import type { Handler } from "./listener.js";
import type { Service } from "./services.js";
import type { Tracer } from "./tracing.js";

/** Secrets by name, read from files: `read("database/url")`. Undefined where there is none. */
export interface Secrets {
  read(name: string): Promise<string | undefined>;
  /** Keeps a secret that this process generated (laptop only). */
  write(name: string, value: string): Promise<void>;
}

/** What every module gets from the kernel. */
export interface Context {
  readonly plan: Plan;
  /** The plan's unit that this process runs; undefined when one process runs the whole platform. */
  readonly unit: string | undefined;
  /** The model this process serves, for the engine module in a pod of its own. */
  readonly model: string | undefined;
  /** Durable files of this process. */
  readonly dataDirectory: string;
  readonly secrets: Secrets;
  readonly log: Logger;
  readonly metrics: Registry;
  /** Names of the modules that run in this process. */
  readonly here: readonly string[];
  /** Base URL of the process that runs `module`; undefined when nobody said where, or when it runs here. */
  peer(module: string): string | undefined;
  /** Addresses that were told on the command line, by module (or `engine/<model>`). They go before the plan's. */
  readonly peers: Readonly<Record<string, string>>;
  /** What modules prove themselves to each other with; the kernel demands it on every `/internal/…` path. */
  readonly internalToken: string;
  /** Traces sent over OTLP; undefined when no endpoint is set. */
  readonly tracer: Tracer | undefined;
  /** True once the process was told to end: new work may be refused, what is under way is finished. */
  draining(): boolean;
  /** The modules of this process and how they are, as /services shows them. */
  services(): readonly Service[];
  /** Base URL under which people reach the platform, e.g. `http://127.0.0.1:8800`. */
  readonly publicUrl: string;
  /**
   * Claims a path prefix of the process's one listener; the longest prefix wins. The kernel enforces the authorities
   * `internal-token` and `host-operator`; the handler itself authenticates the callers of all others.
   */
  route(prefix: string, authority: PrefixAuthority, handler: Handler): void;
  /**
   * Reported on /health/readiness and /services; the module is `starting` until its start resolves. A module that is
   * `degraded` still answers and stays in the rotation; one that is `starting` (again) takes its process out of it.
   */
  report(state: "starting" | "ready" | "degraded", reason?: string): void;
}

/** A started module: its typed client and how to stop it. */
export interface Running<Client> {
  readonly client: Client;
  /** Refuse new work, finish what is under way; bounded by `signal`. */
  stop(signal: AbortSignal): Promise<void>;
}
