import type { Cited } from "../../plan/plan.js";

const seconds = (count: number): number => count * 1000;

/**
 * From a change of the usage, or from a new replica that is ready, until the horizontal autoscaler counts it in full: the usage of a
 * pod is the rate between two samples, and that of a new pod counts once both are later than its readiness.
 */
export const usageRead: Cited = {
  value: seconds(15 + 2 * 15 + 15),
  source:
    "the kubelet computes usage every 15 s (metrics-server, FAQ.md: How often metrics are scraped), --metric-resolution=15s in the released manifest of metrics-server, twice for a rate (pkg/storage/pod.go), and kube-controller-manager --horizontal-pod-autoscaler-sync-period, default 15s; groupPods of pkg/controller/podautoscaler/replica_calculator.go for new pods",
  read: "2026-11-30",
};

/** No replica is added while the usage is no more than this above its target. */
export const TOLERANCE = {
  value: 0.1,
  source:
    "kube-controller-manager --horizontal-pod-autoscaler-tolerance, default 0.1 (kubernetes.io: Horizontal Pod Autoscaling)",
  read: "2026-11-30",
} as const;

/** In how many steps an autoscaler adds replicas. */
export interface ScaleUp {
  /** Times at which replicas are added. */
  readonly steps: number;
  /** Times at which the autoscaler waits until the added replicas are ready, before their usage shows that more are needed. */
  readonly rounds: number;
}

/**
 * The steps from one number of replicas to another. `shown` is the most usage that a replica can show, as a multiple of its target: beyond
 * its limit the need is not visible. Undefined if the autoscaler never acts.
 */
export function scaleUpSteps(
  up: "aggressive" | "conservative",
  from: number,
  to: number,
  shown: number,
): ScaleUp | undefined {
  if (shown <= 1 + TOLERANCE.value) return from < to ? undefined : { steps: 0, rounds: 0 };
  // Replicas that are ready before the next minute take a part of the load, so that each addition waits for their usage.
  if (up === "conservative") return { steps: Math.max(0, to - from), rounds: Math.max(0, to - from) };
  let steps = 0;
  let rounds = 0;
  for (let ready = Math.max(1, from); ready < to; rounds += 1) {
    const wanted = Math.min(to, Math.ceil(ready * shown));
    for (let count = ready; count < wanted; count += Math.max(count, 4)) steps += 1;
    ready = wanted;
  }
  return { steps, rounds };
}

/** The rates of the autoscalers that Keelson renders: doubled or four more each 15 s, or after a minute one more each minute. */
export function additionTime(up: "aggressive" | "conservative", steps: number): number {
  return up === "conservative" ? seconds(60 + 60 * steps) : seconds(15 * steps);
}
