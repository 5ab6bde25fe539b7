/**
 * The Plan: one platform file under one environment, with every default filled in and every reference resolved.
 *
 * It is plain, immutable, serialisable data and the only thing that promises, checks, targets, the local runner and
 * the modules read. Nothing downstream decides: what a target needs to know stands here.
 *
 * Units of measure are those of `element.ts`.
 */

import type { Origin, Path } from "../platform-file/origin.js";
import type {
  Bounds,
  Bytes,
  Element,
  Millicores,
  Milliseconds,
  Objectives,
  Patch,
  Ratio,
  Resources,
} from "./element.js";
import type { BackupSchedule, Provider, Store } from "./store.js";

export type * from "./element.js";
export type * from "./store.js";
export type { Origin, Path };

export type Cloud = "none" | "aws" | "linode";

export interface Plan {
  readonly platform: string;
  readonly environment: string;
  /** The Kubernetes namespace or Compose project that everything of this environment lives in. */
  readonly namespace: string;
  readonly cloud: Cloud;
  readonly regions: readonly Region[];
  readonly failover: RegionFailover | undefined;
  readonly units: readonly Unit[];
  readonly models: readonly Model[];
  readonly stores: readonly Store[];
  readonly edges: readonly Edge[];
  readonly entrances: readonly Entrance[];
  readonly secrets: readonly Secret[];
  readonly pools: readonly NodePool[];
  readonly objectives: Objectives;
  readonly security: Security;
  readonly observe: Observe;
  readonly delivery: Delivery;
  readonly drills: DrillSchedule | undefined;
  /** Cluster objects and etcd backups (Velero and the like). */
  readonly cluster: ClusterSettings;
  /** What the environment says of who runs stores; each store's own provider may differ. */
  readonly provide: Provider["kind"];
  readonly data: "ephemeral" | "test" | "anonymised" | "real";
  readonly access: readonly string[];
  /** The image that units without one of their own run. */
  readonly image: Image;
  readonly origins: Readonly<Record<Path, Origin>>;
}

export interface Region {
  readonly name: string;
  readonly role: "primary" | "standby";
  readonly mode: "active" | "warm" | "cold";
  /** Names of the availability zones that nodes are spread over; one when the environment has no zones. */
  readonly zones: readonly string[];
}

/** How traffic leaves a lost region: probes by DNS health checks, then the record's time to live. */
export interface RegionFailover {
  readonly path: Path;
  readonly check: Milliseconds;
  readonly failures: number;
  readonly ttl: Milliseconds;
}

// ---------------------------------------------------------------------------------------------------------- units

/** A thing that runs as replicas of one pod template (or as processes on a laptop). */
export interface Unit extends Element {
  /** `service` answers calls, `worker` takes none, `model` serves one model by the engine module. */
  readonly role: "service" | "worker" | "model";
  /** Keelson modules it runs; empty for a foreign image. */
  readonly modules: readonly string[];
  /** The model it serves, for `role: "model"`. */
  readonly model: string | undefined;
  readonly image: Image;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly Port[];
  readonly replicas: Bounds;
  readonly resources: Resources;
  readonly scale: Scale | undefined;
  readonly rollout: Rollout;
  readonly disruption: Disruption | undefined;
  readonly spread: Spread;
  readonly health: Health;
  /** From SIGTERM to SIGKILL. */
  readonly terminationGrace: Milliseconds;
  /** Waited after SIGTERM, before connections are refused, so that endpoints have been withdrawn. */
  readonly drainDelay: Milliseconds;
  /** Name of the node pool it must run on. */
  readonly pool: string | undefined;
  readonly priority: "critical" | "normal" | "low";
  /** Names of secrets mounted as files. */
  readonly secrets: readonly string[];
  readonly volumes: readonly Volume[];
  readonly sidecars: readonly Sidecar[];
  readonly affinity: "none" | "session";
  readonly sizing: "auto" | "recommend" | "off";
  readonly objectives: Objectives;
  /** Strategic-merge fragments by target, each shown by `check` as a note. */
  readonly patches: readonly Patch[];
}

export interface Image {
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  readonly path: Path;
}

export interface Port {
  readonly name: string;
  readonly number: number;
  readonly protocol: "http" | "tcp" | "grpc";
}

/** Targets of horizontal scaling; a signal that is not named is not used. */
export interface Scale {
  readonly path: Path;
  readonly cpu: Ratio | undefined;
  readonly memory: Ratio | undefined;
  readonly gpu: Ratio | undefined;
  /** Requests waiting per replica. */
  readonly queue: number | undefined;
  readonly response: Milliseconds | undefined;
  readonly cooldown: Milliseconds;
  readonly up: "aggressive" | "conservative";
  readonly down: "aggressive" | "conservative";
}

export interface Rollout {
  readonly path: Path;
  readonly strategy: "rolling" | "recreate" | "blue-green" | "canary";
  readonly surge: number;
  readonly unavailable: number;
  readonly canary:
    | {
        readonly steps: readonly Ratio[];
        readonly pause: Milliseconds;
        readonly abort: { readonly errors: Ratio | undefined; readonly p95: Milliseconds | undefined };
      }
    | undefined;
}

export interface Disruption {
  readonly path: Path;
  /** Replicas that must stay available through drains and upgrades. */
  readonly minAvailable: number;
}

export interface Spread {
  /** `require`: DoNotSchedule; `prefer`: ScheduleAnyway. */
  readonly zones: "require" | "prefer" | "none";
  readonly nodes: "require" | "prefer" | "none";
}

