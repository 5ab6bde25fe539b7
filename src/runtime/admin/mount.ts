import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { ANONYMOUS, INTERNAL_TOKEN, PER_ROUTE, type PrefixAuthority } from "../../contracts/authority.js";
import type { Context } from "../kernel/module.js";
import { merge, parseDocument } from "./openapi.js";

/** The mounted applications of each process, by the process's registry of metrics. */
const mounted = new WeakMap<Registry, FastifyInstance[]>();

/**
 * Serves a module's admin application on the process's listener, and adds its operations to the process's OpenAPI document.
 * The first application that is mounted serves the document at `/admin/openapi.json`.
 */
export async function mount(context: Context, app: FastifyInstance): Promise<void> {
  await attach(context, PER_ROUTE, app);
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

/** Serves a module's internal application on the process's listener. */
export function mountInternal(context: Context, app: FastifyInstance): Promise<void> {
  return attach(context, INTERNAL_TOKEN, app);
}

async function attach(context: Context, authority: PrefixAuthority, app: FastifyInstance): Promise<void> {
  await app.ready();
  for (const prefix of app.prefixes)
    context.route(prefix, authority, (request, response) => app.routing(request, response));
}
