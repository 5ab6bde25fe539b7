import { z } from "zod";
import { backupListSchema } from "../../contracts/backups.js";
import {
  drillCancelledSchema,
  drillListSchema,
  drillResultSchema,
  drillStartedSchema,
  drillSummariesSchema,
} from "../../contracts/drills.js";
import { errorDocument } from "../../contracts/error.js";
import { type Measurement, measurementsOf } from "../../promises/measurement.js";
import type { AdminApp } from "../admin/index.js";
import type { Context } from "../kernel/module.js";
import type { Control } from "./control/control.js";
import { sheetAnswer } from "./promises/answer.js";
import { sheetOf } from "./promises/compose.js";
import { topologyAnswer } from "./topology/answer.js";
import { composeTopology } from "./topology/compose.js";
import type { Observer } from "./topology/readings.js";
import { reportPolicy } from "./web/policy.js";

const member = { access: { kind: "actor", scope: "admin", role: "member" } } as const;
const admin = { access: { kind: "actor", scope: "admin", role: "admin" } } as const;

const drillId = z.strictObject({ id: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, "is not the id of a drill") });

export interface Sources {
  readonly context: Context;
  readonly observer: Observer;
  readonly control: Control;
}

/** What the pages read beyond accounts and usage. */
export function dashboardRoutes(app: AdminApp, { context, observer, control }: Sources): void {
  const sheet = sheetOf(context.plan);
  app.get(
    "/admin/promises",
    {
      config: member,
      schema: {
        operationId: "readPromises",
        summary: "The promise sheet: every fault and subject, promised, predicted and measured",
        tags: ["promises"],
        response: { 200: sheetAnswer, default: errorDocument },
      },
    },
    async () => sheet(await measurements(control, context)),
  );

  app.get(
    "/admin/topology",
    {
      config: member,
      schema: {
        operationId: "readTopology",
        summary: "The plan's elements and calls with what runs of them now",
        tags: ["topology"],
        response: { 200: topologyAnswer, default: errorDocument },
      },
    },
    async () => composeTopology(context.plan, await observer.read()),
  );

  controlRoutes(app, control);
}

function controlRoutes(app: AdminApp, control: Control): void {
  app.get(
    "/admin/drills",
    {
      config: member,
      schema: {
        operationId: "listDrills",
        summary: "Running and completed drills",
        tags: ["drills"],
        response: { 200: drillSummariesSchema, default: errorDocument },
      },
    },
    () => control.json(drillSummariesSchema, "GET", "/drills"),
  );

  app.post(
    "/admin/drills",
    {
      config: admin,
      schema: {
        operationId: "startDrill",
        summary: "Inject a fault into the running platform and measure the recovery",
        tags: ["drills"],
        body: z.strictObject({
          fault: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/, "is not the name of a drill"),
          duration: z.number().int().positive().max(600_000).optional(),
        }),
        response: { 202: drillStartedSchema, default: errorDocument },
      },
    },
    async (request, reply) =>
      reply.status(202).send(await control.json(drillStartedSchema, "POST", "/drills", request.body)),
  );

  app.get(
    "/admin/drills/:id",
    {
      config: member,
      schema: {
        operationId: "readDrill",
        summary: "One drill, running or completed",
        tags: ["drills"],
        params: drillId,
        response: { 200: drillResultSchema, default: errorDocument },
      },
    },
    (request) => control.json(drillResultSchema, "GET", `/drills/${request.params.id}`),
  );

  app.post(
    "/admin/drills/:id/cancel",
    {
      config: admin,
      schema: {
        operationId: "cancelDrill",
        summary: "Cancel a running drill and restore the state that it changed",
        tags: ["drills"],
        params: drillId,
        response: { 202: drillCancelledSchema, default: errorDocument },
      },
    },
    async (request, reply) =>
      reply.status(202).send(await control.json(drillCancelledSchema, "POST", `/drills/${request.params.id}/cancel`)),
  );

  for (const [format, type] of [
    ["html", "text/html; charset=utf-8"],
    ["md", "text/markdown; charset=utf-8"],
  ] as const) {
    app.get(
      `/admin/drills/:id/report.${format}`,
      {
        config: member,
        schema: {
          operationId: `readDrillReport${format === "html" ? "Html" : "Markdown"}`,
          summary: `A drill's report as ${format === "html" ? "HTML" : "Markdown"}`,
          tags: ["drills"],
          params: drillId,
          response: {
            200: { content: { [type.split(";", 1)[0] ?? type]: { schema: z.string() } } },
            default: errorDocument,
          },
        },
      },
      async (request, reply) => {
        const text = await control.text("GET", `/drills/${request.params.id}/report.${format}`);
        return reply
          .header("content-type", type)
          .header("content-security-policy", reportPolicy)
          .header("referrer-policy", "no-referrer")
          .send(text);
      },
    );
  }

  app.get(
    "/admin/backups",
    {
      config: member,
      schema: {
        operationId: "listBackups",
        summary: "Backups in the catalogue, and whether each was verified by a restore",
        tags: ["backups"],
        response: { 200: backupListSchema, default: errorDocument },
      },
    },
    () => control.json(backupListSchema, "GET", "/backups"),
  );
}

/**
 * What the drills measured; empty only in a process without a supervisor, which has no drills. Any other failure is
 * returned to the client: a sheet without its measurements could show a broken promise as kept.
 */
async function measurements(control: Control, { log }: Context): Promise<readonly Measurement[]> {
  if (!control.available) return [];
  const { drills, unreadable } = await control.json(drillListSchema, "GET", "/drills");
  for (const { id, why } of unreadable) log.warn({ drill: id, why }, "the result of a drill cannot be read");
  return measurementsOf(drills);
}
