import { gatewayInternalRoutes, modelRoutes } from "../../contracts/routes/gateway.js";
import type { UndoStack } from "../../lifecycle/undo-stack.js";
import type { Accounts } from "../accounts/client.js";
import { createAdminApp, createInternalApp, mount, mountInternal, serve } from "../admin/index.js";
import type { Context } from "../kernel/module.js";
import type { StatusBoard } from "./status.js";

/** Serves the state of the models: `GET /admin/models`, and the same for the other modules of the platform. */
export async function mountModels(
  context: Context,
  accounts: Pick<Accounts, "identify">,
  board: StatusBoard,
  undo: UndoStack,
): Promise<void> {
  const admin = await undo.step(
    "create the admin API",
    () => createAdminApp(context, accounts),
    (app) => app.close(),
  );
  serve(admin, modelRoutes, { readModels: async () => ({ models: board.models() }) });
  await mount(context, admin);
  const internal = await undo.step(
    "create the internal API",
    () => createInternalApp(context),
    (app) => app.close(),
  );
  serve(internal, gatewayInternalRoutes, { readModelsInternally: async () => ({ models: board.models() }) });
  await mountInternal(context, internal);
}
