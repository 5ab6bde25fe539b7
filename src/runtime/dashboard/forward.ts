import { request as send } from "undici";
import { ANONYMOUS, PER_ROUTE } from "../../contracts/authority.js";
import type { ErrorCode } from "../../errors/catalogue.js";
import { answerJson, type Handler } from "../kernel/listener.js";
import type { Context } from "../kernel/module.js";

/** Which module answers which paths; the browser reaches all of them through this one origin. */
const homes: readonly { readonly prefix: string; readonly module: string }[] = [
  { prefix: "/admin/usage", module: "usage" },
  { prefix: "/admin/models", module: "gateway" },
  { prefix: "/admin", module: "accounts" },
  { prefix: "/v1", module: "gateway" },
  { prefix: "/api", module: "gateway" },
];

/** Headers of one hop: they are not the request's, and are not passed on. */
const hopByHop = new Set([
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

/** Passes the paths of modules that run in other processes on to them; a module in this process answers for itself. */
export function forwardToPeers(context: Context): void {
  const elsewhere = homes.filter(({ module }) => !context.here.includes(module));
  for (const { prefix, module } of elsewhere) context.route(prefix, PER_ROUTE, forward(context, prefix, module));
  if (!elsewhere.some(({ prefix }) => prefix === "/admin")) {
    // Below /admin an unknown path is an error of the API, never a page.
    context.route("/admin", ANONYMOUS, (request, response) =>
      answerJson(response, 404, {
        error: {
          code: "request/not-found" satisfies ErrorCode,
          message: `the admin API has no ${request.method} here`,
        },
      }),
    );
  }
}

function forward(context: Context, prefix: string, module: string): Handler {
  return (request, response) => {
    const base = context.peer(module);
    if (base === undefined) {
      answerJson(response, 503, {
        error: {
          code: "modules/unreachable" satisfies ErrorCode,
          message: `nobody said where ${module} runs`,
          hint: `Start with --peer ${module}=http://HOST:PORT.`,
        },
      });
      return;
    }
    const target = new URL(request.url ?? "/", base);
    // Dots in a path are resolved on the way: they must not lead to what the module keeps for the inside of the platform.
    if (target.pathname !== prefix && !target.pathname.startsWith(`${prefix}/`)) {
      answerJson(response, 404, {
        error: { code: "request/not-found" satisfies ErrorCode, message: "nothing is served here" },
      });
      return;
    }
    const abort = new AbortController();
    response.on("close", () => abort.abort());
    const headers: string[] = [];
    for (const [name, value] of Object.entries(request.headers)) {
      if (value === undefined || hopByHop.has(name)) continue;
      for (const one of Array.isArray(value) ? value : [value]) headers.push(name, one);
    }
    const method = request.method ?? "GET";
    const bodyless = method === "GET" || method === "HEAD";
    send(target, {
      method,
      headers,
      body: bodyless ? null : request,
      signal: abort.signal,
      // A streamed answer may pause for as long as a model thinks.
      bodyTimeout: 0,
    })
      .then(({ statusCode, headers: answered, body }) => {
        for (const [name, value] of Object.entries(answered)) {
          if (value !== undefined && !hopByHop.has(name)) response.setHeader(name, value);
        }
        response.writeHead(statusCode);
        body.on("error", () => response.destroy());
        body.pipe(response);
      })
      .catch(() => {
        if (response.destroyed || response.headersSent) return;
        answerJson(response, 502, {
          error: {
            code: "modules/away" satisfies ErrorCode,
            message: `the ${module} module does not answer`,
            hint: "It may be starting; try again shortly.",
          },
        });
      });
  };
}
