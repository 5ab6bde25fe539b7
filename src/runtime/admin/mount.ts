import type { Registry } from "prom-client";
import { ANONYMOUS, PER_ROUTE } from "../../contracts/authority.js";
import type { Context } from "../kernel/module.js";
import type { AdminApp } from "./app.js";
import { merge, parseDocument } from "./openapi.js";

/** The mounted applications of each process; a process has one registry of metrics. */
const mounted = new WeakMap<Registry, AdminApp[]>();

/**
 * Lets a module's application answer at these paths and below them on the process's listener, and adds its operations to the
 * process's document at `/admin/openapi.json`, which whoever mounts first serves.
 */
export async function mount(context: Context, prefixes: readonly string[], app: AdminApp): Promise<void> {
  await app.ready();
  for (const prefix of prefixes)
    context.route(prefix, PER_ROUTE, (request, response) => app.routing(request, response));
  const others = mounted.get(context.metrics);
  if (others) {
    others.push(app);
    return;
  }
  const apps = [app];
  mounted.set(context.metrics, apps);
  context.route("/admin/openapi.json", ANONYMOUS, (_request, response) => {
    const document = JSON.stringify(merge(apps.map((each) => parseDocument(each.swagger()))));
    response.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end(document);
  });
}
