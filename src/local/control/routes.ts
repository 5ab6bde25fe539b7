import { z } from "zod";
import { backupRequestSchema, requestedWorkSchema } from "../../contracts/backups.js";
import {
  lastRestoreSchema,
  type RestoreRequest,
  restoredSchema,
  restorePreviewSchema,
  restoreRequestSchema,
} from "../../contracts/restore.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { readDuration } from "../../platform-file/format.js";
import { listed, listing } from "../../recovery/backup/listing.js";
import { MAX_RATE_PER_SECOND } from "../../recovery/drills/limits.js";
import { RestoreRecorder } from "../../recovery/restore/progress.js";
import type { RestoreTarget } from "../../recovery/restore/target.js";
import type { Platform } from "../platform.js";
import { recoveryReport } from "../recovery-report.js";
import { platformStatus } from "../status.js";
import { BackupRequests } from "./backup-requests.js";
import { replaceDatabase } from "./replace-database.js";
import type { ControlResponse, ControlRoutes } from "./server.js";

const backupBody = backupRequestSchema.default({ verify: true });

/** The operations of a running platform. `onStop` is called after the response to a stop is sent. */
export function platformRoutes(platform: Platform, onStop: () => void): ControlRoutes {
  const { recovery, running, acts } = platform;
  const requests = new BackupRequests(recovery, acts);
  return {
    "GET /status": async () => ok(await platformStatus(platform)),
    "GET /recovery": async () => ok(await recoveryReport(platform)),
    "POST /stop": async ({ actor }) => {
      await acts.record({ act: "platform.stop", actor, subject: running.platform });
      setImmediate(onStop);
      return { status: 202, body: { stopping: true, pid: process.pid } };
    },
    "GET /backups": async () => ok(listing(running.backups, await recovery.catalogue())),
    "POST /backups": async ({ body, actor }) => {
      const { verify } = parsed(backupBody, body);
      const act = { act: "backup.create", actor, subject: running.platform, detail: { verify } } as const;
      return ok(listed(await acts.during(act, () => recovery.take(verify))));
    },
    "POST /backups/:id/verify": async ({ parameters: { id = "" }, actor }) =>
      ok(listed(await acts.during({ act: "backup.verify", actor, subject: id }, () => recovery.verify(id)))),
    "POST /backups/start": async ({ body, actor }) => {
      const { verify } = parsed(backupBody, body);
      const started = await requests.take({ actor, subject: running.platform }, verify);
      return { status: 202, body: requestedWorkSchema.parse(started) };
    },
    "POST /backups/:id/verify/start": async ({ parameters: { id = "" }, actor }) => ({
      status: 202,
      body: requestedWorkSchema.parse(await requests.verify({ actor, subject: id })),
    }),
    ...restoreRoutes(platform),
    ...drillRoutes(platform),
  };
}

/** Replaces the database by a backup, unless a drill or another restore is running. */
function restoreRoutes(platform: Platform): ControlRoutes {
  const { recovery, exclusive, acts } = platform;
  let last: RestoreRecorder | undefined;
  return {
    "POST /restore/preview": async ({ body }) => {
      const request = parsed(restoreRequestSchema, body);
      return ok(restorePreviewSchema.parse(await recovery.previewRestore(request, targetOf(request))));
    },
    "GET /restore": async () => ok(lastRestoreSchema.parse({ restore: last?.get() })),
    "POST /restore": async ({ body, actor }) => {
      const request = parsed(restoreRequestSchema, body);
      const release = exclusive.begin({ kind: "restore", what: () => `the restore of backup ${request.id}` });
      const recorder = new RestoreRecorder(request, Date.now);
      last = recorder;
      try {
        const at = request.at === undefined ? {} : { at: new Date(request.at).toISOString() };
        const restored = await acts.during({ act: "backup.restore", actor, subject: request.id, detail: at }, () =>
          replaceDatabase(platform, request, targetOf(request), recorder),
        );
        recorder.finish();
        return ok(restoredSchema.parse(restored));
      } catch (error) {
        recorder.fail(error);
        throw error;
      } finally {
        release();
      }
    },
  };
}

function targetOf({ at, timeline }: RestoreRequest): RestoreTarget {
  return at === undefined ? { kind: "latest", timeline } : { kind: "time", at, timeline };
}

const drillBody = z.object({
  fault: z.string(),
  /** Milliseconds, or a duration such as `10s`. */
  duration: z.union([z.number().positive(), z.string()]).optional(),
  rate: z.number().positive().max(MAX_RATE_PER_SECOND).optional(),
});

function drillRoutes({ drills, acts }: Platform): ControlRoutes {
  const id = (parameters: Readonly<Record<string, string>>) => parameters["id"] ?? "";
  return {
    "GET /drills/faults": async () => ok({ faults: await drills.faults() }),
    "GET /drills": async () => ok(await drills.list()),
    "POST /drills": async ({ body, actor }) => {
      const { fault, duration, rate } = parsed(drillBody, body);
      const request = { fault, steadyMs: milliseconds(duration), ratePerSecond: rate };
      const act = { act: "drill.start", actor, subject: fault, detail: { fault: fault.slice(0, 100) } } as const;
      const started = await acts.during(
        act,
        () => drills.start(request),
        ({ id }) => id,
      );
      return { status: 202, body: started };
    },
    "GET /drills/:id": async ({ parameters }) => ok(await drills.read(id(parameters))),
    "POST /drills/:id/cancel": async ({ parameters, actor }) => {
      const act = { act: "drill.cancel", actor, subject: id(parameters) } as const;
      await acts.during(act, async () => drills.cancel(id(parameters)));
      return { status: 202, body: { cancelling: true } };
    },
    "GET /drills/:id/finished": async ({ parameters }) => ok(await drills.finished(id(parameters))),
    "GET /drills/:id/report.html": async ({ parameters }) => ({
      status: 200,
      type: "text/html; charset=utf-8",
      text: await drills.report(id(parameters), "html"),
    }),
    "GET /drills/:id/report.md": async ({ parameters }) => ({
      status: 200,
      type: "text/markdown; charset=utf-8",
      text: await drills.report(id(parameters), "md"),
    }),
  };
}

function milliseconds(duration: number | string | undefined): number | undefined {
  if (typeof duration !== "string") return duration;
  const read = readDuration(duration);
  if (read.ok) return read.value;
  throw new KeelsonError("control/body", `duration: ${read.message}`, { hint: read.hint });
}

function ok(body: unknown): ControlResponse {
  return { status: 200, body };
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new KeelsonError("control/body", `${issue?.path.join(".") || "the body"}: ${issue?.message ?? "is invalid"}`);
}
