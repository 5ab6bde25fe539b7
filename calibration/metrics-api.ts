import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:https";
import { z } from "zod";
import { signCertificate } from "../test/support/cluster/certificates.js";
import type { ControlPlane } from "../test/support/cluster/control-plane.js";
import { belongsTo, isReady, Pod } from "../test/support/cluster/pods.js";
import { freePorts } from "../test/support/cluster/process.js";

/** What the kubelets and metrics-server of a cluster would report of one unit, whose load its ready replicas share. */
export interface MetricsApi {
  /** Millicores that all replicas together would need. */
  setLoad(millicores: number): void;
  stop(): Promise<void>;
}

/** The kubelet's resolution, and metrics-server's `--metric-resolution` as released. */
const RESOLUTION_MS = 15_000;
/** How often the simulated pods use CPU. */
const TICK_MS = 250;

const Containers = z.looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({ name: z.string() })) }) });

/** A sample of a pod's counter of CPU time: milliseconds of one core × 1000. */
interface Sample {
  readonly at: number;
  readonly used: number;
}

/** The last two samples of a pod, of which metrics-server computes a rate. */
interface Samples {
  readonly last: Sample;
  readonly previous: Sample | undefined;
}

/**
 * Serves `metrics.k8s.io` of a control plane on loopback, as an aggregated API. A pod of `unit` uses its share of the load, up to `limit`
 * millicores. As in a cluster, its counter is sampled every 15 s, the samples are collected every 15 s, and the usage is the rate
 * between two of them (metrics-server, pkg/storage/pod.go).
 */
export async function startMetricsApi(
  plane: ControlPlane,
  namespace: string,
  unit: string,
  limit: number,
): Promise<MetricsApi> {
  let load = 0;
  const counters = new Map<string, number>();
  const sampled = new Map<string, Sample>();
  const collected = new Map<string, Samples>();
  let pods: readonly Pod[] = [];
  const path = `/api/v1/namespaces/${namespace}/pods`;
  let ticked = performance.now();
  const tick = async () => {
    const now = performance.now();
    const ready = pods.filter(isReady);
    const share = Math.min(limit, load / Math.max(1, ready.length));
    for (const { metadata } of ready)
      counters.set(metadata.name, (counters.get(metadata.name) ?? 0) + share * (now - ticked));
    ticked = now;
    pods = (await plane.api.list(path, Pod).catch(() => pods)).filter(belongsTo(unit));
  };
  const sample = () => {
    for (const [name, used] of counters) sampled.set(name, { at: Date.now(), used });
  };
  const collect = () => {
    for (const [name, last] of sampled) {
      const before = collected.get(name);
      if (before?.last.at !== last.at) collected.set(name, { last, previous: before?.last });
    }
  };
  const items = () =>
    pods.flatMap((pod) => {
      const { last, previous } = collected.get(pod.metadata.name) ?? {};
      if (last === undefined || previous === undefined) return [];
      const used = (last.used - previous.used) / (last.at - previous.at);
      const [{ name } = { name: unit }] = Containers.parse(pod).spec.containers;
      return [
        {
          metadata: { name: pod.metadata.name, namespace, labels: pod.metadata.labels },
          timestamp: new Date(last.at).toISOString(),
          window: `${(last.at - previous.at) / 1000}s`,
          containers: [{ name, usage: { cpu: `${Math.round(used)}m`, memory: "64Mi" } }],
        },
      ];
    });
  const [port = 0] = await freePorts(1);
  const { cert, key } = await signCertificate(plane.folder, plane.certificates.ca, "metrics", {
    name: "metrics",
    hosts: ["DNS:metrics.kube-system.svc"],
  });
  const server = createServer({ cert: await readFile(cert), key: await readFile(key) }, (request, response) => {
    const isList = request.url?.startsWith(`/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`);
    const body = isList ? { kind: "PodMetricsList", apiVersion: API, metadata: {}, items: items() } : RESOURCES;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(body));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  // The kubelet's samples and their collection have no common clock.
  const timers = [
    setInterval(() => void tick(), TICK_MS),
    setInterval(sample, RESOLUTION_MS),
    setInterval(collect, RESOLUTION_MS * 1.01),
  ];
  await register(plane, port);
  return {
    setLoad: (millicores) => {
      load = millicores;
    },
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      server.close().closeAllConnections();
    },
  };
}

const API = "metrics.k8s.io/v1beta1";
const RESOURCES = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: API,
  resources: [{ name: "pods", singularName: "", namespaced: true, kind: "PodMetrics", verbs: ["get", "list"] }],
};

async function register({ api, certificates }: ControlPlane, port: number): Promise<void> {
  await api.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "metrics", namespace: "kube-system" },
    spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] },
  });
  await api.apply({
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: "v1beta1.metrics.k8s.io" },
    spec: {
      group: "metrics.k8s.io",
      version: "v1beta1",
      service: { name: "metrics", namespace: "kube-system", port },
      caBundle: (await readFile(certificates.ca.cert)).toString("base64"),
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  });
}
