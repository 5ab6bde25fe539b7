import type { FastifyInstance } from "fastify";
import { gatewayInternalRoutes, modelRoutes } from "../../contracts/routes/gateway.js";
import type { Accounts } from "../accounts/client.js";
import { createAdminApp, createInternalApp, mount, mountInternal, serve } from "../admin/index.js";
import type { Context } from "../kernel/module.js";
import type { StatusBoard } from "./status.js";

/** Serves the state of the models: `GET /admin/models`, and the same for the other modules of the platform. */
export async function mountModels(
  context: Context,
  accounts: Pick<Accounts, "identify">,
  board: StatusBoard,
): Promise<readonly FastifyInstance[]> {
  const admin = await createAdminApp(context, accounts);
  serve(admin, modelRoutes, { readModels: async () => ({ models: board.models() }) });
  await mount(context, admin);
  const internal = createInternalApp(context);
  serve(internal, gatewayInternalRoutes, { readModelsInternally: async () => ({ models: board.models() }) });
  await mountInternal(context, internal);
  return [admin, internal];
}
