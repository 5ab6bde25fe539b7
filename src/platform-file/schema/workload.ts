import { z } from "zod";
import { name, oneOrMany, patch, portName } from "./names.js";
import { objectives } from "./objectives.js";
import { byteRange, bytes, counts, cpuRange, duration, ratio } from "./quantities.js";

const strength = z.enum(["require", "prefer", "none"]);

const scale = z
  .strictObject({
    cpu: ratio.describe("Average use of the CPU request to hold, e.g. 70%").optional(),
    memory: ratio.describe("Average use of the memory request to hold, e.g. 80%").optional(),
    gpu: ratio.describe("Average use of the GPU to hold").optional(),
    queue: z.int().min(1).describe("Requests waiting per replica to hold").optional(),
    response: duration.describe("Response time to hold").optional(),
    cooldown: duration.describe("Wait after one change before the next down").optional(),
    up: z.enum(["aggressive", "conservative"]).describe("How fast replicas are added").optional(),
    down: z.enum(["aggressive", "conservative"]).describe("How fast replicas are taken away").optional(),
  })
  .meta({ id: "scale" });

const canary = z
  .strictObject({
    steps: z.array(ratio).min(1).describe("Shares of the traffic, one after the other, e.g. [10%, 50%]").optional(),
    pause: duration.describe("Time at each step").optional(),
    abort: z
      .strictObject({
        errors: ratio.describe("Error rate that ends it").optional(),
        p95: duration.describe("95th percentile of the response time that ends it").optional(),
      })
      .describe("What ends the rollout and goes back")
      .optional(),
  })
  .meta({ id: "canary" });

/** How a new version replaces the old: a word, or `{ canary: {…} }`. */
export const strategy = z.union([
  z.enum(["rolling", "recreate", "blue-green", "canary"]),
  z.strictObject({ canary: canary.describe("A share of the traffic first, then more") }),
]);

const rollout = z
  .strictObject({
    strategy: strategy.describe("rolling, recreate, blue-green or canary").optional(),
    surge: z.int().min(0).describe("Replicas above the wanted number while rolling").optional(),
    unavailable: z.int().min(0).describe("Replicas that may be missing while rolling").optional(),
  })
  .meta({ id: "rollout" });

const probe = z
  .strictObject({
    path: z.string().startsWith("/").describe("HTTP path; without one, the port is only connected to").optional(),
    port: name.describe("Name of the port").optional(),
    after: duration.describe("Wait before the first probe").optional(),
    every: duration.describe("Between probes").optional(),
    timeout: duration.describe("A probe that takes longer has failed").optional(),
    failures: z.int().min(1).describe("Failures in a row that count").optional(),
  })
  .meta({ id: "probe" });

const health = z
  .strictObject({
    ready: probe.describe("Ready to be sent requests").optional(),
    live: probe.describe("Alive; a replica that is not is restarted").optional(),
    startup: duration.describe("Longest time from start to ready").optional(),
  })
  .meta({ id: "health" });

const port = z.int().min(1).max(65535);
const ports = z.union([
  port,
  z.strictObject({
    number: port.describe("Port number"),
    protocol: z.enum(["http", "tcp", "grpc"]).describe("Protocol; http unless said").optional(),
  }),
]);

const call = z.union([
  z.string().min(1),
  z.strictObject({
    to: z.string().min(1).describe("A service, model, store, or an address outside"),
    port: z.union([name, port]).describe("Name or number of the port; the first unless said").optional(),
    protocol: z.enum(["http", "tcp", "grpc"]).describe("Protocol, for an address outside").optional(),
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
  z.strictObject({
    mount: z.string().startsWith("/").describe("Absolute path in the container").optional(),
    size: bytes.describe("Size, e.g. 20Gi"),
    persistent: z.boolean().describe("Outlives the replica as a claim of its own; false unless said").optional(),
  }),
]);

/** What a container needs: shared by services, sidecars and models. */
export const containerFields = {
  image: z
    .string()
    .min(1)
    .describe("Container image with a pinned tag or digest; the platform's own image when it only runs modules")
    .optional(),
  command: z.array(z.string()).describe("Command and arguments, instead of the image's own").optional(),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.union([z.string(), z.number(), z.boolean()]))
    .describe("Environment variables. Never secrets: those are mounted as files")
    .optional(),
  port: port.describe("The one port it listens on; 8080 for Keelson modules").optional(),
  ports: z.record(portName, ports).describe("Several ports by name, instead of `port`").optional(),
  cpu: cpuRange.describe("Request and limit: `500m..1`; one value means both").optional(),
  memory: byteRange.describe("Request and limit: `1Gi..2Gi`; one value means both").optional(),
  gpu: gpu.describe("GPUs of one replica").optional(),
  disk: byteRange.describe("Local disk of one replica, requested and at most").optional(),
  secrets: z.array(name).describe("Secrets mounted as files under /run/secrets/keelson").optional(),
  volumes: z.record(name, volume).describe("Volumes by name: a size, or mount, size and persistence").optional(),
};

/** What a set of replicas needs: shared by services and models. */
export const workloadFields = {
  ...containerFields,
  calls: z
    .array(call)
    .describe(
      "What it calls: services, models, stores, or addresses outside (https://api.openai.com). Only these ports open",
    )
    .optional(),
  replicas: counts.describe("Least and most: `2..10`; one number means both").optional(),
  scale: scale.describe("Signals that add and remove replicas between least and most").optional(),
  rollout: rollout.describe("How a new version replaces the old").optional(),
  disruption: z
    .strictObject({ minAvailable: z.int().min(0).describe("Replicas that stay through drains and upgrades") })
    .describe("Disruption budget")
    .optional(),
  spread: z
    .union([
      z.enum(["zones", "nodes", "none"]),
      z.strictObject({
        zones: strength.describe("Over zones").optional(),
        nodes: strength.describe("Over nodes").optional(),
      }),
    ])
    .describe("How replicas are spread: `zones`, `nodes`, `none`, or how strongly over each")
    .optional(),
  health: health.describe("Probes").optional(),
  grace: duration.describe("From SIGTERM to SIGKILL").optional(),
  drain: duration
    .describe("Waited after SIGTERM before connections are refused, so that callers have moved on")
    .optional(),
  nodes: name.describe("Node pool it runs on").optional(),
  priority: z.enum(["critical", "normal", "low"]).describe("What is evicted last").optional(),
  affinity: z.enum(["none", "session"]).describe("`session`: a client keeps its replica").optional(),
  sizing: z.enum(["auto", "recommend", "off"]).describe("Vertical sizing of CPU and memory").optional(),
  beside: oneOrMany(name).describe("Services that run in each of its replicas, as sidecars").optional(),
  objectives: objectives.describe("Objectives of this alone; the platform's hold for what is not said").optional(),
  patch: patch.optional(),
};
