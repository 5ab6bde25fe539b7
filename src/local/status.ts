import { z } from "zod";
import { recoveryStateSchema } from "../contracts/recovery.js";
import { modelEngines, modelEnginesSchema } from "./model-engines.js";
import type { Platform } from "./platform.js";
import { recoveryReport } from "./recovery-report.js";

const processSchema = z.object({
  name: z.string(),
  kind: z.enum(["postgres", "serve"]),
  phase: z.enum(["absent", "starting", "running", "stopping"]),
  since: z.number().optional(),
  pid: z.number().optional(),
  crashes: z.number(),
  restarts: z.number(),
  lastExit: z.object({ at: z.number(), how: z.string() }).optional(),
});

export const statusSchema = z.object({
  platform: z.string(),
  environment: z.string(),
  file: z.string(),
  url: z.string(),
  dashboard: z.string(),
  data: z.string(),
  pid: z.number(),
  startedAt: z.number(),
  /** `ready`: every process is ready. `degraded`: they are, but a promise about recovery does not hold at present. */
  state: z.enum(["ready", "degraded", "starting", "stopping"]),
  processes: z.array(processSchema),
  /** The engine of each model; empty while the gateway does not respond. */
  models: modelEnginesSchema,
  ...recoveryStateSchema.shape,
});

/** What `keelson status --json` prints and `GET /status` of the control socket returns. Times are epoch milliseconds. */
export type PlatformStatus = z.infer<typeof statusSchema>;

export async function platformStatus(platform: Platform): Promise<PlatformStatus> {
  const { running, supervisor } = platform;
  const processes = await supervisor.status();
  const recovery = await recoveryReport(platform);
  const allRun = processes.every((process) => process.phase === "running");
  const stopping = processes.some((process) => process.phase === "stopping");
  const degraded =
    recovery.backups.failing !== undefined ||
    recovery.archive?.failing !== undefined ||
    recovery.problems.some(({ severity }) => severity === "degraded");
  return statusSchema.parse({
    ...running,
    state: stopping ? "stopping" : !allRun ? "starting" : degraded ? "degraded" : "ready",
    processes,
    models: await modelEngines(platform),
    ...recovery,
  });
}
