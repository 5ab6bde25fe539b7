import type {
  INetworkPolicyEgressRule,
  INetworkPolicyIngressRule,
  INetworkPolicyPeer,
} from "kubernetes-models/networking.k8s.io/v1";
import type { Edge, Plan } from "../../plan/plan.js";
import { hasServer } from "../../plan/stores/index.js";
import { metricsPort } from "../metrics-port.js";
import { runsAsContainers } from "../stores/containers.js";
import { instanceLabels, isCloudNativePg } from "./cloudnative-pg.js";
import type { NetworkPolicy } from "./manifest.js";
import { labels, platformMetadata, selector } from "./metadata.js";
import type { Scope } from "./scope.js";

/** The namespaces in which Prometheus and cluster DNS are installed by default. */
const PROMETHEUS_NAMESPACE = "monitoring";
const DNS_NAMESPACE = "kube-system";

/**
 * Addresses of DNS on the node itself: NodeLocal DNSCache (kubernetes.io, "Using NodeLocal DNSCache in Kubernetes Clusters"), and the
 * metadata server of GKE, which Cloud DNS for GKE serves from (Google Cloud, "Using Cloud DNS for GKE"; port 53 only).
 */
const NODE_DNS = ["169.254.20.10/32", "169.254.169.254/32"];

/** Denies every connection that no other policy allows. */
export function defaultDeny(scope: Scope): NetworkPolicy | undefined {
  if (scope.plan.security.network === "open") return undefined;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: platformMetadata(scope.plan, "default-deny"),
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  };
}

/** Allows every pod to query cluster DNS and NodeLocal DNSCache. */
export function allowDns(scope: Scope): NetworkPolicy | undefined {
  if (scope.plan.security.network === "open") return undefined;
  const dns = { ...inNamespace(DNS_NAMESPACE), podSelector: { matchLabels: { "k8s-app": "kube-dns" } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: platformMetadata(scope.plan, "allow-dns"),
    spec: {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [
        {
          to: [dns, ...NODE_DNS.map((cidr) => ({ ipBlock: { cidr } }))],
          ports: [
            { protocol: "UDP", port: 53 },
            { protocol: "TCP", port: 53 },
          ],
        },
      ],
    },
  };
}

/** Connections in addition to the edges of the Plan: between the members of a store, or from a job. */
export interface ExtraConnections {
  readonly ingress?: readonly INetworkPolicyIngressRule[];
  readonly egress?: readonly INetworkPolicyEgressRule[];
}

/** Allows exactly the edges of one unit or store in the Plan: from its callers, and to what it calls. */
export function networkPolicy(
  scope: Scope,
  element: { readonly name: string },
  component: string,
  extra: ExtraConnections = {},
): NetworkPolicy | undefined {
  const { plan } = scope;
  if (plan.security.network === "open") return undefined;
  const ingress = [
    ...callers(scope, element.name),
    ...fromEntrances(scope, element.name),
    ...metricsOf(scope, element.name),
    ...(extra.ingress ?? []),
  ];
  const egress = [...called(scope, element.name), ...toCollector(scope, element.name), ...(extra.egress ?? [])];
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: element.name, namespace: plan.namespace, labels: labels(plan, element, component) },
    spec: {
      podSelector: { matchLabels: selector(plan, element.name) },
      policyTypes: ["Ingress", "Egress"],
      // The API server drops an empty list, so each deploy would report it as a change.
      ...(ingress.length > 0 && { ingress }),
      ...(egress.length > 0 && { egress }),
    },
  };
}

function callers(scope: Scope, name: string): INetworkPolicyIngressRule[] {
  return scope.index.edgesTo(name).map((edge) => ({ from: caller(scope, edge.from), ports: [tcp(edge.port)] }));
}

/** The caller: a unit, or a store that writes its backups to another store. */
function caller(scope: Scope, name: string): INetworkPolicyPeer[] {
  return scope.index.store(name) ? destination(scope, false, name) : [pods(scope.plan, name)];
}

