import type { Path } from "../../platform-file/origin.js";
import type { Milliseconds, Ratio } from "./element.js";
import type { BackupSchedule } from "./store.js";

export interface Security {
  readonly network: "default-deny" | "open";
  readonly pods: "restricted" | "baseline" | "privileged";
  readonly mesh: { readonly kind: "none" | "istio" | "linkerd"; readonly mtls: "strict" | "permissive" | "off" };
  readonly identity: "none" | "irsa";
  readonly scan: "none" | "trivy";
  readonly audit: boolean;
}

export interface Observe {
  readonly metrics: "none" | "prometheus";
  /** How Prometheus finds the pods to scrape. */
  readonly discovery: "annotations" | "pod-monitors";
  readonly logs: "none" | "loki" | "cloudwatch";
  readonly traces: "none" | "tempo" | "jaeger";
  /** OTLP endpoint that traces are sent to. */
  readonly otlp: string | undefined;
  /** Retention of metrics, logs and traces. */
  readonly retention: Milliseconds;
  readonly alerts: {
    readonly path: Path;
    readonly down: Milliseconds | undefined;
    readonly errors: Ratio | undefined;
    readonly availability: boolean;
    readonly database: boolean;
    readonly oom: boolean;
    readonly backups: boolean;
    /** How long before the expiry of a certificate its alert fires. */
    readonly certificate: Milliseconds | undefined;
  };
  readonly routes: Readonly<Record<"critical" | "warning" | "info", string | undefined>>;
}

export interface Delivery {
  readonly gitops: "none" | "argocd";
  readonly sync: "automatic" | "manual";
  /** Where the GitOps controller reads the rendered files; undefined if the file does not say it. */
  readonly repository: Repository | undefined;
  readonly approvals: { readonly infrastructure: number; readonly production: number };
}

/** A Git repository with rendered files. */
export interface Repository {
  readonly url: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Relative, without a slash at its ends. */
  readonly folder: string;
}

export interface DrillSchedule {
  readonly path: Path;
  readonly every: Milliseconds;
  readonly faults: readonly string[];
}

/**
 * What a persistent volume survives. `local`: nothing, it is on a disk of its node. `zonal`: its node, because another
 * node of the same zone can attach it. `regional`: its zone too.
 */
export type VolumeScope = "local" | "zonal" | "regional";

export interface ClusterSettings {
  /** Several environments may share a cluster; undefined: the environment has its own. */
  readonly name: string | undefined;
  readonly backups: ClusterBackups;
  readonly kubernetes: string;
  /** Storage class of volumes; undefined: the default class of the cluster. */
  readonly storageClass: string | undefined;
  /** What its volumes survive; undefined if neither the file nor the cloud determines it. */
  readonly volumes: VolumeScope | undefined;
  /** Replicas of the operators that run stores, on different nodes. */
  readonly operators: number;
  /** Secrets with the credentials of private registries. */
  readonly pullSecrets: readonly string[];
  /** Further labels of every object and pod. */
  readonly labels: Readonly<Record<string, string>>;
  readonly autoscaler: boolean;
  /** When the autoscaler removes nodes, where the file declares it. */
  readonly scaleDown: NodeRemoval;
}

/** When the cluster autoscaler removes a node; undefined: its own default. */
export interface NodeRemoval {
  readonly unneeded: Milliseconds | undefined;
  readonly afterAdd: Milliseconds | undefined;
  readonly utilisation: Ratio | undefined;
}

/** Backups of the cluster itself. */
export interface ClusterBackups {
  readonly path: Path;
  /** The objects of the namespace. Volumes declare backups of their own. */
  readonly objects: BackupSchedule | undefined;
  readonly etcd: BackupSchedule | undefined;
  readonly configuration: BackupSchedule | undefined;
  readonly to: readonly string[];
}
