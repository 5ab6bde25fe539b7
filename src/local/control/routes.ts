import { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import { readDuration } from "../../platform-file/format.js";
import { listed, listing } from "../../recovery/backup/listing.js";
import { MAX_RATE_PER_SECOND } from "../../recovery/drills/limits.js";
import type { RestoreTarget } from "../../recovery/restore/target.js";
import type { Recovery, Replacement } from "../../recovery/service.js";
import type { Platform } from "../platform.js";
import { platformStatus } from "../status.js";
import type { Supervisor } from "../supervisor.js";
import { untilAnswering } from "../until-answering.js";
import type { ControlAnswer, ControlRoutes } from "./server.js";

const backupBody = z.object({ verify: z.boolean().default(true) }).default({ verify: true });
const restoreBody = z.object({ id: z.string(), at: z.number().optional() });

/** What a running platform can be asked to do from outside. `onStop` ends the program after the answer is out. */
export function platformRoutes(platform: Platform, onStop: () => void): ControlRoutes {
  const { recovery, running } = platform;
  return {
    "GET /status": async () => ok(await platformStatus(platform)),
    "POST /stop": async () => {
      setImmediate(onStop);
      return { status: 202, body: { stopping: true, pid: process.pid } };
    },
    "GET /backups": async () => ok(listing(running.backups, await recovery.catalogue())),
    "POST /backups": async ({ body }) => ok(listed(await recovery.take(parsed(backupBody, body).verify))),
    "POST /backups/:id/verify": async ({ parameters }) => ok(listed(await recovery.verify(parameters["id"] ?? ""))),
    "POST /restore": async ({ body }) => {
      const { id, at } = parsed(restoreBody, body);
      const target: RestoreTarget = at === undefined ? { kind: "latest" } : { kind: "time", at };
      return ok(await restoreInPlace(platform, id, target));
    },
    ...drillRoutes(platform),
  };
}

/** Milliseconds that a restore waits for the newest segment of the log to be stored. */
const newestSegmentPatience = 10_000;

/** Puts a backup in the place of the database, unless a drill or another restore is under way. */
async function restoreInPlace(platform: Platform, id: string, target: RestoreTarget) {
  const release = platform.exclusive.begin({ kind: "restore", what: () => `the restore of backup ${id}` });
  try {
    return await replaceDatabase(platform, id, target);
  } finally {
    release();
  }
}

/**
 * Nothing is stopped for a wish that cannot be met: the backup is found, fetched and checked while the platform serves.
 * When the server cannot recover from what was restored, what was there before is put back.
 */
async function replaceDatabase({ recovery, supervisor }: Platform, id: string, target: RestoreTarget) {
  const began = Date.now();
  const replacement = await recovery.prepareReplacement(id, target);
  const done = await replaceStopped(recovery, supervisor, replacement).catch(async (error: unknown) => {
    await replacement.discard();
    throw error;
  });
  try {
    await untilAnswering(supervisor, () => undefined, undefined);
  } catch (error) {
    const { kept } = done;
    if (kept !== undefined) {
      await supervisor.whileStopped(() => recovery.putBack(kept));
      await supervisor.whenReady();
    }
    throw error;
  }
  return { ...done, tookMs: Date.now() - began };
}

async function replaceStopped(recovery: Recovery, supervisor: Supervisor, replacement: Replacement) {
  // The newest writes are in a segment that is not full yet: it is closed and stored first, or a moment of the last seconds
  // could not be reached. A database that is lost has none to give; then the stored log is all there is.
  await recovery.probeArchive(newestSegmentPatience).catch(() => undefined);
  return supervisor.whileStopped(() => replacement.replace());
}

const drillBody = z.object({
  fault: z.string(),
  /** Milliseconds, or as people write it: `10s`. */
  duration: z.union([z.number().positive(), z.string()]).optional(),
  rate: z.number().positive().max(MAX_RATE_PER_SECOND).optional(),
});

function drillRoutes({ drills }: Platform): ControlRoutes {
  const id = (parameters: Readonly<Record<string, string>>) => parameters["id"] ?? "";
  return {
    "GET /drills": async () => ok(await drills.list()),
    "POST /drills": async ({ body }) => {
      const { fault, duration, rate } = parsed(drillBody, body);
      const request = { fault, steadyMs: milliseconds(duration), ratePerSecond: rate };
      return { status: 202, body: await drills.start(request) };
    },
    "GET /drills/:id": async ({ parameters }) => ok(await drills.read(id(parameters))),
    "POST /drills/:id/cancel": async ({ parameters }) => {
      drills.cancel(id(parameters));
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

function ok(body: unknown): ControlAnswer {
  return { status: 200, body };
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new KeelsonError(
    "control/body",
    `${issue?.path.join(".") || "the body"}: ${issue?.message ?? "is not as hoped"}`,
  );
}
