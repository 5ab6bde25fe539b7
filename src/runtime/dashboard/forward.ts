import { request as send } from "undici";
import { ANONYMOUS, PER_ROUTE } from "../../contracts/authority.js";
import { CLIENT_ADDRESS_HEADER, CLIENT_HOST_HEADER, FORWARDED_BY_HEADER } from "../../contracts/platform-token.js";
import { MODULE_NAMES, MODULES } from "../../modules/index.js";
import type { Handler } from "../kernel/listener.js";
import type { Context } from "../kernel/module.js";

/** The module of each path prefix. The browser reaches all of them through one origin. */
const FORWARDED_PREFIXES = MODULE_NAMES.flatMap((module) =>
  MODULES[module].forwarded.map((prefix) => ({ prefix, module })),
);

/** Headers of one connection, which a proxy does not forward (RFC 9110, section 7.6.1), and those that undici sets itself. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "host",
  "expect",
]);

/** Headers that this module sets itself or has checked: `Origin` belongs to the public name, which the other process does not know. */
const OWN_HEADERS = new Set<string>([
  ...[CLIENT_ADDRESS_HEADER, CLIENT_HOST_HEADER, FORWARDED_BY_HEADER],
  ...["origin", "sec-fetch-site", "sec-fetch-mode"],
]);

/** Forwards the paths of modules in other processes. The modules of this process serve theirs themselves. */
export function forwardToPeers(context: Context): void {
  const remote = FORWARDED_PREFIXES.filter(({ module }) => !context.localModules.includes(module));
  for (const { prefix, module } of remote) context.route(prefix, PER_ROUTE, forward(context, prefix, module));
  if (!remote.some(({ prefix }) => prefix === "/admin")) {
    // Below /admin, an unknown path is an error of the API, never a page.
    context.route("/admin", ANONYMOUS, (request, response) =>
      context.refuse(request, response, "request/not-found", `no route ${request.method} in the admin API`),
    );
  }
}

function forward(context: Context, prefix: string, module: string): Handler {
  return (request, response) => {
    const base = context.peer(module);
    if (base === undefined) {
      context.refuse(
        request,
        response,
        "modules/unreachable",
        `the address of the ${module} module is not configured`,
        `Start with --peer ${module}=http://HOST:PORT.`,
      );
      return;
    }
    const target = new URL(request.url ?? "/", base);
    // The URL parser resolves dots in the path: the result must not leave the prefix, such as for /internal.
    if (target.pathname !== prefix && !target.pathname.startsWith(`${prefix}/`)) {
      context.refuse(request, response, "request/not-found", "no route at this path");
      return;
    }
    const abort = new AbortController();
    response.on("close", () => abort.abort());
    const headers: string[] = [];
    for (const [name, value] of Object.entries(request.headers)) {
      if (value === undefined || HOP_BY_HOP.has(name) || OWN_HEADERS.has(name)) continue;
      for (const one of Array.isArray(value) ? value : [value]) headers.push(name, one);
    }
    const { address, host } = context.clientOf(request);
    headers.push(CLIENT_ADDRESS_HEADER, address, CLIENT_HOST_HEADER, host, FORWARDED_BY_HEADER, context.internalToken);
    const method = request.method ?? "GET";
    const bodyless = method === "GET" || method === "HEAD";
    send(target, {
      method,
      headers,
      body: bodyless ? null : request,
      signal: abort.signal,
      // A streamed response may pause while the model generates.
      bodyTimeout: 0,
    })
      .then(({ statusCode, headers: responseHeaders, body }) => {
        for (const [name, value] of Object.entries(responseHeaders)) {
          if (value !== undefined && !HOP_BY_HOP.has(name)) response.setHeader(name, value);
        }
        response.writeHead(statusCode);
        body.on("error", () => response.destroy());
        body.pipe(response);
      })
      .catch(() => {
        if (response.destroyed || response.headersSent) return;
        context.refuse(request, response, "modules/away", `the ${module} module is unreachable`);
      });
  };
}
