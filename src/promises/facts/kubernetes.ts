import type { Cited } from "../../plan/plan.js";

const seconds = (count: number): number => count * 1000;

/** A node that stopped answering is marked unready after this; the default grew from 40 s to 50 s with 1.32. */
export function nodeMonitorGrace(kubernetes: string): Cited {
  const recent = atLeast(kubernetes, 1, 32);
  return {
    value: seconds(recent ? 50 : 40),
    source: `kube-controller-manager --node-monitor-grace-period, default ${recent ? "50s since 1.32" : "40s until 1.31"} (kubernetes/kubernetes#126287)`,
  };
}

/** How long a pod stays bound to an unready or unreachable node before it is evicted. */
export const evictionToleration: Cited = {
  value: seconds(300),
  source:
    "admission plug-in DefaultTolerationSeconds adds tolerationSeconds 300 for not-ready and unreachable (kubernetes.io: Taints and Tolerations)",
};

/** The first wait of a restarted container; it doubles up to 5 min only for one that keeps crashing. */
export const firstRestartBackoff: Cited = {
  value: seconds(10),
  source:
    "kubelet restarts with back-off 10s, 20s, 40s … 5m, reset after 10m without a crash (kubernetes.io: Pod Lifecycle)",
};

/** A pod on a node with room is bound and its sandbox is up, without image pull and application start. */
export const podStartup: Cited = {
  value: seconds(5),
  source: "Kubernetes pod start-up latency objective: 99 % within 5s, image pull excluded (SIG Scalability SLOs)",
};

/** A volume of an unreachable node is detached by force only after this. */
export const forceDetach: Cited = {
  value: seconds(360),
  source: "attach-detach controller forces a detach after 6m on an unhealthy node (kubernetes.io: Node Shutdowns)",
};

/** A pod that is no longer ready has left every node's routing table. */
export const endpointWithdrawal = {
  value: seconds(2),
  why: "EndpointSlice update and kube-proxy's minimum sync period of 1s, doubled for the watches between them",
};

/** An image that the node has never seen. */
export const imagePull = { value: seconds(60), why: "an image of up to 1.5 GB at 25 MB/s" };

function atLeast(version: string, major: number, minor: number): boolean {
  const match = /(\d+)\.(\d+)/.exec(version);
  const [, foundMajor, foundMinor] = match ?? [];
  // An unreadable version is taken as a new one: the longer wait is the honest one.
  if (foundMajor === undefined || foundMinor === undefined) return true;
  return Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor);
}
