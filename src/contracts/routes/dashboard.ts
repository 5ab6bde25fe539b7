import { z } from "zod";
import { OPERATOR } from "../authority.js";
import { backupListSchema, backupRequestSchema, requestedWorkSchema } from "../backups.js";
import { design, designComparison, revision } from "../design.js";
import {
  drillCancelledSchema,
  drillFaultEstimatesSchema,
  drillResultSchema,
  drillStartedSchema,
  drillState,
  drillSummariesSchema,
} from "../drills.js";
import { pageOf, search } from "../fields.js";
import { promiseSheet } from "../promises.js";
import { recoveryStateSchema } from "../recovery.js";
import { defineRoute } from "../route.js";
import { topology } from "../topology.js";

const drillName = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, "must be the id of a drill");
const drillId = z.strictObject({ id: drillName });

const backupId = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9-]{1,100}$/, "must be the id of a backup, or `latest`"),
});

// All routes of this file concern the platform itself, which all organisations share: an admin of one of them has no access.

export const overviewRoutes = {
  readPromises: defineRoute({
    method: "GET",
    path: "/admin/promises",
    summary: "Read the promise sheet: promised, predicted and measured, for every fault and subject",
    tag: "promises",
    authority: OPERATOR,
    json: promiseSheet,
  }),
  readTopology: defineRoute({
    method: "GET",
    path: "/admin/topology",
    summary: "Read the elements of the plan and the calls between them, with their current state",
    tag: "topology",
    authority: OPERATOR,
    json: topology,
  }),
};

export const designRoutes = {
  readDesign: defineRoute({
    method: "GET",
    path: "/admin/design",
    summary: "Read the platform file that the platform was started with, its findings, and the values of its plan",
    tag: "design",
    authority: OPERATOR,
    json: design,
  }),
  readDesignChanges: defineRoute({
    method: "GET",
    path: "/admin/design/changes",
    summary:
      "Compare the promises of the running version with those of the file now, or of a revision of its repository",
    tag: "design",
    authority: OPERATOR,
    query: z.strictObject({ against: revision.optional() }),
    json: designComparison,
  }),
};

export const drillRoutes = {
  listDrills: defineRoute({
    method: "GET",
    path: "/admin/drills",
    summary: "List running and completed drills, newest first",
    tag: "drills",
    authority: OPERATOR,
    query: z.strictObject({
      search,
      status: drillState.optional().meta({ description: "Only drills in this state." }),
      ...pageOf(drillName),
    }),
    json: drillSummariesSchema,
  }),
  listDrillFaults: defineRoute({
    method: "GET",
    path: "/admin/drills/faults",
    summary: "List the faults that a drill can inject, with the estimated outage and data loss of each",
    tag: "drills",
    authority: OPERATOR,
    json: drillFaultEstimatesSchema,
  }),
  startDrill: defineRoute({
    method: "POST",
    path: "/admin/drills",
    summary: "Inject a fault into the running platform and measure the recovery",
    tag: "drills",
    authority: OPERATOR,
    audit: "drill.start",
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
    authority: OPERATOR,
    params: drillId,
    json: drillResultSchema,
  }),
  cancelDrill: defineRoute({
    method: "POST",
    path: "/admin/drills/:id/cancel",
    summary: "Cancel a running drill and restore the state that it changed",
    tag: "drills",
    authority: OPERATOR,
    audit: "drill.cancel",
    params: drillId,
    status: 202,
    json: drillCancelledSchema,
  }),
  readDrillReportHtml: defineRoute({
    method: "GET",
    path: "/admin/drills/:id/report.html",
    summary: "Read the report of a drill as HTML",
    tag: "drills",
    authority: OPERATOR,
    params: drillId,
    text: ["text/html"],
  }),
  readDrillReportMarkdown: defineRoute({
    method: "GET",
    path: "/admin/drills/:id/report.md",
    summary: "Read the report of a drill as Markdown",
    tag: "drills",
    authority: OPERATOR,
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
    authority: OPERATOR,
    json: backupListSchema,
  }),
  readRecovery: defineRoute({
    method: "GET",
    path: "/admin/recovery",
    summary:
      "Read the state of backups and WAL archive: next backup, validity, backlog, size of the database, problems",
    tag: "backups",
    authority: OPERATOR,
    json: recoveryStateSchema,
  }),
  startBackup: defineRoute({
    method: "POST",
    path: "/admin/backups",
    summary: "Start a full backup now; `requested` of `GET /admin/recovery` has its outcome",
    tag: "backups",
    authority: OPERATOR,
    audit: "backup.create",
    body: backupRequestSchema,
    status: 202,
    json: requestedWorkSchema,
  }),
  startVerification: defineRoute({
    method: "POST",
    path: "/admin/backups/:id/verify",
    summary: "Start a verification of a backup by a restore; `requested` of `GET /admin/recovery` has its outcome",
    tag: "backups",
    authority: OPERATOR,
    audit: "backup.verify",
    params: backupId,
    status: 202,
    json: requestedWorkSchema,
  }),
};
