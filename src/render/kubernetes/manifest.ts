import type { IDeployment, IStatefulSet } from "kubernetes-models/apps/v1";
import type { IHorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2";
import type { ICronJob, IJob } from "kubernetes-models/batch/v1";
import type { IIngress, INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import type { IPodDisruptionBudget } from "kubernetes-models/policy/v1";
import type { IPriorityClass } from "kubernetes-models/scheduling.k8s.io/v1";
import type {
  IConfigMap,
  INamespace,
  IPersistentVolumeClaim,
  IService,
  IServiceAccount,
  ITopologySpreadConstraint,
} from "kubernetes-models/v1";
import type { Note } from "../note.js";

/** Metadata of every rendered object; without `namespace` for cluster-scoped kinds. */
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
  | BackupStorageLocation
  | CloudNativePgCluster
  | ConfigMap
  | CronJob
  | Deployment
  | Gateway
  | HorizontalPodAutoscaler
  | HttpRoute
  | Ingress
  | Job
  | Namespace
  | NetworkPolicy
  | ObjectStore
  | PersistentVolumeClaim
  | PodMonitor
  | PodDisruptionBudget
  | PriorityClass
  | Schedule
  | ScheduledBackup
  | Service
  | ServiceAccount
  | StatefulSet
  | VerticalPodAutoscaler;

/**
 * The result of rendering one object: the object, undefined if the Plan needs none, or either with notes on what the object
 * requires or does not support.
 */
export type Output<Kind extends Manifest = Manifest> = Kind | WithNotes<Kind> | undefined;

export interface WithNotes<Kind extends Manifest = Manifest> {
  readonly object: Kind | undefined;
  readonly notes: readonly Note[];
}

export function hasNotes(output: Output): output is WithNotes {
  return output !== undefined && "notes" in output;
}

export interface NamedManifest {
  /** Path of the object's file, without its extension. */
  readonly file: string;
  readonly object: Manifest;
}

/** `monitoring.coreos.com/v1` PodMonitor: the fields that Keelson renders. */
export type PodMonitor = {
  readonly apiVersion: "monitoring.coreos.com/v1";
  readonly kind: "PodMonitor";
  readonly metadata: Metadata;
  readonly spec: {
    readonly selector: { readonly matchLabels: Record<string, string> };
    readonly podMetricsEndpoints: readonly { readonly port: string; readonly path: string }[];
  };
};

/** `autoscaling.k8s.io/v1` VerticalPodAutoscaler: the fields that Keelson renders. */
export type VerticalPodAutoscaler = {
  readonly apiVersion: "autoscaling.k8s.io/v1";
  readonly kind: "VerticalPodAutoscaler";
  readonly metadata: Metadata;
  readonly spec: {
    readonly targetRef: { readonly apiVersion: "apps/v1"; readonly kind: string; readonly name: string };
    readonly updatePolicy: { readonly updateMode: "Off" | "Recreate" };
    readonly resourcePolicy: {
      readonly containerPolicies: readonly (
        | { readonly containerName: string; readonly mode: "Off" }
        | {
            readonly containerName: string;
            readonly controlledValues: "RequestsOnly";
            readonly minAllowed?: Record<string, string>;
            readonly maxAllowed?: Record<string, string>;
          }
      )[];
    };
  };
};

/** `postgresql.cnpg.io/v1` Cluster: the fields that Keelson renders, from the operator's API reference (1.27). */
export type CloudNativePgCluster = {
  readonly apiVersion: "postgresql.cnpg.io/v1";
  readonly kind: "Cluster";
  readonly metadata: Metadata;
  readonly spec: {
    readonly instances: number;
    readonly inheritedMetadata?: { readonly annotations: Record<string, string> };
    /** Seconds that a primary has to shut down before a failover goes on without it. */
    readonly switchoverDelay: number;
    readonly imageName: string;
    readonly enableSuperuserAccess: boolean;
    readonly primaryUpdateStrategy: "unsupervised" | "supervised";
    readonly bootstrap: {
      readonly initdb: {
        readonly database: string;
        readonly owner: string;
        readonly secret: { readonly name: string };
        readonly dataChecksums: boolean;
        readonly encoding: string;
        readonly localeCollate: string;
        readonly localeCType: string;
        readonly postInitApplicationSQL?: string[];
      };
    };
    readonly postgresql: {
      readonly parameters: Record<string, string>;
      readonly synchronous?: { readonly method: "any" | "first"; readonly number: number };
    };
    readonly storage: { readonly size: string; readonly storageClass?: string };
    readonly imagePullSecrets?: readonly { readonly name: string }[];
    readonly ephemeralVolumesSizeLimit: { readonly shm: string; readonly temporaryData: string };
    readonly resources: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> };
    readonly affinity: { readonly enablePodAntiAffinity: boolean; readonly nodeSelector?: Record<string, string> };
    readonly topologySpreadConstraints: ITopologySpreadConstraint[];
    readonly plugins?: readonly {
      readonly name: string;
      readonly isWALArchiver: boolean;
      readonly parameters: { readonly barmanObjectName: string };
    }[];
  };
};

/** `velero.io/v1` BackupStorageLocation: the fields that Keelson renders, from its definition in Velero 1.18. */
export type BackupStorageLocation = {
  readonly apiVersion: "velero.io/v1";
  readonly kind: "BackupStorageLocation";
  readonly metadata: Metadata;
  readonly spec: {
    readonly provider: string;
    readonly objectStorage: { readonly bucket: string; readonly prefix: string };
    readonly accessMode: "ReadWrite";
    readonly config: Readonly<Record<string, string>>;
    readonly credential?: { readonly name: string; readonly key: string };
  };
};

/** `velero.io/v1` Schedule. */
export type Schedule = {
  readonly apiVersion: "velero.io/v1";
  readonly kind: "Schedule";
  readonly metadata: Metadata;
  readonly spec: {
    readonly schedule: string;
    readonly useOwnerReferencesInBackup: boolean;
    readonly template: {
      readonly includedNamespaces: readonly string[];
      readonly labelSelector?: { readonly matchLabels: Record<string, string> };
      readonly defaultVolumesToFsBackup: boolean;
      readonly snapshotVolumes: boolean;
      readonly storageLocation?: string;
      readonly ttl: string;
    };
  };
};

/** `postgresql.cnpg.io/v1` ScheduledBackup. */
export type ScheduledBackup = {
  readonly apiVersion: "postgresql.cnpg.io/v1";
  readonly kind: "ScheduledBackup";
  readonly metadata: Metadata;
  readonly spec: {
    readonly schedule: string;
    readonly immediate: boolean;
    readonly method: "plugin";
    readonly pluginConfiguration: { readonly name: string };
    readonly backupOwnerReference: "none" | "self" | "cluster";
    readonly cluster: { readonly name: string };
  };
};

/** `gateway.networking.k8s.io/v1` Gateway: the fields that Keelson renders. */
export type Gateway = {
  readonly apiVersion: "gateway.networking.k8s.io/v1";
  readonly kind: "Gateway";
  readonly metadata: Metadata;
  readonly spec: {
    readonly gatewayClassName: string;
    readonly listeners: readonly {
      readonly name: string;
      readonly protocol: "HTTP" | "HTTPS";
      readonly port: number;
      readonly hostname?: string;
      readonly allowedRoutes: { readonly namespaces: { readonly from: "Same" } };
      readonly tls?: {
        readonly mode: "Terminate";
        readonly certificateRefs: readonly { readonly kind: string; readonly name: string }[];
      };
    }[];
  };
};

/** `gateway.networking.k8s.io/v1` HTTPRoute. */
export type HttpRoute = {
  readonly apiVersion: "gateway.networking.k8s.io/v1";
  readonly kind: "HTTPRoute";
  readonly metadata: Metadata;
  readonly spec: {
    readonly parentRefs: readonly { readonly name: string; readonly sectionName: string }[];
    readonly hostnames?: readonly string[];
    readonly rules: readonly {
      readonly matches?: readonly { readonly path: { readonly type: "PathPrefix"; readonly value: string } }[];
      readonly filters?: readonly {
        readonly type: "RequestRedirect";
        readonly requestRedirect: { readonly scheme: "https"; readonly statusCode: 301 };
      }[];
      readonly backendRefs?: readonly { readonly name: string; readonly port: number }[];
      readonly timeouts?: { readonly request: string; readonly backendRequest: string };
    }[];
  };
};

/** `barmancloud.cnpg.io/v1` ObjectStore: where the Barman Cloud plug-in of CloudNativePG writes backups and WAL. */
export type ObjectStore = {
  readonly apiVersion: "barmancloud.cnpg.io/v1";
  readonly kind: "ObjectStore";
  readonly metadata: Metadata;
  readonly spec: {
    readonly retentionPolicy: string;
    readonly configuration: {
      readonly destinationPath: string;
      readonly endpointURL?: string;
      readonly s3Credentials: {
        readonly accessKeyId: { readonly name: string; readonly key: string };
        readonly secretAccessKey: { readonly name: string; readonly key: string };
      };
      readonly wal: { readonly compression: "gzip" };
      readonly data: { readonly compression: "gzip" };
    };
    readonly instanceSidecarConfiguration: {
      readonly resources: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> };
    };
  };
};
