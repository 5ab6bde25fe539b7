import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { drillListSchema } from "../../contracts/drills.js";
import { recoveryStateSchema } from "../../contracts/recovery.js";
import { backupRoutes, designRoutes, drillRoutes, overviewRoutes } from "../../contracts/routes/dashboard.js";
import type { Topology } from "../../contracts/topology.js";
import { type MeasuredModel, measuredModels } from "../../promises/latency/measured-model.js";
import { type Measurement, measurementsOf } from "../../promises/measurement.js";
import { type Observation, observationsOf } from "../../promises/observation.js";
import { serve, TextResponse } from "../admin/index.js";
import type { Context } from "../kernel/module.js";
import type { Usage } from "../usage/client.js";
import type { Control } from "./control/control.js";
import { pageOfDrills } from "./drill-list.js";
import { sheetOf } from "./promises/compose.js";
import { composeTopology } from "./topology/compose.js";
import type { Observer } from "./topology/readings.js";
import { reportPolicy } from "./web/policy.js";

export interface Sources {
  readonly context: Context;
  readonly observer: Observer;
  readonly control: Control;
  readonly usage: Pick<Usage, "measuredModels">;
}

/** Serves what the pages read besides accounts, usage and models. */
export function serveOverview(app: FastifyInstance, { context, observer, control, usage }: Sources): void {
  const sheet = sheetOf(context.plan);
  serve(app, overviewRoutes, {
    readPromises: async () =>
      sheet(await measurements(control, context), {
        observations: await observations(control),
        models: await models(usage, context),
      }),
    readTopology: async ({ reply }) => {
      const topology = composeTopology(context.plan, await observer.read());
      reply.header("etag", tagOf(topology));
      return topology;
    },
  });
  serve(app, designRoutes, {
    readDesign: () => control.json(designRoutes.readDesign.json, "GET", "/design"),
    readDesignChanges: ({ query: { against } }) =>
      control.json(
        designRoutes.readDesignChanges.json,
        "GET",
        against === undefined ? "/design/changes" : `/design/changes/${encodeURIComponent(against)}`,
      ),
  });
  serve(app, drillRoutes, {
    listDrills: async ({ query }) => pageOfDrills(await control.json(drillListSchema, "GET", "/drills"), query),
    listDrillFaults: () => control.json(drillRoutes.listDrillFaults.json, "GET", "/drills/faults"),
    startDrill: ({ body, actor }) => control.json(drillRoutes.startDrill.json, "POST", "/drills", { body, actor }),
    readDrill: ({ params }) => control.json(drillRoutes.readDrill.json, "GET", `/drills/${params.id}`),
    cancelDrill: ({ params, actor }) =>
      control.json(drillRoutes.cancelDrill.json, "POST", `/drills/${params.id}/cancel`, { actor }),
    readDrillReportHtml: ({ params }) => report(control, `/drills/${params.id}/report.html`, "text/html"),
    readDrillReportMarkdown: ({ params }) => report(control, `/drills/${params.id}/report.md`, "text/markdown"),
  });
  serve(app, backupRoutes, {
    listBackups: () => control.json(backupRoutes.listBackups.json, "GET", "/backups"),
    readRecovery: () => control.json(backupRoutes.readRecovery.json, "GET", "/recovery"),
    startBackup: ({ body, actor }) =>
      control.json(backupRoutes.startBackup.json, "POST", "/backups/start", { body, actor }),
    startVerification: ({ params, actor }) =>
      control.json(backupRoutes.startVerification.json, "POST", `/backups/${params.id}/verify/start`, { actor }),
  });
}

/** Changes with everything except the time of the reading: most of the readings of a page are equal. */
function tagOf({ at: _at, ...shown }: Topology): string {
  return `"${createHash("sha256").update(JSON.stringify(shown)).digest("base64url").slice(0, 22)}"`;
}

async function report(control: Control, path: string, mediaType: string): Promise<TextResponse> {
  return new TextResponse(mediaType, await control.text("GET", path), {
    "content-security-policy": reportPolicy,
    "referrer-policy": "no-referrer",
  });
}

/** What the running platform shows about its database; empty in a process without a supervisor. */
async function observations(control: Control): Promise<readonly Observation[]> {
  return control.available ? observationsOf(await control.json(recoveryStateSchema, "GET", "/recovery")) : [];
}

/**
 * What the ledger shows of the models; empty while it is unreachable: the promises about the loss of the database must be readable during
 * that loss.
 */
async function models(usage: Sources["usage"], { log }: Context): Promise<readonly MeasuredModel[]> {
  try {
    return measuredModels(await usage.measuredModels());
  } catch (error) {
    log.warn({ err: error }, "the load and the latencies in the ledger cannot be read");
    return [];
  }
}

/**
 * The measurements of the drills; empty only in a process without a supervisor, which has no drills. Any other failure is
 * returned to the client: a sheet without its measurements could show a broken promise as kept.
 */
async function measurements(control: Control, { log, plan }: Context): Promise<readonly Measurement[]> {
  if (!control.available) return [];
  const { drills, unreadable } = await control.json(drillListSchema, "GET", "/drills");
  for (const { id, why } of unreadable) log.warn({ drill: id, why }, "the result of a drill cannot be read");
  return measurementsOf(drills, { platform: plan.platform, environment: plan.environment, now: Date.now() });
}
