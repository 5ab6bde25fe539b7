import { z } from "zod";
import type { Manifest } from "../../render/kubernetes/manifest.js";
import { denialFix } from "../admission.js";
import { Conditions } from "../conditions.js";
import { describe, type LiveObject } from "../live-object.js";

/** The progress of one workload. */
export interface Rollout {
  readonly name: string;
  readonly state: "done" | "waiting" | "failed";
  readonly ready: number;
  readonly wanted: number;
  /** Why it is not done; empty if it is done. */
  readonly why: string;
}

const Workload = z.looseObject({
  spec: z.looseObject({ replicas: z.number().default(1) }),
  status: z
    .looseObject({
      observedGeneration: z.number().default(0),
      replicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      readyReplicas: z.number().default(0),
      availableReplicas: z.number().default(0),
      currentRevision: z.string().optional(),
      updateRevision: z.string().optional(),
      conditions: Conditions,
    })
    .prefault({}),
});

const JobStatus = z.looseObject({
  status: z
    .looseObject({
      succeeded: z.number().default(0),
      conditions: Conditions,
    })
    .prefault({}),
});

const Database = z.looseObject({
  spec: z.looseObject({ instances: z.number().default(1) }),
  status: z.looseObject({ readyInstances: z.number().default(0), phase: z.string().default("") }).prefault({}),
});

/** The kinds whose rollout deploy waits for. */
export const ROLLING_KINDS = [
  { apiVersion: "apps/v1", kind: "Deployment" },
  { apiVersion: "apps/v1", kind: "StatefulSet" },
  { apiVersion: "batch/v1", kind: "Job" },
  { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster" },
] as const;

/**
 * The minimum of each autoscaler, by workload (`Deployment gateway`): a new workload has one replica until its autoscaler
 * writes the minimum.
 */
export function minimumReplicas(rendered: readonly Manifest[]): ReadonlyMap<string, number> {
  return new Map(
    rendered.flatMap((object) => {
      if (object.kind !== "HorizontalPodAutoscaler" || !object.spec) return [];
      const { scaleTargetRef, minReplicas = 1 } = object.spec;
      return [[`${scaleTargetRef.kind} ${scaleTargetRef.name}`, minReplicas] as const];
    }),
  );
}

/**
 * Reads the status of one of the kinds that are waited for, as its controller last wrote it. `minimum` is the minimum of its
 * autoscaler.
 */
export function rolloutOf(object: LiveObject, minimum = 0): Rollout {
  if (object.kind === "Job") return jobProgress(object);
  return object.kind === "Cluster" ? databaseProgress(object) : workloadProgress(object, minimum);
}

/** CloudNativePG reports a phase as text and the number of ready instances. */
function databaseProgress(object: LiveObject): Rollout {
  const { spec, status } = Database.parse(object);
  const wanted = spec.instances;
  const progress = { name: describe(object), ready: Math.min(status.readyInstances, wanted), wanted };
  if (status.readyInstances >= wanted && status.phase === "Cluster in healthy state")
    return { ...progress, state: "done", why: "" };
  return {
    ...progress,
    state: "waiting",
    why: status.phase === "" ? "not observed by its operator yet" : status.phase,
  };
}

function workloadProgress(object: LiveObject, minimum: number): Rollout {
  const { spec, status } = Workload.parse(object);
  const wanted = Math.max(spec.replicas, minimum);
  const progress = { name: describe(object), ready: Math.min(status.readyReplicas, wanted), wanted };
  const waiting = (why: string): Rollout => ({ ...progress, state: "waiting", why });
  if (status.observedGeneration < (object.metadata.generation ?? 0))
    return waiting("not observed by its controller yet");
  const stuck = status.conditions.find((condition) => condition.reason === "ProgressDeadlineExceeded");
  if (stuck) return { ...progress, state: "failed", why: stuck.message ?? "no progress within its deadline" };
  const refused = status.conditions.find(
    (condition) => condition.type === "ReplicaFailure" && condition.status === "True",
  );
  if (refused) return waiting(withFix(refused.message ?? "its pods cannot be created"));
  if (status.updatedReplicas < wanted)
    return waiting(`${status.updatedReplicas} of ${wanted} replicas have the new revision`);
  if (object.kind === "Deployment" && status.replicas > status.updatedReplicas)
    return waiting(`${status.replicas - status.updatedReplicas} replicas of the old revision still run`);
  const available = object.kind === "Deployment" ? status.availableReplicas : status.readyReplicas;
  if (available < wanted) return waiting(`${available} of ${wanted} replicas are ready`);
  return { ...progress, state: "done", why: "" };
}

/** A message of a controller whose pods admission rejects, with what to do about it. */
export function withFix(message: string): string {
  const fix = denialFix(message);
  return fix === undefined ? message : `${message}; ${fix}`;
}

function jobProgress(object: LiveObject): Rollout {
  const { status } = JobStatus.parse(object);
  const has = (type: string) =>
    status.conditions.find((condition) => condition.type === type && condition.status === "True");
  const progress = { name: describe(object), ready: Math.min(status.succeeded, 1), wanted: 1 };
  const failed = has("Failed");
  if (failed) return { ...progress, state: "failed", why: failed.message ?? "it failed" };
  if (has("Complete")) return { ...progress, state: "done", why: "" };
  return { ...progress, state: "waiting", why: "running" };
}
