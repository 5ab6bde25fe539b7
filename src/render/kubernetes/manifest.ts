import type { IDeployment, IStatefulSet } from "kubernetes-models/apps/v1";
import type { IHorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2";
import type { ICronJob, IJob } from "kubernetes-models/batch/v1";
import type { IIngress, INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import type { IPodDisruptionBudget } from "kubernetes-models/policy/v1";
import type { IPriorityClass } from "kubernetes-models/scheduling.k8s.io/v1";
import type { IConfigMap, INamespace, IPersistentVolumeClaim, IService, IServiceAccount } from "kubernetes-models/v1";

/** What every rendered object carries: `namespace` is absent for those that belong to the whole cluster. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

type Rendered<Kind> = Omit<Kind, "metadata" | "status"> & { readonly metadata: Metadata };

export type Deployment = Rendered<IDeployment>;
export type StatefulSet = Rendered<IStatefulSet>;
export type HorizontalPodAutoscaler = Rendered<IHorizontalPodAutoscaler>;
export type CronJob = Rendered<ICronJob>;
export type Job = Rendered<IJob>;
export type Ingress = Rendered<IIngress>;
export type NetworkPolicy = Rendered<INetworkPolicy>;
export type PodDisruptionBudget = Rendered<IPodDisruptionBudget>;
export type PriorityClass = Rendered<IPriorityClass>;
export type ConfigMap = Rendered<IConfigMap>;
export type Namespace = Rendered<INamespace>;
export type PersistentVolumeClaim = Rendered<IPersistentVolumeClaim>;
export type Service = Rendered<IService>;
export type ServiceAccount = Rendered<IServiceAccount>;

/** Every kind of object that this target writes. */
export type Manifest =
  | ConfigMap
  | CronJob
  | Deployment
  | HorizontalPodAutoscaler
  | Ingress
  | Job
  | Namespace
  | NetworkPolicy
  | PersistentVolumeClaim
  | PodDisruptionBudget
  | PriorityClass
  | Service
  | ServiceAccount
  | StatefulSet;

export interface NamedManifest {
  /** Path of the object's file, without its ending. */
  readonly file: string;
  readonly object: Manifest;
}
