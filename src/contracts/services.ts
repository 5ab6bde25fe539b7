import { z } from "zod";

/** States of a module: its condition while it runs, else its place in the life cycle. */
export const moduleState = z.enum(["waiting", "starting", "ready", "degraded", "stopping", "stopped", "failed"]);
export type ModuleState = z.infer<typeof moduleState>;

/** The state of one module of a process. */
export const moduleStatus = z.object({
  name: z.string(),
  state: moduleState,
  reason: z.string().optional(),
  needs: z.array(z.string()).readonly(),
  /** Epoch milliseconds of the last change of state or reason. */
  since: z.number(),
});
export type ModuleStatus = Readonly<z.infer<typeof moduleStatus>>;

/** Response of `GET /services`: what one process runs. */
export const servicesDocument = z.object({
  /** The unit of the plan; absent in a process that runs the whole platform. */
  unit: z.string().optional(),
  pid: z.number(),
  /** Epoch milliseconds. */
  startedAt: z.number(),
  services: z.array(moduleStatus).readonly(),
  /** Modules that run in other processes, with the address in use. */
  remote: z.array(z.object({ name: z.string(), url: z.string().optional() })).readonly(),
});
export type ServicesDocument = z.infer<typeof servicesDocument>;
