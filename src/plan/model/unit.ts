import type { Path } from "../../platform-file/origin.js";
import type { Bounds, Bytes, Element, Milliseconds, Objectives, Patch, Ratio, Resources } from "./element.js";
import type { SecretMount } from "./secret.js";

/** A thing that runs as replicas of one pod template (or as processes on a laptop). */
export interface Unit extends Element {
  /** `service` answers calls, `worker` takes none, `model` serves one model by the engine module. */
  readonly role: "service" | "worker" | "model";
  /** Keelson modules it runs; empty for a foreign image. */
  readonly modules: readonly string[];
  /** The model it serves, for `role: "model"`. */
  readonly model: string | undefined;
  /** `stateful-set`: each replica keeps persistent volumes of its own. */
  readonly workload: "deployment" | "stateful-set";
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
  /** Secrets mounted as files: those it declares, of the stores it calls, and the internal token of modules. */
  readonly secrets: readonly SecretMount[];
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
  readonly secrets: readonly SecretMount[];
  readonly volumes: readonly Volume[];
}
