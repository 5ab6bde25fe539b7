import type { ListedModel, ModelStatus } from "../../contracts/models.js";
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
  serve(admin, modelRoutes, {
    readModels: async ({ actor }) => ({ models: actor.operator ? board.models() : board.models().map(toTenantView) }),
  });
  await mount(context, admin);
  const internal = await undo.step(
    "create the internal API",
    () => createInternalApp(context),
    (app) => app.close(),
  );
  serve(internal, gatewayInternalRoutes, { readModelsInternally: async () => ({ models: board.models() }) });
  await mountInternal(context, internal);
}

/** What an organisation sees of a model: nothing of the load, which is that of all organisations. */
function toTenantView({ name, embeddings, engine, state }: ModelStatus): ListedModel {
  return { name, embeddings, engine, state };
}
