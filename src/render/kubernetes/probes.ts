import type { IProbe } from "kubernetes-models/v1";
import type { Health, Port, Probe } from "../../plan/plan.js";
import { seconds } from "./quantity.js";

export interface Probes {
  readonly startupProbe: IProbe;
  readonly readinessProbe: IProbe;
  readonly livenessProbe: IProbe;
}

/**
 * The startup probe allows a slow start, such as loading a model. The other probes run only after it succeeded, so a strict
 * liveness probe does not restart a container that is still starting. It probes liveness: a container that is alive and waits
 * for a store that is unavailable is not ready, and a restart would not help it.
 */
export function probes(health: Health, ports: readonly Port[]): Probes | undefined {
  if (ports.length === 0) return undefined;
  const every = Math.max(1, Math.min(seconds(health.live.every), seconds(health.ready.every), 10));
  return {
    startupProbe: {
      ...action(health.live, ports),
      periodSeconds: every,
      timeoutSeconds: Math.max(1, seconds(health.live.timeout)),
      failureThreshold: Math.max(1, Math.ceil(seconds(health.startup) / every)),
    },
    readinessProbe: check(health.ready, ports),
    livenessProbe: check(health.live, ports),
  };
}

function check(probe: Probe, ports: readonly Port[]): IProbe {
  return {
    ...action(probe, ports),
    ...(probe.after > 0 && { initialDelaySeconds: seconds(probe.after) }),
    periodSeconds: Math.max(1, seconds(probe.every)),
    timeoutSeconds: Math.max(1, seconds(probe.timeout)),
    failureThreshold: Math.max(1, probe.failures),
  };
}

function action(probe: Probe, ports: readonly Port[]): Pick<IProbe, "httpGet" | "tcpSocket"> {
  const port = ports.find((candidate) => candidate.name === probe.port)?.name ?? numberOrName(probe.port);
  return probe.http === undefined ? { tcpSocket: { port } } : { httpGet: { path: probe.http, port } };
}

function numberOrName(port: string): string | number {
  return /^\d+$/.test(port) ? Number(port) : port;
}
