import { ANONYMOUS } from "../../contracts/authority.js";
import type { UndoStack } from "../../lifecycle/undo-stack.js";
import type { Accounts } from "../accounts/client.js";
import { createAdminApp, mount } from "../admin/index.js";
import type { Gateway } from "../gateway/client.js";
import type { Context, Running } from "../kernel/module.js";
import { startInSteps } from "../kernel/start-steps.js";
import type { Usage } from "../usage/client.js";
import type { Dashboard } from "./client.js";
import { Control } from "./control/control.js";
import { watchRecovery } from "./control/recovery-metrics.js";
import { forwardToPeers } from "./forward.js";
import { serveOverview } from "./routes.js";
import { Observer } from "./topology/readings.js";
import { readWebFiles } from "./web/files.js";
import { webHandler } from "./web/handler.js";

export interface DashboardNeeds {
  readonly accounts: Accounts;
  readonly gateway: Gateway;
  readonly usage: Usage;
}

/** The web application and the data of its pages: promises, topology, drills, backups. */
export function startDashboard(context: Context, needs: DashboardNeeds): Promise<Running<Dashboard>> {
  return startInSteps(context.log, (undo) => start(context, needs, undo));
}

async function start(
  context: Context,
  needs: DashboardNeeds,
  undo: UndoStack,
): Promise<{ readonly client: Dashboard }> {
  const control = await undo.step(
    "connect to the supervisor",
    () => new Control(process.env["KEELSON_CONTROL"]),
    (opened) => opened.close(),
  );
  // Only a process of `keelson up` has a supervisor. In a cluster CloudNativePG exports its own metrics.
  if (control.available) watchRecovery(context.metrics, control);
  const app = await undo.step(
    "create the admin API",
    () => createAdminApp(context, needs.accounts),
    (created) => created.close(),
  );
  const observer = new Observer(context, needs.gateway);
  serveOverview(app, { context, observer, control, usage: needs.usage });
  await mount(context, app);
  forwardToPeers(context);
  const files = await readWebFiles();
  if (!files) context.log.warn("the dashboard was not built: its API is available, its pages are not");
  context.route("/", ANONYMOUS, webHandler(files, context.refuse));
  return { client: {} };
}
