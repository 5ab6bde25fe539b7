import type { ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import type { ErrorCode } from "../../errors/catalogue.js";
import { type Guard, operatorsOnly } from "./guard.js";
import { answerJson, type Handler, type Listener } from "./listener.js";

export type ServiceState = "waiting" | "starting" | "ready" | "degraded" | "stopping" | "stopped" | "failed";

/** What /services shows of one module. */
export interface Service {
  readonly name: string;
  readonly state: ServiceState;
  readonly reason: string | undefined;
  readonly needs: readonly string[];
  /** Epoch milliseconds of the last change of state. */
  readonly since: number;
}

/** The states of the modules of one process, and the pages that tell them. */
export class Services {
  readonly #services = new Map<string, Service>();
  readonly #started = Date.now();
  #draining = false;

  constructor(
    modules: readonly { readonly name: string; readonly needs: readonly string[] }[],
    /** Modules that run in other processes, with the address in use. */
    private readonly remote: readonly { readonly name: string; readonly url: string | undefined }[],
    private readonly unit: string | undefined,
  ) {
    for (const { name, needs } of modules) {
      this.#services.set(name, { name, needs, state: "waiting", reason: undefined, since: this.#started });
    }
  }

  set(name: string, state: ServiceState, reason?: string): void {
    const service = this.#services.get(name);
    if (service === undefined || (service.state === state && service.reason === reason)) return;
    this.#services.set(name, { ...service, state, reason, since: Date.now() });
  }

  /** From now on this process is not ready, whatever its modules say. */
  drain(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  list(): readonly Service[] {
    return [...this.#services.values()];
  }

  /** A degraded module still answers: it keeps the process in the rotation. */
  get ready(): boolean {
    return !this.#draining && this.list().every(({ state }) => state === "ready" || state === "degraded");
  }

  /**
   * Claims the pages that every process has, whatever it runs. Whether it is well anybody may see, as probes and
   * balancers must; why not, and what it is made of, only its operators: this listener may be the world's entrance.
   */
  serve(listener: Listener, metrics: Registry, guard: Guard): void {
    listener.route("/health/liveness", (_request, response) => answerJson(response, 200, { status: "alive" }));
    listener.route("/health/readiness", (request, response) => {
      const waitsFor = this.list().filter(({ state }) => state !== "ready" && state !== "degraded");
      answerJson(response, this.ready ? 200 : 503, {
        status: this.ready ? "ready" : this.#draining ? "draining" : "starting",
        ...(guard.operator(request) && {
          waitsFor: waitsFor.map(({ name, state, reason }) => ({ name, state, reason })),
        }),
      });
    });
    listener.route("/health", (request, response) => {
      const services = this.list();
      const degraded = services.some(({ state }) => state === "degraded");
      answerJson(response, this.ready ? 200 : 503, {
        status: this.ready ? (degraded ? "degraded" : "healthy") : this.#draining ? "draining" : "starting",
        ...(guard.operator(request) && {
          unit: this.unit,
          uptimeSeconds: Math.round((Date.now() - this.#started) / 1000),
          modules: Object.fromEntries(services.map(({ name, state, reason }) => [name, { state, reason }])),
        }),
      });
    });
    const services: Handler = (_request, response) =>
      answerJson(response, 200, {
        unit: this.unit,
        pid: process.pid,
        startedAt: this.#started,
        services: this.list(),
        remote: this.remote,
      });
    listener.route("/services", operatorsOnly(guard, services));
    listener.route(
      "/metrics",
      operatorsOnly(guard, (_request, response) => this.#metrics(metrics, response)),
    );
  }

  /** Claims `/metrics` of a listener that only Prometheus reaches. */
  serveMetrics(listener: Listener, metrics: Registry): void {
    listener.route("/metrics", (_request, response) => this.#metrics(metrics, response));
  }

  #metrics(metrics: Registry, response: ServerResponse): void {
    metrics.metrics().then(
      (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
      () =>
        answerJson(response, 500, {
          error: { code: "metrics/failed" satisfies ErrorCode, message: "the metrics could not be collected" },
        }),
    );
  }
}
