import { z } from "zod";
import { MODULE_NAMES } from "../../modules/index.js";
import { serviceLoad } from "./load.js";
import { name } from "./names.js";
import { probePath, routePath } from "./syntax.js";
import { containerFields, workloadFields } from "./workload.js";

const expose = z.union([
  z.boolean(),
  routePath,
  z.strictObject({
    path: z
      .union([routePath, z.array(routePath).min(1)])
      .describe("Path prefixes that route to this service")
      .optional(),
    entrance: name.describe("Name of the entrance, if there are several").optional(),
    port: name.describe("Name of the port to route to").optional(),
  }),
]);

const metrics = z.union([
  probePath,
  z.strictObject({
    path: probePath.describe("HTTP path of the metrics; default /metrics").optional(),
    port: name.describe("Name of the port; default: the first").optional(),
  }),
]);

const modules = z
  .array(z.enum(MODULE_NAMES))
  .min(1)
  .describe(`Keelson modules in this service: ${MODULE_NAMES.join(", ")}`);

/** A service with replicas: Keelson modules, or an image of your own. */
export const service = z
  .strictObject({
    modules: modules.optional(),
    role: z.enum(["service", "worker"]).describe("`worker`: accepts no calls and has no port").optional(),
    ...workloadFields,
    load: serviceLoad.describe("Requests that it must serve: its latency is predicted from them").optional(),
    metrics: metrics
      .describe("Metrics in the format of Prometheus that its image serves: the path, or path and port")
      .optional(),
    expose: expose.describe("Route from an entrance: true, a path prefix, or path, entrance and port").optional(),
    sidecars: z
      .record(name, z.strictObject({ modules: modules.optional(), ...containerFields }).describe("A sidecar container"))
      .describe("Sidecar containers of each replica, by name")
      .optional(),
  })
  .meta({ id: "service" });

export type ServiceInput = z.output<typeof service>;
export type SidecarInput = NonNullable<ServiceInput["sidecars"]>[string];