export interface Probe {
  readonly http: string | undefined;
  readonly port: string;
  readonly after: Milliseconds;
  readonly every: Milliseconds;
  readonly timeout: Milliseconds;
  readonly failures: number;
}

export interface Health {
  readonly path: Path;
  readonly ready: Probe;
  readonly live: Probe;
  /** Longest time from container start to ready. */
  readonly startup: Milliseconds;
}

export interface Volume {
  readonly name: string;
  readonly mount: string;
  readonly size: Bytes;
  /** `ephemeral` dies with the pod, `persistent` is a claim of its own. */
  readonly kind: "ephemeral" | "persistent";
}

export interface Sidecar extends Element {
  readonly modules: readonly string[];
  readonly image: Image;
  readonly ports: readonly Port[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly resources: Resources;
  readonly secrets: readonly string[];
  readonly volumes: readonly Volume[];
}

// --------------------------------------------------------------------------------------------------------- models

export type EngineName = "llama.cpp" | "ollama" | "vllm" | "openai" | "simulated";

export interface Model extends Element {
  readonly engine: EngineName | "best";
  readonly source: ModelSource;
  /** Billions of weights, as a number (13e9), when stated. */
  readonly parameters: number | undefined;
  /** Names of models tried, in order, when this one cannot answer before its first byte. */
  readonly fallbacks: readonly string[];
  readonly context: number;
  /** Requests one replica works on at once. */
  readonly concurrency: number;
  readonly queue: { readonly length: number; readonly deadline: Milliseconds };
  readonly embeddings: boolean;
  /** The unit that serves it; undefined when an outside server does. */
  readonly unit: string | undefined;
  /** When no other engine can answer, the simulator may (its text is marked as such). */
  readonly simulated: boolean;
  /** Where it is reached when no unit serves it. */
  readonly upstreams: readonly Upstream[];
  readonly limits: { readonly requestsPerMinute: number | undefined; readonly tokensPerMinute: number | undefined };
  readonly objectives: Objectives;
}

export type ModelSource =
  | { readonly kind: "huggingface"; readonly url: string; readonly sha256: string | undefined }
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "none" };

export interface Upstream {
  readonly url: string;
  /** Name the upstream knows the model by. */
  readonly model: string;
  readonly weight: number;
  /** `secret/key` with the upstream's API key. */
  readonly secret: string | undefined;
}

// ---------------------------------------------------------------------------------------------- edges and outside

/** `from` calls `to` on `port`: opens the port, writes the policy, injects the address, draws the arrow. */
export interface Edge {
  /** A unit; a store when it sends its copies to a bucket. */
  readonly from: string;
  /** A unit, a store, or a host outside. */
  readonly to: string;
  readonly kind: "unit" | "store" | "outside";
  readonly port: number;
  readonly protocol: "http" | "tcp" | "grpc";
  readonly path: Path;
}

/** Where the world comes in. */
export interface Entrance extends Element {
  readonly host: string | undefined;
  readonly controller: "nginx" | "traefik" | "gateway-api" | "none";
  readonly tls: { readonly issuer: string; readonly minimum: "1.2" | "1.3" } | undefined;
  readonly waf: "none" | "common" | "strict";
  readonly cdn: boolean;
  readonly dns: "none" | "external-dns" | "route53" | "linode";
  readonly affinity: "none" | "session";
  readonly patches: readonly Patch[];
  readonly routes: readonly { readonly prefix: string; readonly unit: string; readonly port: string }[];
}

export interface Secret extends Element {
  readonly keys: readonly string[];
  readonly from: "generated" | "file" | "sealed" | "aws-secrets-manager" | "linode-secret-manager";
  readonly rotate: Milliseconds | undefined;
}

export interface NodePool extends Element {
  readonly type: string;
  readonly count: Bounds;
  /** What a pod can use on one node; undefined for a type that Keelson does not know. */
  readonly allocatable: { readonly cpu: Millicores; readonly memory: Bytes; readonly gpu: number } | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly spot: boolean;
}

// ------------------------------------------------------------------------------------------------------ operation

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
  readonly logs: "none" | "loki" | "cloudwatch";
  readonly traces: "none" | "tempo" | "jaeger";
  /** OTLP endpoint that traces are sent to. */
  readonly otlp: string | undefined;
  /** Metrics, logs and traces are kept this long. */
  readonly retention: Milliseconds;
  readonly alerts: {
    readonly path: Path;
    readonly down: Milliseconds | undefined;
    readonly errors: Ratio | undefined;
    readonly availability: boolean;
    readonly database: boolean;
    readonly oom: boolean;
    readonly backups: boolean;
  };
  readonly routes: Readonly<Record<"critical" | "warning" | "info", string | undefined>>;
}

export interface Delivery {
  readonly gitops: "none" | "argocd";
  readonly sync: "automatic" | "manual";
  readonly approvals: { readonly infrastructure: number; readonly production: number };
}

export interface DrillSchedule {
  readonly path: Path;
  readonly every: Milliseconds;
  readonly faults: readonly string[];
}

export interface ClusterSettings {
  /** Several environments may share a cluster; undefined means one of its own. */
  readonly name: string | undefined;
  readonly backups: ClusterBackups;
  readonly kubernetes: string;
  readonly autoscaler: boolean;
}

/** Copies of the cluster itself. */
export interface ClusterBackups {
  readonly path: Path;
  /** Cluster objects and volumes. */
  readonly objects: BackupSchedule | undefined;
  readonly etcd: BackupSchedule | undefined;
  readonly configuration: BackupSchedule | undefined;
  readonly to: readonly string[];
}
