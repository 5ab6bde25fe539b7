import type { Registry } from "prom-client";
import type { ServicesDocument } from "../../contracts/services.js";
import { type Guard, internalOnly } from "./guard.js";
import { type Handler, type Listener, respondJson } from "./listener.js";
import type { Refuse } from "./refuse.js";
import { type Services, serves } from "./services.js";

/** What `/services` shows of a process besides its modules. */
export interface ProcessIdentity {
  /** The plan's unit that the process runs; undefined when it runs the whole platform. */
  readonly unit: string | undefined;
  /** Modules that run in other processes, with the address in use. */
  readonly remote: readonly { readonly name: string; readonly url: string | undefined }[];
}

/**
 * Claims the paths that every process serves: `/health`, `/health/liveness`, `/health/readiness`, `/services` and `/metrics`.
 * Every client can read whether the process is healthy, as probes and load balancers must. Reasons and modules require the
 * internal token, because this listener may be the public entry point.
 */
export function serveStatusPages(
  listener: Listener,
  services: Services,
  { unit, remote }: ProcessIdentity,
  metrics: Registry,
  guard: Guard,
  refuse: Refuse,
): void {
  const startedAt = Date.now();
  const status = (healthy: string): string => {
    if (services.draining) return "draining";
    if (services.failed) return "failed";
    return services.ready ? healthy : "starting";
  };
  listener.route("/health/liveness", (_request, response) =>
    services.failed
      ? respondJson(response, 503, { status: "failed" })
      : respondJson(response, 200, { status: "alive" }),
  );
  listener.route("/health/readiness", (request, response) => {
    const waitsFor = services.list().filter(({ state }) => !serves(state));
    respondJson(response, services.ready ? 200 : 503, {
      status: status("ready"),
      ...(guard.internal(request) && {
        waitsFor: waitsFor.map(({ name, state, reason }) => ({ name, state, reason })),
      }),
    });
  });
  listener.route("/health", (request, response) => {
    const list = services.list();
    const degraded = list.some(({ state }) => state === "degraded");
    respondJson(response, services.ready ? 200 : 503, {
      status: status(degraded ? "degraded" : "healthy"),
      ...(guard.internal(request) && {
        unit,
        uptimeSeconds: Math.round((Date.now() - startedAt) / 1000),
        modules: Object.fromEntries(list.map(({ name, state, reason }) => [name, { state, reason }])),
      }),
    });
  });
  const list: Handler = (_request, response) =>
    respondJson(response, 200, {
      unit,
      pid: process.pid,
      startedAt,
      services: services.list(),
      remote,
    } satisfies ServicesDocument);
  listener.route("/services", internalOnly(guard, refuse, list));
  listener.route("/metrics", internalOnly(guard, refuse, metricsHandler(metrics, refuse)));
}

/** Responds with the metrics in Prometheus's text format. */
export function metricsHandler(metrics: Registry, refuse: Refuse): Handler {
  return (request, response) => {
    metrics.metrics().then(
      (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
      () => refuse(request, response, "metrics/failed", "cannot collect the metrics"),
    );
  };
}
