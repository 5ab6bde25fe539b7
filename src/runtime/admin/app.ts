import type { IncomingMessage, ServerResponse } from "node:http";
import cookie from "@fastify/cookie";
import swagger from "@fastify/swagger";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifySchemaCompiler,
  LogController,
  type RawServerDefault,
} from "fastify";
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import type { z } from "zod";
import type { ErrorCode } from "../../errors/catalogue.js";
import type { Accounts } from "../accounts/client.js";
import type { Context } from "../kernel/module.js";
import { authenticate } from "./auth.js";
import { acceptJson } from "./body.js";
import { answerOf, invalidRequest } from "./errors.js";
import { documentInfo } from "./openapi.js";

export type AdminApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

const mebibyte = 1024 * 1024;

/**
 * A Fastify application for one module's part of the admin API: credentials checked, zod schemas in and out, errors in one
 * shape, its OpenAPI document ready for `mount`. Add routes, then `mount` it.
 */
export async function createAdminApp(context: Context, accounts: Pick<Accounts, "identify">): Promise<AdminApp> {
  const log: FastifyBaseLogger = context.log;
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: mebibyte,
    // What the router itself refuses: an address that is too long, or no UTF-8.
    frameworkErrors: refuse,
    routerOptions: { maxParamLength: 200 },
    // The kernel's listener has its own time limits and connections; this application never listens.
    forceCloseConnections: false,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorOf);
  app.setSerializerCompiler(serializerCompiler);
  acceptJson(app);
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({
      error: {
        code: "request/not-found" satisfies ErrorCode,
        message: `there is no ${request.method} ${request.url.split("?", 1)[0]}`,
      },
    }),
  );
  app.addHook("onSend", async (_request, reply) => {
    reply.header("cache-control", "no-store").header("x-content-type-options", "nosniff");
  });
  await app.register(cookie);
  await app.register(swagger, {
    openapi: documentInfo(context.publicUrl),
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  authenticate(app, accounts, context.internalToken);
  return app;
}

/** Reads a part of a request by its schema; what does not fit is told with its field. */
const validatorOf: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const where = httpPart ?? "request";
  return (given: unknown) => {
    const read = schema.safeParse(given);
    return read.success ? { value: read.data } : { error: invalidRequest(where, read.error.issues, given) };
  };
};

/** Answers an error in the one shape that they all have. */
function refuse(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body, retryAfter, defect } = answerOf(error);
  if (defect)
    request.log.error({ err: error, method: request.method, route: request.routeOptions.url }, "request failed");
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  // What is left of a body that was refused is not read.
  if (status === 413) reply.header("connection", "close");
  reply.status(status).send(body);
}
