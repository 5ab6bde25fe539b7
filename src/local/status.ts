import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { messageOf } from "../errors/thrown.js";
import type { Backup } from "../recovery/backup/catalogue.js";
import type { Platform } from "./platform.js";

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

const failureSchema = z.object({ what: z.string(), since: z.number(), reason: z.string() });

export const statusSchema = z.object({
  platform: z.string(),
  environment: z.string(),
  file: z.string(),
  url: z.string(),
  dashboard: z.string(),
  data: z.string(),
  pid: z.number(),
  startedAt: z.number(),
  /** `ready`: every process answers. `degraded`: they do, but backups or the log's archiving fail. */
  state: z.enum(["ready", "degraded", "starting", "stopping"]),
  processes: z.array(processSchema),
  backups: z.object({
    place: z.string(),
    /** Absent while the place does not answer; `failing` says why then. */
    count: z.number().optional(),
    newest: z.object({ id: z.string(), at: z.number(), valid: z.boolean().optional() }).optional(),
    next: z.number().optional(),
    busy: z.string().optional(),
    failing: failureSchema.optional(),
  }),
  /** Absent when the platform file declares no log shipping. */
  archive: z
    .object({
      archived: z.number(),
      last: z.object({ name: z.string(), at: z.number() }).optional(),
      failing: failureSchema.optional(),
    })
    .optional(),
});

/** What `keelson status --json` prints and `GET /status` of the control socket answers. Times are epoch milliseconds. */
export type PlatformStatus = z.infer<typeof statusSchema>;

export async function platformStatus(platform: Platform): Promise<PlatformStatus> {
  const { running, supervisor, recovery } = platform;
  const processes = await supervisor.status();
  const { archive, next, busy, failing } = recovery.state();
  const known = await knownBackups(recovery);
  const allRun = processes.every((process) => process.phase === "running");
  const stopping = processes.some((process) => process.phase === "stopping");
  const failed = failing ?? known.failing;
  const troubled = failed !== undefined || archive?.failing !== undefined;
  return statusSchema.parse({
    ...running,
    state: stopping ? "stopping" : !allRun ? "starting" : troubled ? "degraded" : "ready",
    processes,
    backups: { place: running.backups, count: known.count, newest: known.newest, next, busy, failing: failed },
    archive: archive && {
      archived: archive.archived,
      last: archive.last,
      failing: archive.failing && { what: archive.failing.name, ...archive.failing },
    },
  });
}

/** Milliseconds that the place of the backups is waited for: how the processes are is told all the same. */
const PATIENCE = 3_000;

async function knownBackups(recovery: Pick<Platform["recovery"], "catalogue">) {
  const silence = new AbortController();
  try {
    const late = sleep(PATIENCE, undefined, { signal: silence.signal }).then(() => {
      throw new Error(`their place has not answered for ${PATIENCE / 1000} s`);
    });
    const { backups } = await Promise.race([recovery.catalogue(), late]);
    return { count: backups.length, newest: summary(backups.at(-1)) };
  } catch (error) {
    const reason = messageOf(error);
    return { failing: { what: "catalogue", since: Date.now(), reason } };
  } finally {
    silence.abort();
  }
}

function summary(backup: Backup | undefined) {
  return backup && { id: backup.manifest.id, at: backup.manifest.finishedAt, valid: backup.verification?.valid };
}
