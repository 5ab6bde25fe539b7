import { errorDocument } from "../../contracts/error.js";
import type { Accounts } from "../accounts/client.js";
import { type AdminApp, createAdminApp, mount } from "../admin/index.js";
import type { Context } from "../kernel/module.js";
import type { StatusBoard } from "./status.js";
import { modelsReply } from "./wire.js";

/** `GET /admin/models`: how the models and their servers are. */
export async function mountModels(
  context: Context,
  accounts: Pick<Accounts, "identify">,
  board: StatusBoard,
): Promise<AdminApp> {
  const app = await createAdminApp(context, accounts);
  app.get(
    "/admin/models",
    {
      config: { access: { kind: "actor", scope: "admin", role: "member" } },
      schema: {
        operationId: "readModels",
        summary: "The models with their engines, targets, queues and rates",
        tags: ["models"],
        response: { 200: modelsReply, default: errorDocument },
      },
    },
    async () => ({ models: [...board.models()].map((model) => ({ ...model, targets: [...model.targets] })) }),
  );
  await mount(context, ["/admin/models"], app);
  return app;
}
