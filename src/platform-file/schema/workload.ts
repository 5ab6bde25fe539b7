import { z } from "zod";
import { volumeBackups } from "./backups.js";
import { name, oneOrMany, patch, portName } from "./names.js";
import { objectives } from "./objectives.js";
import { byteRange, bytes, counts, cpuRange, duration, ratio } from "./quantities.js";
import { containerPath, imageReference, probePath, processText } from "./syntax.js";

const strength = z.enum(["require", "prefer", "none"]);

/** How strictly replicas are spread over zones and nodes. */
export const spread = z.union([
  z.enum(["zones", "nodes", "none"]),
  z.strictObject({
    zones: strength.describe("Spread over zones").optional(),
    nodes: strength.describe("Spread over nodes").optional(),
  }),
]);

const scale = z
  .strictObject({
    cpu: ratio.describe("Target average CPU utilisation, in percent of the request, e.g. 70%").optional(),
    memory: ratio.describe("Target average memory utilisation, in percent of the request, e.g. 80%").optional(),
    gpu: ratio.describe("Target average GPU utilisation").optional(),
    queue: z.int().min(1).describe("Target number of queued requests per replica").optional(),
    response: duration.describe("Target response time").optional(),
    cooldown: duration.describe("Stabilisation window before replicas are removed").optional(),
    up: z.enum(["aggressive", "conservative"]).describe("How fast replicas are added").optional(),
    down: z.enum(["aggressive", "conservative"]).describe("How fast replicas are removed").optional(),
  })
  .meta({ id: "scale" });

const canary = z
  .strictObject({
    steps: z.array(ratio).min(1).describe("Traffic shares in order, e.g. [10%, 50%]").optional(),
    pause: duration.describe("Duration of each step").optional(),
    abort: z
      .strictObject({
        errors: ratio.describe("Error rate that aborts the rollout").optional(),
        p95: duration.describe("95th percentile of the response time that aborts the rollout").optional(),
      })
      .describe("Conditions that abort the rollout and roll back")
      .optional(),
  })
  .meta({ id: "canary" });

/** How a new version replaces the old one: a name, or `{ canary: {…} }`. */
export const strategy = z.union([
  z.enum(["rolling", "recreate", "blue-green", "canary"]),
  z.strictObject({ canary: canary.describe("Canary: shift traffic in steps") }),
]);

const rollout = z
  .strictObject({
    strategy: strategy.describe("rolling, recreate, blue-green or canary").optional(),
    surge: z.int().min(0).describe("maxSurge: extra replicas during a rollout").optional(),
    unavailable: z
      .int()
      .min(0)
      .describe("maxUnavailable: replicas that may be unavailable during a rollout")
      .optional(),
  })
  .meta({ id: "rollout" });

const probe = z
  .strictObject({
    path: probePath.describe("HTTP path; without one, a TCP connection is the probe").optional(),
    port: name.describe("Name of the port").optional(),
    after: duration.describe("Delay before the first probe").optional(),
    every: duration.describe("Interval of the probes").optional(),
    timeout: duration.describe("Timeout of one probe").optional(),
    failures: z.int().min(1).describe("Consecutive failures that count as failed").optional(),
  })
  .meta({ id: "probe" });

const health = z
  .strictObject({
    ready: probe.describe("Readiness probe: a replica that fails receives no requests").optional(),
    live: probe.describe("Liveness probe: a replica that fails is restarted").optional(),
    startup: duration.describe("Maximum time from start to ready").optional(),
  })
  .meta({ id: "health" });

const port = z.int().min(1).max(65535);
const ports = z.union([
  port,
  z.strictObject({
    number: port.describe("Port number"),
    protocol: z.enum(["http", "tcp", "grpc"]).describe("Protocol; default http").optional(),
  }),
]);

const call = z.union([
  z.string().min(1),
  z.strictObject({
    to: z.string().min(1).describe("Service, model, store, or an external address"),
    port: z.union([name, port]).describe("Name or number of the port; default: the first").optional(),
    protocol: z.enum(["http", "tcp", "grpc"]).describe("Protocol of an external address").optional(),
  }),
]);

