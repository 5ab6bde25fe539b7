import { z } from "zod";
import { entrance } from "./entrances.js";
import { model, sizeClass } from "./models.js";
import { modelName, name, oneOrMany } from "./names.js";
import { nodePool } from "./nodes.js";
import { objectives, policy } from "./objectives.js";
import { cluster, delivery, drills, observe, security } from "./operation.js";
import { outside } from "./outside.js";
import { regions, zones } from "./regions.js";
import { secret } from "./secrets.js";
import { service } from "./services.js";
import { provide, store } from "./stores.js";
import { imageReference } from "./syntax.js";

/** All settings that an environment may override. */
const settings = {
  image: imageReference
    .describe("Container image of every unit that runs Keelson modules, with a pinned tag or digest")
    .optional(),
  services: z.record(name, service).describe("Services by name: Keelson modules, or images of your own").optional(),
  models: z.record(modelName, model).describe("Models by the name that clients request").optional(),
  classes: z
    .record(name, sizeClass)
    .describe("Size classes of models by name: the resources of a model that sets none")
    .optional(),
  stores: z.record(name, store).describe("Databases, caches, brokers and buckets by name").optional(),
  outside: outside.describe("What the operators of hosts outside the platform promise, by host").optional(),
  entrance: entrance.describe("Public entry point (ingress); use `entrances` for several").optional(),
  entrances: z
    .record(name, entrance)
    .describe("Several entry points (ingresses) by name, instead of `entrance`")
    .optional(),
  secrets: z.record(name, secret).describe("Secrets by name, mounted as files").optional(),
  nodes: z.record(name, nodePool).describe("Node pools by name").optional(),
  regions: regions.describe("Region, or primary region with standby regions and failover").optional(),
  zones: zones.describe("Availability zones: their number or their names").optional(),
  objectives: objectives.describe("Objectives of the whole platform: availability, RTO, RPO, latency").optional(),
  policies: z
    .record(name, policy)
    .describe("Named objectives, which the platform, services, models and stores refer to: `objectives: NAME`")
    .optional(),
  observe: observe.describe("Metrics, logs, traces and alerts").optional(),
  delivery: delivery.describe("Delivery of changes: rollout strategy, GitOps, approvals").optional(),
  security: security
    .describe("Network policies, pod security, service mesh, workload identity and audit log")
    .optional(),
  cluster: cluster.describe("Kubernetes cluster: version, autoscaler, backups of cluster objects").optional(),
  drills: drills.describe("Recovery drills that run on a schedule").optional(),
  cloud: z.enum(["none", "aws", "linode"]).describe("Cloud that provides managed services").optional(),
  provide: provide.optional(),
  namespace: name.describe("Kubernetes namespace or Compose project; default: PLATFORM-ENVIRONMENT").optional(),
  data: z.enum(["ephemeral", "test", "anonymised", "real"]).describe("Kind of data in this environment").optional(),
  access: oneOrMany(z.string().min(1))
    .describe("Groups that may use this environment: team, users, admins …")
    .optional(),
};

/** The settings of one environment: base and overrides merged, without `environments`. */
export const platformSettings = z.strictObject({
  platform: name.describe("Name of the platform"),
  ...settings,
});

/** The whole file. Overrides are validated after they are merged, so any mapping is accepted here. */
export const platformFile = platformSettings.extend({
  environments: z
    .record(name, z.union([z.null(), z.record(z.string(), z.unknown())]))
    .describe("Overrides by environment: merged key by key over everything else; `null` removes a key")
    .optional(),
});

export type Settings = z.output<typeof platformSettings>;
export type SettingsInput = z.input<typeof platformSettings>;
