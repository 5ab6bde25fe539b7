import { z } from "zod";
import { moduleNames } from "../modules.js";
import { name } from "./names.js";
import { containerFields, workloadFields } from "./workload.js";

const expose = z.union([
  z.boolean(),
  z.string().startsWith("/"),
  z.strictObject({
    path: z
      .union([z.string().startsWith("/"), z.array(z.string().startsWith("/")).min(1)])
      .describe("Path prefixes that reach it")
      .optional(),
    entrance: name.describe("Entrance by name, when there are several").optional(),
    port: name.describe("Name of the port").optional(),
  }),
]);

const modules = z
  .array(z.enum(moduleNames))
  .min(1)
  .describe("Keelson modules that run in it: gateway, engine, accounts, usage, dashboard, database");

/** Something that runs as replicas: Keelson modules, or an image of your own. */
export const service = z
  .strictObject({
    modules: modules.optional(),
    role: z.enum(["service", "worker"]).describe("`worker` takes no calls and has no port").optional(),
    ...workloadFields,
    expose: expose.describe("Reached from outside: true, a path prefix, or path, entrance and port").optional(),
    sidecars: z
      .record(
        name,
        z.strictObject({ modules: modules.optional(), ...containerFields }).describe("A container beside the main one"),
      )
      .describe("Containers in each replica, by name")
      .optional(),
  })
  .meta({ id: "service" });

export type ServiceInput = z.output<typeof service>;
export type SidecarInput = NonNullable<ServiceInput["sidecars"]>[string];
