import { formatDuration, formatRatio } from "../../platform-file/format.js";
import { type Declares, once } from "./declared.js";

/** Storage of metrics, logs and traces, alerts on them, and the receivers of the alerts. */
export const OBSERVATION_DECLARATIONS = {
  "metrics-storage": once("observe.metrics", ({ observe: { metrics, retention } }) =>
    metrics === "none" ? undefined : notInstalled("Prometheus", "metrics", retention),
  ),
  "unit-metrics": ({ units, observe }) =>
    units.flatMap(({ name, path, metrics }) =>
      metrics === undefined || observe.metrics === "none"
        ? []
        : [
            {
              path: `${path}.metrics`,
              omission: `${name}: this target renders nothing by which Prometheus finds its metrics (${metrics.path} on port ${metrics.port})`,
            },
          ],
    ),
  "log-storage": once("observe.logs", ({ observe: { logs, retention } }) =>
    logs === "none" ? undefined : notInstalled(LOG_PRODUCTS[logs], "logs", retention),
  ),
  "trace-storage": once("observe.traces", ({ observe: { traces, retention } }) =>
    traces === "none" ? undefined : notInstalled(TRACE_PRODUCTS[traces], "traces", retention),
  ),
  alerts: once("observe.alerts", ({ observe: { metrics, alerts } }) => {
    if (metrics === "none") return undefined;
    const { down, errors, certificate } = alerts;
    const declared = [
      ...(down === undefined ? [] : [`down for ${formatDuration(down)}`]),
      ...(errors === undefined ? [] : [`errors above ${formatRatio(errors)}`]),
      ...(["availability", "database", "oom", "backups"] as const).filter((kind) => alerts[kind]),
      ...(certificate === undefined ? [] : [`certificate ${formatDuration(certificate)} before its expiry`]),
    ];
    return declared.length === 0
      ? undefined
      : `alerts (${declared.join(", ")}) are not rendered by this target. The promises depend on them: configure them in Prometheus`;
  }),
  "alert-routes": once("observe.routes", ({ observe: { routes } }) => {
    const declared = (["critical", "warning", "info"] as const).flatMap((severity) => {
      const receiver = routes[severity];
      return receiver === undefined ? [] : [`${severity} to ${receiver}`];
    });
    return declared.length === 0
      ? undefined
      : `alert routes (${declared.join(", ")}) are not rendered by this target: no one is notified until you configure them`;
  }),
} as const satisfies Record<string, Declares>;

const LOG_PRODUCTS = { loki: "Loki", cloudwatch: "CloudWatch" } as const;
const TRACE_PRODUCTS = { tempo: "Tempo", jaeger: "Jaeger" } as const;

function notInstalled(product: string, stored: string, retention: number): string {
  return `this target does not install ${product} (${stored}, retention ${formatDuration(retention)})`;
}
