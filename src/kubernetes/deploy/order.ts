import { VELERO_NAMESPACE } from "../../plan/velero.js";
import type { ObjectReference } from "../live-object.js";

export interface KindRow {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** The namespace of objects that are not in that of the platform. */
  readonly namespace?: string;
  /** False for KINDS that contain data: deploy never deletes them. */
  readonly prune: boolean;
}

/**
 * The KINDS that Keelson renders, in the order in which they are applied: dependencies first. Pruning uses
 * the reverse order.
 */
export const KINDS: readonly KindRow[] = [
  { apiVersion: "v1", kind: "Namespace", namespaced: false, prune: false },
  { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", namespaced: false, prune: true },
  { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", namespaced: true, prune: true },
  { apiVersion: "v1", kind: "ServiceAccount", namespaced: true, prune: true },
  { apiVersion: "v1", kind: "ConfigMap", namespaced: true, prune: true },
  { apiVersion: "v1", kind: "Service", namespaced: true, prune: true },
  { apiVersion: "policy/v1", kind: "PodDisruptionBudget", namespaced: true, prune: true },
  {
    apiVersion: "velero.io/v1",
    kind: "BackupStorageLocation",
    namespaced: true,
    namespace: VELERO_NAMESPACE,
    prune: false,
  },
  { apiVersion: "velero.io/v1", kind: "Schedule", namespaced: true, namespace: VELERO_NAMESPACE, prune: true },
  { apiVersion: "barmancloud.cnpg.io/v1", kind: "ObjectStore", namespaced: true, prune: true },
  { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", namespaced: true, prune: false },
  { apiVersion: "postgresql.cnpg.io/v1", kind: "ScheduledBackup", namespaced: true, prune: true },
  { apiVersion: "apps/v1", kind: "StatefulSet", namespaced: true, prune: true },
  { apiVersion: "apps/v1", kind: "Deployment", namespaced: true, prune: true },
  { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", namespaced: true, prune: true },
  { apiVersion: "autoscaling.k8s.io/v1", kind: "VerticalPodAutoscaler", namespaced: true, prune: true },
  { apiVersion: "batch/v1", kind: "Job", namespaced: true, prune: true },
  { apiVersion: "batch/v1", kind: "CronJob", namespaced: true, prune: true },
  { apiVersion: "networking.k8s.io/v1", kind: "Ingress", namespaced: true, prune: true },
  { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway", namespaced: true, prune: true },
  { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", namespaced: true, prune: true },
  { apiVersion: "monitoring.coreos.com/v1", kind: "PodMonitor", namespaced: true, prune: true },
];

/** Position of an object's kind; an unknown kind comes last. */
export function rank(object: ObjectReference): number {
  const position = KINDS.findIndex((row) => row.kind === object.kind && row.apiVersion === object.apiVersion);
  return position < 0 ? KINDS.length : position;
}
