import Fastify, { type FastifyBaseLogger, LogController } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { Context } from "../kernel/module.js";
import type { AdminApp } from "./app.js";
import { acceptJson } from "./body.js";
import { answerOf } from "./errors.js";

const largestBody = 32 * 1024 * 1024;

/**
 * A Fastify application for what modules ask of each other under `/internal/<module>/`. The kernel has demanded the internal
 * token before; there are no users here and no document.
 */
export function createInternalApp(context: Context): AdminApp {
  const log: FastifyBaseLogger = context.log;
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: largestBody,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  acceptJson(app);
  app.setErrorHandler((error: Error, request, reply) => {
    const { status, body, defect } = answerOf(error);
    if (defect) request.log.error({ err: error, route: request.routeOptions.url }, "internal request failed");
    return reply.status(status).send(body);
  });
  return app;
}
