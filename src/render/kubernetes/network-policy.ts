import type {
  INetworkPolicyEgressRule,
  INetworkPolicyIngressRule,
  INetworkPolicyPeer,
} from "kubernetes-models/networking.k8s.io/v1";
import type { Entrance, Plan } from "../../plan/plan.js";
import { metricsPort } from "../metrics-port.js";
import { runsAsContainers } from "../stores/containers.js";
import { instanceLabels, isCloudNativePg } from "./cloudnative-pg.js";
import type { NetworkPolicy } from "./manifest.js";
import { labels, platformMetadata, selector } from "./metadata.js";
import type { Scope } from "./scope.js";

/** Where the usual installation of each entrance controller, and of Prometheus, runs. */
const namespaces = {
  nginx: "ingress-nginx",
  traefik: "traefik",
  prometheus: "monitoring",
  dns: "kube-system",
} as const;

/** Nobody talks to anybody, until another policy says so. */
export function defaultDeny(scope: Scope): NetworkPolicy | undefined {
  if (scope.plan.security.network === "open") return undefined;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: platformMetadata(scope.plan, "default-deny"),
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  };
}

/** Every pod may look up names: at the cluster's DNS, and at the node's own cache of it. */
export function allowDns(scope: Scope): NetworkPolicy | undefined {
  if (scope.plan.security.network === "open") return undefined;
  const dns = { ...inNamespace(namespaces.dns), podSelector: { matchLabels: { "k8s-app": "kube-dns" } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: platformMetadata(scope.plan, "allow-dns"),
    spec: {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [
        {
          to: [dns, { ipBlock: { cidr: "169.254.20.10/32" } }],
          ports: [
            { protocol: "UDP", port: 53 },
            { protocol: "TCP", port: 53 },
          ],
        },
      ],
    },
  };
}

/** Connections that a set of pods needs besides the edges of the Plan: its own members, or a job beside it. */
export interface ExtraConnections {
  readonly ingress?: readonly INetworkPolicyIngressRule[];
  readonly egress?: readonly INetworkPolicyEgressRule[];
}

/** Opens exactly what the Plan's edges say for the pods of one unit or store: who may call it, and whom it may call. */
export function networkPolicy(
  scope: Scope,
  element: { readonly name: string },
  component: string,
  extra: ExtraConnections = {},
): NetworkPolicy | undefined {
  const { plan } = scope;
  if (plan.security.network === "open") return undefined;
  const ingress = [
    ...callers(plan, element.name),
    ...fromEntrances(plan, element.name),
    ...fromPrometheus(scope, element.name),
    ...(extra.ingress ?? []),
  ];
  const egress = [...called(plan, element.name), ...toCollector(plan, element.name), ...(extra.egress ?? [])];
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: element.name, namespace: plan.namespace, labels: labels(plan, element, component) },
    spec: {
      podSelector: { matchLabels: selector(plan, element.name) },
      policyTypes: ["Ingress", "Egress"],
      // An empty list means the same as none, but the server drops it, and every apply would be a change.
      ...(ingress.length > 0 && { ingress }),
      ...(egress.length > 0 && { egress }),
    },
  };
}

function callers(plan: Plan, name: string): INetworkPolicyIngressRule[] {
  return plan.edges
    .filter((edge) => edge.kind !== "outside" && podsBehind(plan, edge.to) === name)
    .map((edge) => ({ from: [caller(plan, edge.from)], ports: [tcp(edge.port)] }));
}

/** A unit, or a store that writes its backups into another. */
function caller(plan: Plan, name: string): INetworkPolicyPeer {
  const store = plan.stores.find((candidate) => candidate.name === name);
  return store ? destination(plan, false, name) : pods(plan, name);
}

function called(plan: Plan, name: string): INetworkPolicyEgressRule[] {
  return plan.edges
    .filter((edge) => edge.from === name)
    .map((edge) => ({ to: [destination(plan, edge.kind === "outside", edge.to)], ports: [tcp(edge.port)] }));
}

/** A destination that is no pod of this environment is known by its port alone, unless its address is written out. */
function destination(plan: Plan, outside: boolean, name: string): INetworkPolicyPeer {
  if (outside) return anywhere(name);
  const store = plan.stores.find((candidate) => candidate.name === name);
  if (store && !runsAsContainers(store)) return anywhere(undefined);
  if (store && isCloudNativePg(store)) return { podSelector: { matchLabels: instanceLabels(store) } };
  return pods(plan, podsBehind(plan, name));
}

function anywhere(address: string | undefined): INetworkPolicyPeer {
  if (address !== undefined && /^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return { ipBlock: { cidr: `${address}/32` } };
  // The cloud's metadata service hands out credentials: nothing of the platform has business there.
  return { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } };
}

/** A model is served by the pods of its unit. */
function podsBehind(plan: Plan, name: string): string {
  return plan.models.find((model) => model.name === name)?.unit ?? name;
}

function fromEntrances(plan: Plan, name: string): INetworkPolicyIngressRule[] {
  const unit = plan.units.find((candidate) => candidate.name === name);
  return plan.entrances.flatMap((entrance) => {
    const from = controllerNamespace(entrance);
    const ports = new Set(
      entrance.routes
        .filter((route) => route.unit === name)
        .flatMap((route) => unit?.ports.find((port) => port.name === route.port)?.number ?? []),
    );
    return from === undefined ? [] : [...ports].map((port) => ({ from: [inNamespace(from)], ports: [tcp(port)] }));
  });
}

function controllerNamespace(entrance: Entrance): string | undefined {
  return entrance.controller === "nginx" || entrance.controller === "traefik"
    ? namespaces[entrance.controller]
    : undefined;
}

function fromPrometheus(scope: Scope, name: string): INetworkPolicyIngressRule[] {
  const unit = scope.plan.units.find((candidate) => candidate.name === name);
  const port = unit && metricsPort(scope.plan, unit);
  if (port === undefined) return [];
  const prometheus = {
    ...inNamespace(namespaces.prometheus),
    podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
  };
  return [{ from: [prometheus], ports: [tcp(port)] }];
}

/** Traces go to the collector that the file names: a name ending in `.svc` is a Service. */
function toCollector(plan: Plan, name: string): INetworkPolicyEgressRule[] {
  const endpoint = plan.observe.otlp;
  const unit = plan.units.find((candidate) => candidate.name === name);
  if (endpoint === undefined || !unit || unit.modules.length === 0 || !URL.canParse(endpoint)) return [];
  const url = new URL(endpoint);
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const service = /^[a-z0-9-]+\.([a-z0-9-]+)\.svc(\.cluster\.local)?$/.exec(url.hostname);
  const to = service?.[1] === undefined ? anywhere(url.hostname) : inNamespace(service[1]);
  return [{ to: [to], ports: [tcp(port)] }];
}

export function pods(plan: Plan, name: string): INetworkPolicyPeer {
  return { podSelector: { matchLabels: selector(plan, name) } };
}

export function tcp(port: number) {
  return { protocol: "TCP" as const, port };
}

function inNamespace(name: string): INetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } };
}
