import { ANONYMOUS } from "../../contracts/authority.js";
import type { Accounts } from "../accounts/client.js";
import { createAdminApp, mount } from "../admin/index.js";
import type { Gateway } from "../gateway/client.js";
import type { Context, Running } from "../kernel/module.js";
import type { Dashboard } from "./client.js";
import { Control } from "./control/control.js";
import { forwardToPeers } from "./forward.js";
import { serveOverview } from "./routes.js";
import { Observer } from "./topology/readings.js";
import { readWebFiles } from "./web/files.js";
import { webHandler } from "./web/handler.js";

export interface DashboardNeeds {
  readonly accounts: Accounts;
  readonly gateway: Gateway;
}

/** The web application and the data of its pages: promises, topology, drills, backups. */
export async function startDashboard(context: Context, needs: DashboardNeeds): Promise<Running<Dashboard>> {
  const control = new Control(process.env["KEELSON_CONTROL"]);
  const app = await createAdminApp(context, needs.accounts);
  const observer = new Observer(context, needs.gateway);
  serveOverview(app, { context, observer, control });
  await mount(context, app);
  forwardToPeers(context);
  const files = await readWebFiles();
  if (!files) context.log.warn("the dashboard was not built: its API is available, its pages are not");
  context.route("/", ANONYMOUS, webHandler(files));
  return {
    client: {},
    async stop() {
      await app.close();
      await control.close();
    },
  };
}
