import type { Plan, Port, Unit } from "../../plan/plan.js";
import type { Service } from "./manifest.js";
import { metadata, selector } from "./metadata.js";

/** The Service of a unit, under its name; undefined for a unit without ports, such as a worker. */
export function service(plan: Plan, unit: Unit): Service | undefined {
  const sidecarPorts = unit.sidecars.flatMap((sidecar) =>
    sidecar.ports.map((port) => ({ ...port, name: `${sidecar.name}-${port.name}` })),
  );
  const ports = [...unit.ports, ...sidecarPorts];
  if (ports.length === 0) return undefined;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(plan, unit, unit.role),
    spec: {
      type: "ClusterIP",
      selector: selector(plan, unit.name),
      ports: ports.map(servicePort),
      ...(unit.affinity === "session" && {
        sessionAffinity: "ClientIP",
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
      }),
    },
  };
}

/**
 * A headless Service: a DNS name for each pod of a StatefulSet, also before it is ready, because members need each other to
 * become ready.
 */
export function peerService(plan: Plan, element: { name: string }, component: string, ports: readonly Port[]): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(plan, element, component, peerServiceName(element.name)),
    spec: {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: selector(plan, element.name),
      ports: ports.map(servicePort),
    },
  };
}

export function peerServiceName(name: string): string {
  return `${name}-peers`;
}

export function servicePort(port: Port) {
  return {
    name: port.name,
    port: port.number,
    targetPort: port.number,
    protocol: "TCP" as const,
    ...(port.protocol !== "tcp" && { appProtocol: port.protocol === "http" ? "http" : "kubernetes.io/h2c" }),
  };
}
