import { Counter } from "prom-client";
import { z } from "zod";
import { INTERNAL_TOKEN } from "../../contracts/authority.js";
import type { Accounts } from "../accounts/client.js";
import { createAdminApp, mount } from "../admin/index.js";
import { createInternalApp } from "../admin/internal-app.js";
import type { Database } from "../database/client.js";
import type { Context, Running } from "../kernel/module.js";
import type { Usage } from "./client.js";
import { ledger } from "./migrations/0001-ledger.js";
import { type Recorded, record } from "./record.js";
import { usageRoutes } from "./routes.js";
import type { UsageSchema } from "./schema.js";

/** The ledger of answered requests in PostgreSQL, and its reading by hour, organisation, key and model. */
export async function startUsage(
  context: Context,
  needs: { readonly database: Database; readonly accounts: Accounts },
): Promise<Running<Usage>> {
  await needs.database.migrate("usage", [ledger]);
  const tables = needs.database.tables<UsageSchema>();
  const counter = new Counter({
    name: "keelson_usage_events_total",
    help: "Usage events that arrived, by what became of them.",
    labelNames: ["result"] as const,
    registers: [context.metrics],
  });
  const take = async (values: readonly unknown[]): Promise<void> => {
    const recorded: Recorded = await record(tables, values, context.log);
    for (const [result, count] of Object.entries(recorded)) counter.inc({ result }, count);
  };

  const admin = await createAdminApp(context, needs.accounts);
  usageRoutes(admin, tables);
  await mount(context, ["/admin/usage"], admin);

  const internal = createInternalApp(context);
  internal.post(
    "/internal/usage/record",
    { schema: { body: z.strictObject({ events: z.array(z.unknown()).max(10_000) }), response: { 204: z.null() } } },
    async (request, reply) => {
      await take(request.body.events);
      return reply.status(204).send(null);
    },
  );
  await internal.ready();
  context.route("/internal/usage", INTERNAL_TOKEN, (request, response) => internal.routing(request, response));

  return {
    client: { record: take },
    stop: async () => {
      await Promise.all([admin.close(), internal.close()]);
    },
  };
}