export const gpu = z.union([
  z.int().min(0).max(64),
  z.enum(["none", "optional", "required"]),
  z.strictObject({
    count: z.int().min(1).max(64).describe("GPUs of one replica"),
    kind: z.string().describe("Model of the GPU, e.g. a100, rtx6000").optional(),
  }),
]);

const volume = z.union([
  bytes,
  z
    .strictObject({
      mount: containerPath.describe("Absolute path in the container").optional(),
      size: bytes.describe("Size, e.g. 20Gi"),
      persistent: z.boolean().describe("PersistentVolumeClaim per replica that outlives it; default false").optional(),
      backups: volumeBackups.describe("Backups of a persistent volume and their retention").optional(),
      objectives: objectives.describe("Objectives of a persistent volume; default: those of its unit").optional(),
    })
    .refine(({ persistent, backups, objectives }) => persistent === true || (backups ?? objectives) === undefined, {
      error: "only a persistent volume has backups and objectives: add `persistent: true`",
    }),
]);

/** Settings of one container, shared by services, sidecars and models. */
export const containerFields = {
  image: imageReference
    .describe("Container image with a pinned tag or digest; default for Keelson modules: the platform's image")
    .optional(),
  command: z.array(processText).describe("Command and arguments, instead of the image's own").optional(),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.union([processText, z.number(), z.boolean()]))
    .describe("Environment variables. Not for secrets: they are mounted as files")
    .optional(),
  port: port.describe("Port; default for Keelson modules: 8080").optional(),
  ports: z.record(portName, ports).describe("Several ports by name, instead of `port`").optional(),
  cpu: cpuRange.describe("Request and limit: `500m..1`; one value means both").optional(),
  memory: byteRange.describe("Request and limit: `1Gi..2Gi`; one value means both").optional(),
  gpu: gpu.describe("GPUs of one replica").optional(),
  disk: byteRange.describe("Ephemeral storage of one replica: request and limit").optional(),
  secrets: z.array(name).describe("Secrets mounted as files under /run/secrets/keelson").optional(),
  volumes: z.record(name, volume).describe("Volumes by name: a size, or mount, size and persistence").optional(),
};

/** Settings of a set of replicas, shared by services and models. */
export const workloadFields = {
  ...containerFields,
  calls: z
    .array(call)
    .describe(
      "Services, models, stores and external addresses (https://api.openai.com) that it calls; network policies allow only these",
    )
    .optional(),
  replicas: counts.describe("Number of replicas, or minimum and maximum: `2..10`").optional(),
  scale: scale.describe("Autoscaling targets, between minimum and maximum").optional(),
  rollout: rollout.describe("Rollout of a new version").optional(),
  disruption: z
    .strictObject({ minAvailable: z.int().min(0).describe("Minimum replicas during node drains and upgrades") })
    .describe("PodDisruptionBudget")
    .optional(),
  spread: spread.describe("Topology spread: `zones`, `nodes`, `none`, or require or prefer for each").optional(),
  health: health.describe("Readiness and liveness probes").optional(),
  grace: duration.describe("Shutdown grace period: from SIGTERM to SIGKILL").optional(),
  drain: duration
    .describe("Delay after SIGTERM before connections are refused, so that clients stop sending requests")
    .optional(),
  nodes: name.describe("Node pool").optional(),
  priority: z.enum(["critical", "normal", "low"]).describe("Priority class: what is evicted last").optional(),
  affinity: z
    .enum(["none", "session"])
    .describe("Session affinity; `session`: a client stays on one replica")
    .optional(),
  sizing: z.enum(["auto", "recommend", "off"]).describe("Vertical autoscaling of CPU and memory").optional(),
  beside: oneOrMany(name).describe("Services that run in each replica, as sidecars").optional(),
  objectives: objectives.describe("Objectives of this unit; default: those of the platform").optional(),
  patch: patch.optional(),
};
