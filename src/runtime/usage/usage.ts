import { Counter } from "prom-client";
import { usageInternalRoutes } from "../../contracts/routes/usage.js";
import type { UndoStack } from "../../lifecycle/undo-stack.js";
import type { Accounts } from "../accounts/client.js";
import { createAdminApp, createInternalApp, mount, mountInternal, scopeOf, serve } from "../admin/index.js";
import type { Database } from "../database/client.js";
import type { Context, Running } from "../kernel/module.js";
import { startInSteps } from "../kernel/start-steps.js";
import type { Usage } from "./client.js";
import { readMeasuredModels } from "./measured-models.js";
import { ledger } from "./migrations/0001-ledger.js";
import { days } from "./migrations/0002-days.js";
import { firstToken } from "./migrations/0003-first-token.js";
import { record } from "./record.js";
import { serveUsage } from "./routes.js";
import type { UsageSchema } from "./schema.js";

export interface UsageNeeds {
  readonly database: Database;
  readonly accounts: Accounts;
}

/** The ledger of metered requests in PostgreSQL, and reports by time, organisation, key and model. */
export function startUsage(context: Context, needs: UsageNeeds): Promise<Running<Usage>> {
  return startInSteps(context.log, (undo) => start(context, needs, undo));
}

async function start(context: Context, needs: UsageNeeds, undo: UndoStack): Promise<{ readonly client: Usage }> {
  await needs.database.migrate("usage", [ledger, days, firstToken]);
  const tables = needs.database.tables<UsageSchema>();
  const counter = new Counter({
    name: "keelson_usage_events_total",
    help: "Usage events received, by result.",
    labelNames: ["result"] as const,
    registers: [context.metrics],
  });
  const recordAndCount = async (values: readonly unknown[]): Promise<void> => {
    const recorded = await record(tables, values, context.log);
    for (const [result, count] of Object.entries(recorded)) counter.inc({ result }, count);
  };

  const measuredModels = () => tables.transaction(scopeOf(undefined), (open) => readMeasuredModels(open, new Date()));

  const admin = await undo.step(
    "create the admin API",
    () => createAdminApp(context, needs.accounts),
    (app) => app.close(),
  );
  serveUsage(admin, tables, needs.accounts, measuredModels);
  await mount(context, admin);

  const internal = await undo.step(
    "create the internal API",
    () => createInternalApp(context),
    (app) => app.close(),
  );
  serve(internal, usageInternalRoutes, {
    recordUsage: async ({ body }) => {
      await recordAndCount(body.events);
      return null;
    },
    measuredModels,
  });
  await mountInternal(context, internal);

  return { client: { record: recordAndCount, measuredModels } };
}
