import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { PrefixAuthority } from "../../contracts/authority.js";
import type { ModuleStatus } from "../../contracts/services.js";
import type { Plan } from "../../plan/plan.js";
import type { Client } from "./guard.js";
import type { Handler } from "./listener.js";
import type { Refuse } from "./refuse.js";
import type { Condition } from "./services.js";
import type { Tracer } from "./tracing.js";

/** Secrets by name, read from files: `read("database/url")`. Undefined if the secret does not exist. */
export interface Secrets {
  read(name: string): Promise<string | undefined>;
  /** Stores a secret that this process generated (laptop only). */
  write(name: string, value: string): Promise<void>;
}

/** What the kernel passes to every module. */
export interface Context {
  readonly plan: Plan;
  /** The plan's unit that this process runs; undefined if one process runs the whole platform. */
  readonly unit: string | undefined;
  /** The model that this process serves; set for the engine module in a pod of its own. */
  readonly model: string | undefined;
  /** Directory for durable files of this process. */
  readonly dataDirectory: string;
  readonly secrets: Secrets;
  readonly log: Logger;
  readonly metrics: Registry;
  /** Names of the modules that run in this process. */
  readonly localModules: readonly string[];
  /** Base URL of the process that runs `module`; undefined if it runs in this one or its address is not configured. */
  peer(module: string): string | undefined;
  /** Addresses set on the command line, by module (or `engine/<model>`). They take precedence over the plan's. */
  readonly peers: Readonly<Record<string, string>>;
  /** Authenticates the processes of the platform to each other. The kernel requires it on every `/internal/…` path. */
  readonly internalToken: string;
  /** Authenticates this process to those that serve one model; undefined if its modules call none. */
  readonly engineToken: string | undefined;
  /** The client of a request, also if the dashboard has forwarded the request. */
  clientOf(request: IncomingMessage): Client;
  /** Exports spans over OTLP; undefined if no endpoint is configured. */
  readonly tracer: Tracer | undefined;
  /** True once a stop was requested: new work may be refused; requests in flight complete. */
  draining(): boolean;
  /** Aborted when the process has stopped its modules: remote clients then stop their background work. */
  readonly closed: AbortSignal;
  /** The modules of this process and their states, as `/services` shows them. */
  services(): readonly ModuleStatus[];
  /** Responds with an error of the admin API, outside of its application. */
  readonly refuse: Refuse;
  /** Base URL under which users reach the platform, e.g. `http://127.0.0.1:8800`. */
  readonly publicUrl: string;
  /**
   * Claims a path prefix of the process's one listener; the longest prefix wins. The kernel enforces the authority
   * `internal-token`; the handler itself authenticates the callers of all others.
   */
  route(prefix: string, authority: PrefixAuthority, handler: Handler): void;
  /**
   * Reports the module's condition, shown on `/health/readiness` and `/services`. A module is `ready` from the end of its start
   * unless it reports otherwise. A `degraded` module still serves and its process stays ready; one that is `starting` again
   * makes its process not ready.
   */
  report(condition: Condition, reason?: string): void;
}

/** A started module: its typed client, its background work, and its stop. */
export interface Running<Client> {
  readonly client: Client;
  /**
   * Settles when the module's background work ends. If it does so before `stop` is called, the module has failed and the process
   * has to be restarted. Undefined for a module whose background work cannot end by itself.
   */
  readonly background?: Promise<unknown>;
  /** Refuses new work and completes work in flight, until `signal` aborts. */
  stop(signal: AbortSignal): Promise<void>;
}
