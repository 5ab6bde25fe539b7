import type { Path } from "../../platform-file/origin.js";
import type { Bounds, Bytes, Element, Milliseconds, Objectives, Patch, Ratio, Resources } from "./element.js";
import type { ServiceLoad } from "./load.js";
import type { SecretMount } from "./secret.js";
import type { BackupSchedule, BackupTaker } from "./store.js";

/** A workload: replicas of one pod template, or processes of one machine. */
export interface Unit extends Element {
  /** `service` accepts calls, `worker` accepts none, `model` serves one model. */
  readonly role: "service" | "worker" | "model";
  /** Keelson modules it runs; empty for any other image. */
  readonly modules: readonly string[];
  /** The model it serves, for `role: "model"`. */
  readonly model: string | undefined;
  /** `stateful-set`: each replica has its own persistent volumes. */
  readonly workload: "deployment" | "stateful-set";
  readonly image: Image;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly Port[];
  /** Where its image serves metrics in the format of Prometheus; undefined if the file declares none. */
  readonly metrics: Metrics | undefined;
  readonly replicas: Bounds;
  readonly resources: Resources;
  readonly scale: Scale | undefined;
  readonly rollout: Rollout;
  readonly disruption: Disruption | undefined;
  readonly spread: Spread;
  readonly health: Health;
  /** From SIGTERM to SIGKILL. */
  readonly terminationGrace: Milliseconds;
  /** Delay after SIGTERM before connections are refused, so that the replica is removed from the endpoints first. */
  readonly drainDelay: Milliseconds;
  /** Name of the node pool it must run on. */
  readonly pool: string | undefined;
  readonly priority: "critical" | "normal" | "low";
  /** Secrets mounted as files: the declared ones, those of the stores that it calls, and the internal token of modules. */
  readonly secrets: readonly SecretMount[];
  readonly volumes: readonly Volume[];
  readonly sidecars: readonly Sidecar[];
  readonly affinity: "none" | "session";
  readonly sizing: "auto" | "recommend" | "off";
  /** The requests that a service must serve; undefined if the file declares none. Those of a model are its model's. */
  readonly load: ServiceLoad | undefined;
  readonly objectives: Objectives;
  /** Strategic-merge fragments by target, which `check` reports as notes. */
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

export interface Metrics {
  readonly path: string;
  /** One of the declared ports of the unit. */
  readonly port: number;
}

/** Targets of horizontal scaling; a metric without a target is not used. */
export interface Scale {
  readonly path: Path;
  readonly cpu: Ratio | undefined;
  readonly memory: Ratio | undefined;
  readonly gpu: Ratio | undefined;
  /** Queued requests per replica. */
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
  /** Replicas that must stay available during drains and upgrades. */
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
  /** Maximum time from container start to ready. */
  readonly startup: Milliseconds;
}

export type Volume = EphemeralVolume | PersistentVolume;

/** Deleted with the pod. */
export interface EphemeralVolume {
  readonly kind: "ephemeral";
  readonly name: string;
  readonly mount: string;
  readonly size: Bytes;
}

/** A PersistentVolumeClaim of each replica, which outlives its pod. */
export interface PersistentVolume extends Element {
  readonly kind: "persistent";
  readonly mount: string;
  readonly size: Bytes;
  readonly backups: VolumeBackups;
  readonly objectives: Objectives;
}

/** The declared backups of a volume: copies of its files, or snapshots, never both. */
export interface VolumeBackups {
  readonly path: Path;
  /** Copies of the files; after the first one only changes are transferred. */
  readonly files: BackupSchedule | undefined;
  /** Snapshots by the storage of the cluster. */
  readonly snapshot: BackupSchedule | undefined;
  /** Names of buckets, of which each gets a copy. */
  readonly to: readonly string[];
  readonly taker: BackupTaker;
}

export interface Sidecar extends Element {
  readonly modules: readonly string[];
  readonly image: Image;
  readonly ports: readonly Port[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly resources: Resources;
  readonly secrets: readonly SecretMount[];
  readonly volumes: readonly Volume[];
}
