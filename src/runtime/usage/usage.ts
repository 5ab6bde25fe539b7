import { Counter } from "prom-client";
import { usageInternalRoutes } from "../../contracts/routes/usage.js";
import type { Accounts } from "../accounts/client.js";
import { createAdminApp, createInternalApp, mount, mountInternal, serve } from "../admin/index.js";
import type { Database } from "../database/client.js";
import type { Context, Running } from "../kernel/module.js";
import type { Usage } from "./client.js";
import { ledger } from "./migrations/0001-ledger.js";
import { record } from "./record.js";
import { serveUsage } from "./routes.js";
import type { UsageSchema } from "./schema.js";

/** The ledger of metered requests in PostgreSQL, and reports by hour, organisation, key and model. */
export async function startUsage(
  context: Context,
  needs: { readonly database: Database; readonly accounts: Accounts },
): Promise<Running<Usage>> {
  await needs.database.migrate("usage", [ledger]);
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

  const admin = await createAdminApp(context, needs.accounts);
  serveUsage(admin, tables);
  await mount(context, admin);

  const internal = createInternalApp(context);
  serve(internal, usageInternalRoutes, {
    recordUsage: async ({ body }) => {
      await recordAndCount(body.events);
      return null;
    },
  });
  await mountInternal(context, internal);

  return {
    client: { record: recordAndCount },
    stop: async () => {
      await Promise.all([admin.close(), internal.close()]);
    },
  };
}
