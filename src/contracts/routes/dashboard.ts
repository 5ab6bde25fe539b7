import { z } from "zod";
import { ADMIN, MEMBER } from "../authority.js";
import { backupListSchema } from "../backups.js";
import {
  drillCancelledSchema,
  drillFaultEstimatesSchema,
  drillResultSchema,
  drillStartedSchema,
  drillSummariesSchema,
} from "../drills.js";
import { promiseSheet } from "../promises.js";
import { defineRoute } from "../route.js";
import { topology } from "../topology.js";

const drillId = z.strictObject({ id: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, "must be the id of a drill") });

export const overviewRoutes = {
  readPromises: defineRoute({
    method: "GET",
    path: "/admin/promises",
    summary: "Read the promise sheet: promised, predicted and measured, for every fault and subject",
    tag: "promises",
    authority: MEMBER,
    json: promiseSheet,
  }),
  readTopology: defineRoute({
    method: "GET",
    path: "/admin/topology",
    summary: "Read the elements of the plan and the calls between them, with their current state",
    tag: "topology",
    authority: MEMBER,
    json: topology,
  }),
};

export const drillRoutes = {
  listDrills: defineRoute({
    method: "GET",
    path: "/admin/drills",
    summary: "List running and completed drills",
    tag: "drills",
    authority: MEMBER,
    json: drillSummariesSchema,
  }),
  listDrillFaults: defineRoute({
    method: "GET",
    path: "/admin/drills/faults",
    summary: "List the faults that a drill can inject, with the estimated outage and data loss of each",
    tag: "drills",
    authority: MEMBER,
    json: drillFaultEstimatesSchema,
  }),
  startDrill: defineRoute({
    method: "POST",
    path: "/admin/drills",
    summary: "Inject a fault into the running platform and measure the recovery",
    tag: "drills",
    authority: ADMIN,
    audit: "none",
    body: z.strictObject({
      fault: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/, "must be the name of a fault"),
      duration: z.number().int().positive().max(600_000).optional().meta({
        description: "Steady load before the fault, in milliseconds.",
      }),
    }),
    status: 202,
    json: drillStartedSchema,
  }),
  readDrill: defineRoute({
    method: "GET",
    path: "/admin/drills/:id",
    summary: "Read one drill, running or completed",
    tag: "drills",
    authority: MEMBER,
    params: drillId,
    json: drillResultSchema,
  }),
  cancelDrill: defineRoute({
    method: "POST",
    path: "/admin/drills/:id/cancel",
    summary: "Cancel a running drill and restore the state that it changed",
    tag: "drills",
    authority: ADMIN,
    audit: "none",
    params: drillId,
    status: 202,
    json: drillCancelledSchema,
  }),
  readDrillReportHtml: defineRoute({
    method: "GET",
    path: "/admin/drills/:id/report.html",
    summary: "Read the report of a drill as HTML",
    tag: "drills",
    authority: MEMBER,
    params: drillId,
    text: ["text/html"],
  }),
  readDrillReportMarkdown: defineRoute({
    method: "GET",
    path: "/admin/drills/:id/report.md",
    summary: "Read the report of a drill as Markdown",
    tag: "drills",
    authority: MEMBER,
    params: drillId,
    text: ["text/markdown"],
  }),
};

export const backupRoutes = {
  listBackups: defineRoute({
    method: "GET",
    path: "/admin/backups",
    summary: "List the backups in the catalogue, and whether a restore has verified each",
    tag: "backups",
    authority: MEMBER,
    json: backupListSchema,
  }),
};
