import { Counter, Gauge, type Registry } from "prom-client";
import type { Listener } from "./listener.js";
import { type Services, serves } from "./services.js";

/** Registers the metrics of the kernel: readiness of each module, requests in flight, requests refused by the listener. */
export function registerProcessMetrics(metrics: Registry, services: Services, listener: Listener): void {
  new Gauge({
    name: "keelson_module_ready",
    help: "1 when the module is ready or degraded, else 0.",
    labelNames: ["module"],
    registers: [metrics],
    collect() {
      for (const { name, state } of services.list()) this.set({ module: name }, serves(state) ? 1 : 0);
    },
  });
  new Gauge({
    name: "keelson_http_requests_in_flight",
    help: "Requests whose response is not complete.",
    registers: [metrics],
    collect() {
      this.set(listener.inFlight);
    },
  });
  new Counter({
    name: "keelson_http_refused_total",
    help: "Requests that reached no module (invalid HTTP, timeout, headers too large), by status.",
    labelNames: ["status"],
    registers: [metrics],
    collect() {
      this.reset();
      for (const [status, count] of listener.refused) this.inc({ status: String(status) }, count);
    },
  });
}
