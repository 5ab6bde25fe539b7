import { z } from "zod";
import { entrance } from "./entrances.js";
import { model, sizeClass } from "./models.js";
import { modelName, name, oneOrMany } from "./names.js";
import { nodePool } from "./nodes.js";
import { objectives } from "./objectives.js";
import { cluster, delivery, drills, observe, security } from "./operation.js";
import { regions, zones } from "./regions.js";
import { secret } from "./secrets.js";
import { service } from "./services.js";
import { provide, store } from "./stores.js";

/** Everything that an environment may change. */
const settings = {
  image: z
    .string()
    .min(1)
    .describe("Image of every unit that runs Keelson modules, with a pinned tag or digest")
    .optional(),
  services: z.record(name, service).describe("What runs: each by its name").optional(),
  models: z.record(modelName, model).describe("Models that clients can ask for, each by its name").optional(),
  classes: z.record(name, sizeClass).describe("Sizes of models, used where a model states no resources").optional(),
  stores: z.record(name, store).describe("Databases, caches, brokers and buckets, each by its name").optional(),
  entrance: entrance.describe("Where the world comes in, when there is one door").optional(),
  entrances: z.record(name, entrance).describe("Several doors by name, instead of `entrance`").optional(),
  secrets: z.record(name, secret).describe("Values mounted as files, each set by its name").optional(),
  nodes: z.record(name, nodePool).describe("Node pools by name").optional(),
  regions: regions.describe("Where it runs: one region, or primary, standby and failover").optional(),
  zones: zones.describe("Availability zones: how many, or their names").optional(),
  objectives: objectives.describe("What is promised for the whole platform").optional(),
  observe: observe.describe("Metrics, logs, traces and alerts").optional(),
  delivery: delivery.describe("How changes arrive").optional(),
  security: security.describe("Network, pods, mesh and identity").optional(),
  cluster: cluster.describe("The cluster itself").optional(),
  drills: drills.describe("Faults rehearsed on a schedule").optional(),
  cloud: z.enum(["none", "aws", "linode"]).describe("Cloud that provides what is managed").optional(),
  provide: provide.optional(),
  namespace: name.describe("Kubernetes namespace or Compose project; PLATFORM-ENVIRONMENT unless said").optional(),
  data: z.enum(["ephemeral", "test", "anonymised", "real"]).describe("What kind of data lives here").optional(),
  access: oneOrMany(z.string().min(1)).describe("Who may use it: team, users, admins …").optional(),
};

/** A platform under one environment: base and differences merged, `environments` gone. */
export const platformSettings = z.strictObject({
  platform: name.describe("Name of the platform"),
  ...settings,
});

/** The whole file. Differences are merged before they are checked, so here they may be anything. */
export const platformFile = platformSettings.extend({
  environments: z
    .record(name, z.union([z.null(), z.record(z.string(), z.unknown())]))
    .describe("Differences over everything else, by environment: merged key by key, `null` removes")
    .optional(),
});

export type Settings = z.output<typeof platformSettings>;
export type SettingsInput = z.input<typeof platformSettings>;
