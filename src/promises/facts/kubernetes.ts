import type { Cited } from "../../plan/plan.js";

const seconds = (count: number): number => count * 1000;

/** The node controller looks at the heartbeats once in this time. */
const NODE_MONITOR_PERIOD_MS = seconds(5);

/**
 * A node that sends no heartbeats is marked unready after the grace period, 50 s since Kubernetes 1.32 and 40 s before, and at
 * the next look of the node controller.
 */
export function nodeMonitorGrace(kubernetes: string): Cited {
  const recent = atLeast(kubernetes, 1, 32);
  return {
    value: seconds(recent ? 50 : 40) + NODE_MONITOR_PERIOD_MS,
    source: `kube-controller-manager --node-monitor-grace-period, default ${recent ? "50s since 1.32" : "40s until 1.31"} (kubernetes/kubernetes#126287), and --node-monitor-period, default 5s`,
  };
}

/** How long a pod stays on an unready or unreachable node before it is evicted. */
export const evictionToleration: Cited = {
  value: seconds(300),
  source:
    "admission plug-in DefaultTolerationSeconds adds tolerationSeconds 300 for not-ready and unreachable (kubernetes.io: Taints and Tolerations)",
};

/** How long a node that was under pressure accepts no pods. Evicted pods are killed at once, without their grace period. */
export const pressureTransition: Cited = {
  value: seconds(5 * 60 + 10),
  source:
    "kubelet: eviction-pressure-transition-period, default 5m, and --node-status-update-frequency, default 10s (kubernetes.io: Node-pressure Eviction)",
  read: "2026-11-30",
};

/** The first back-off of a restarted container; it doubles up to 5 min only while the container keeps crashing. */
export const firstRestartBackoff: Cited = {
  value: seconds(10),
  source:
    "kubelet restarts with back-off 10s, 20s, 40s … 5m, reset after 10m without a crash; the first restart after that is immediate, and the 10s are counted for a container that has crashed before (kubernetes.io: Pod Lifecycle)",
  read: "2026-11-30",
};

/** The back-off of a container that has crashed again and again: until its volume has space, for example. */
export const maxRestartBackoff: Cited = {
  value: seconds(300),
  source: "kubelet restarts with a back-off of at most 5m (kubernetes.io: Pod Lifecycle)",
};

/**
 * A pod is bound to a node with capacity and its containers start. Image pull, init containers, the attachment of volumes and the
 * start of the application are terms of their own: the objective for pods with such volumes is a draft without a figure.
 */
export const podStartup: Cited = {
  value: seconds(5),
  source:
    "Kubernetes pod start-up latency objective: 99 % within 5s for pods without persistent volumes, image pull and init containers excluded (kubernetes/community, sig-scalability/slos/pod_startup_latency.md)",
  read: "2026-11-30",
};

/** The commands of the runbook: find the node, confirm that it is off, and taint it as out of service. */
export const releasedByHand = {
  value: seconds(120),
  why: "two minutes to confirm that the node is off and to taint it out-of-service, which deletes its pods and detaches their volumes at once (kubernetes.io: Node Shutdowns)",
};

/** A standby replica of an operator becomes its leader when the lease of the lost one expires. */
export const operatorLease: Cited = {
  value: seconds(15),
  source: "CloudNativePG: --leader-lease-duration, default 15 s (internal/cmd/manager/controller/cmd.go)",
  read: "2026-11-30",
};

/** The operator's image is pulled on another node, and it becomes the leader. */
export const operatorStart = {
  value: seconds(60),
  why: "CloudNativePG's startup probe allows 6 × 5 s (config/manager/manager.yaml, read 2026-11-30); 30 s assumed to pull an image of about 100 MB and to acquire the lease",
};

/** Attachment of a network volume to a node, and its mount. */
export const volumeAttach = { value: seconds(60), why: "a CSI driver attaches and mounts a volume within a minute" };

/** A pod that is no longer ready is removed from the endpoints on every node. */
export const endpointWithdrawal = {
  value: seconds(2),
  why: "EndpointSlice update and kube-proxy's minimum sync period of 1s, doubled for the watches between them",
};

/** Bytes per second at which a node pulls and unpacks an image that it has not cached. */
export const imagePullRate = {
  value: 25_000_000,
  why: "a registry over a network of several tenants: 25 MB/s assumed",
};

function atLeast(version: string, major: number, minor: number): boolean {
  const match = /(\d+)\.(\d+)/.exec(version);
  const [, foundMajor, foundMinor] = match ?? [];
  // An unparsable version counts as a recent one, whose grace period is longer.
  if (foundMajor === undefined || foundMinor === undefined) return true;
  return Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor);
}