function called(scope: Scope, name: string): INetworkPolicyEgressRule[] {
  return edgesToServers(scope, name).map((edge) => ({
    to: destination(scope, edge.kind === "outside", edge.to),
    ports: [scope.index.store(edge.to)?.portUnknown ? UNPRIVILEGED_PORTS : tcp(edge.port)],
  }));
}

/** A bucket that is a folder on one machine has no server, and so no port. */
function edgesToServers({ index }: Scope, name: string): readonly Edge[] {
  return index.edgesFrom(name).filter(({ to }) => {
    const store = index.store(to);
    return store === undefined || hasServer(store);
  });
}

/** The first port that needs no privilege: providers assign ports from here on. */
export const FIRST_UNPRIVILEGED_PORT = 1024;

/** All ports that a provider may assign to a store. */
const UNPRIVILEGED_PORTS = { protocol: "TCP", port: FIRST_UNPRIVILEGED_PORT, endPort: 65_535 } as const;

/** A destination outside this environment is restricted by its port only, unless it is an IP address. */
function destination({ plan, index }: Scope, outside: boolean, name: string): INetworkPolicyPeer[] {
  if (outside) return anywhere(name);
  const store = index.store(name);
  if (store && !runsAsContainers(store)) return anywhere(undefined);
  if (store && isCloudNativePg(store)) return [{ podSelector: { matchLabels: instanceLabels(store) } }];
  return [pods(plan, index.servedBy(name))];
}

/**
 * Every address of both families, or one. Without link-local addresses: there the metadata service of a cloud issues credentials
 * that the platform does not need (AWS also serves it at fd00:ec2::254).
 */
export function anywhere(address: string | undefined): INetworkPolicyPeer[] {
  if (address !== undefined && /^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return [{ ipBlock: { cidr: `${address}/32` } }];
  return [
    { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } },
    { ipBlock: { cidr: "::/0", except: ["fd00:ec2::254/128", "fe80::/10"] } },
  ];
}

function fromEntrances({ index }: Scope, name: string): INetworkPolicyIngressRule[] {
  const unit = index.unit(name);
  return index.entrancesTo(name).flatMap((entrance) => {
    const from = entrance.namespace;
    const ports = new Set(
      entrance.routes
        .filter((route) => route.unit === name)
        .flatMap((route) => unit?.ports.find((port) => port.name === route.port)?.number ?? []),
    );
    return from === undefined ? [] : [...ports].map((port) => ({ from: [inNamespace(from)], ports: [tcp(port)] }));
  });
}

/** The metrics of a unit: of Keelson's modules on their own port, of a model server beside its API. */
function metricsOf(scope: Scope, name: string): INetworkPolicyIngressRule[] {
  const unit = scope.index.unit(name);
  const port = unit && metricsPort(scope.plan, unit);
  return port === undefined ? [] : fromPrometheus(scope.plan, port);
}

/** Allows Prometheus to scrape a port; nothing if no Prometheus is configured. */
export function fromPrometheus({ observe }: Plan, port: number): INetworkPolicyIngressRule[] {
  if (observe.metrics !== "prometheus") return [];
  const prometheus = {
    ...inNamespace(PROMETHEUS_NAMESPACE),
    podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
  };
  return [{ from: [prometheus], ports: [tcp(port)] }];
}

/** Allows traces to the configured collector. A host name that ends in `.svc` is a Service. */
function toCollector({ plan, index }: Scope, name: string): INetworkPolicyEgressRule[] {
  const endpoint = plan.observe.otlp;
  const unit = index.unit(name);
  if (endpoint === undefined || !unit || unit.modules.length === 0 || !URL.canParse(endpoint)) return [];
  const url = new URL(endpoint);
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const service = /^[a-z0-9-]+\.([a-z0-9-]+)\.svc(\.cluster\.local)?$/.exec(url.hostname);
  const to = service?.[1] === undefined ? anywhere(url.hostname) : [inNamespace(service[1])];
  return [{ to, ports: [tcp(port)] }];
}

export function pods(plan: Plan, name: string): INetworkPolicyPeer {
  return { podSelector: { matchLabels: selector(plan, name) } };
}

export function tcp(port: number) {
  return { protocol: "TCP" as const, port };
}

export function inNamespace(name: string): INetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } };
}
