import cookie from "@fastify/cookie";
import swagger from "@fastify/swagger";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject, serializerCompiler } from "fastify-type-provider-zod";
import type { Accounts } from "../accounts/client.js";
import type { Context } from "../kernel/module.js";
import { authenticate } from "./auth.js";
import { acceptJson } from "./body.js";
import { AdminError, errorResponse } from "./errors.js";
import { documentInfo } from "./openapi.js";
import { Turns } from "./turns.js";

const MAX_BODY_BYTES = 64 * 1024;
/** Operations at one time, and those of one organisation: a process has ten connections to its database. */
const TURNS = { max: 32, maxPerOwner: 4 };
const MAX_PATH_PARAMETER_LENGTH = 200;
/** Bytes of a request between modules: a batch of usage events. */
const MAX_INTERNAL_BODY_BYTES = 32 * 1024 * 1024;

/**
 * A Fastify application for one module's part of the admin API: it authenticates callers, serializes responses by their
 * schemas, returns errors as error documents and generates an OpenAPI document. Add routes with `serve`, then `mount` it.
 */
export async function createAdminApp(context: Context, accounts: Pick<Accounts, "identify">): Promise<FastifyInstance> {
  const app = createApp(context, MAX_BODY_BYTES);
  app.addHook("onSend", async (request, reply, payload) => {
    const tag = reply.getHeader("etag");
    reply
      // A response with a tag may be kept, and is requested again only if it has changed.
      .header("cache-control", tag === undefined ? "no-store" : "private, no-cache")
      .header("x-content-type-options", "nosniff");
    if (tag === undefined || request.headers["if-none-match"] !== tag) return payload;
    reply.code(304);
    return null;
  });
  await app.register(cookie);
  await app.register(swagger, {
    openapi: documentInfo(context.publicUrl),
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  const turns = new Turns(TURNS);
  app.decorate("inTurn", (request, work) =>
    turns.run(request.actor?.organisation ?? context.clientOf(request.raw).address, work),
  );
  authenticate(app, accounts, context);
  return app;
}

/**
 * A Fastify application for one module's routes below `/internal/`, which other modules call. The kernel has checked the
 * internal token before; there are no users and no OpenAPI document.
 */
export function createInternalApp(context: Context): FastifyInstance {
  const app = createApp(context, MAX_INTERNAL_BODY_BYTES);
  // The callers are processes of the platform, which bound what they send.
  app.decorate("inTurn", (_request, work) => work());
  return app;
}

declare module "fastify" {
  interface FastifyInstance {
    /** Path prefixes of the application's routes: two segments, `/admin/keys`. */
    readonly prefixes: ReadonlySet<string>;
    /** Runs an operation in the turn of its organisation, of an anonymous one in that of the client's address. */
    readonly inTurn: <Result>(request: FastifyRequest, work: () => Promise<Result>) => Promise<Result>;
  }
}

function prefixOf(path: string): string {
  return path.split("/").slice(0, 3).join("/");
}

function createApp(context: Context, bodyLimit: number): FastifyInstance {
  const log: FastifyBaseLogger = context.log;
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    // Errors of the router itself: a URL that is too long or not UTF-8.
    frameworkErrors: respondError,
    routerOptions: { maxParamLength: MAX_PATH_PARAMETER_LENGTH },
    // The kernel's listener owns connections and their timeouts; this application never listens.
    forceCloseConnections: false,
  });
  // `serve` parses the parts of a request itself: there, the schemas give the parsed parts their types.
  app.setValidatorCompiler(() => (value: unknown) => ({ value }));
  app.setSerializerCompiler(serializerCompiler);
  const prefixes = new Set<string>();
  app.decorate("prefixes", prefixes);
  app.addHook("onRoute", ({ url }) => {
    prefixes.add(prefixOf(url));
  });
  acceptJson(app);
  app.setErrorHandler(respondError);
  app.setNotFoundHandler((request, reply) =>
    respondError(
      new AdminError("request/not-found", `no route ${request.method} ${request.url.split("?", 1)[0]}`),
      request,
      reply,
    ),
  );
  return app;
}

function respondError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body, retryAfter, defect } = errorResponse(error);
  if (defect)
    request.log.error({ err: error, method: request.method, route: request.routeOptions.url }, "request failed");
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  // The rest of a refused body is not read.
  if (status === 413) reply.header("connection", "close");
  reply.status(status).send(body);
}
