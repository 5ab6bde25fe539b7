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
  /** `ready`: every process is ready. `degraded`: they are, but backups or the WAL archive fail. */
  state: z.enum(["ready", "degraded", "starting", "stopping"]),
  processes: z.array(processSchema),
  backups: z.object({
    place: z.string(),
    /** Absent while the repository is unreachable; `failing` has the reason. */
    count: z.number().optional(),
    newest: z.object({ id: z.string(), at: z.number(), valid: z.boolean().optional() }).optional(),
    next: z.number().optional(),
    busy: z.string().optional(),
    failing: failureSchema.optional(),
  }),
  /** Absent if the platform file declares no WAL archive. */
  archive: z
    .object({
      archived: z.number(),
      last: z.object({ name: z.string(), at: z.number() }).optional(),
      failing: failureSchema.optional(),
    })
    .optional(),
});

/** What `keelson status --json` prints and `GET /status` of the control socket returns. Times are epoch milliseconds. */
export type PlatformStatus = z.infer<typeof statusSchema>;

export async function platformStatus(platform: Platform): Promise<PlatformStatus> {
  const { running, supervisor, recovery } = platform;
  const processes = await supervisor.status();
  const { archive, next, busy, failing } = recovery.state();
  const stored = await storedBackups(recovery);
  const allRun = processes.every((process) => process.phase === "running");
  const stopping = processes.some((process) => process.phase === "stopping");
  const failed = failing ?? stored.failing;
  const degraded = failed !== undefined || archive?.failing !== undefined;
  return statusSchema.parse({
    ...running,
    state: stopping ? "stopping" : !allRun ? "starting" : degraded ? "degraded" : "ready",
    processes,
    backups: { place: running.backups, count: stored.count, newest: stored.newest, next, busy, failing: failed },
    archive: archive && {
      archived: archive.archived,
      last: archive.last,
      failing: archive.failing && { what: archive.failing.name, ...archive.failing },
    },
  });
}

/** Timeout of the backup repository: the status of the processes is reported without it. */
const CATALOGUE_TIMEOUT_MS = 3_000;

async function storedBackups(recovery: Pick<Platform["recovery"], "catalogue">) {
  const received = new AbortController();
  try {
    const timeout = sleep(CATALOGUE_TIMEOUT_MS, undefined, { signal: received.signal }).then(() => {
      throw new Error(`the repository has not responded for ${CATALOGUE_TIMEOUT_MS / 1000} s`);
    });
    const { backups } = await Promise.race([recovery.catalogue(), timeout]);
    return { count: backups.length, newest: summary(backups.at(-1)) };
  } catch (error) {
    const reason = messageOf(error);
    return { failing: { what: "catalogue", since: Date.now(), reason } };
  } finally {
    received.abort();
  }
}

function summary(backup: Backup | undefined) {
  return backup && { id: backup.manifest.id, at: backup.manifest.finishedAt, valid: backup.verification?.valid };
}
