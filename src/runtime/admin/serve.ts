import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import { z } from "zod";
import { describeAuthority } from "../../contracts/authority.js";
import type { Actor } from "../../contracts/credentials.js";
import { errorDocument } from "../../contracts/error.js";
import { isDeclared, type Route } from "../../contracts/route.js";
import { TYPED_ROUTES } from "../../contracts/routes/index.js";
import { actorOf } from "./auth.js";
import { invalidRequest } from "./errors.js";

/** One call of a route: the parts of the request as its schemas parsed them, and the caller. */
export interface Call<R extends Route> {
  readonly params: z.output<R["params"]>;
  readonly query: z.output<R["query"]>;
  readonly body: z.output<R["body"]>;
  /** @throws Error in a route that anonymous clients may call. */
  readonly actor: Actor;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** A response in one of the route's text representations. */
export class TextResponse {
  constructor(
    readonly mediaType: string,
    readonly text: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** Handles a call. The result is the route's JSON, or one of its text representations. */
export type Handler<R extends Route> = (call: Call<R>) => Promise<z.input<R["json"]> | TextResponse>;

/** A handler for every route of a table: a route without one does not compile. */
export type Handlers<Routes extends Readonly<Record<string, Route>>> = {
  readonly [Id in keyof Routes]: Handler<Routes[Id]>;
};

/** A credential: any client can send one, and its body is in memory until it is checked. */
const MAX_ANONYMOUS_BODY_BYTES = 4 * 1024;

const LISTED: ReadonlySet<Route> = new Set(TYPED_ROUTES);

/**
 * Serves every route of a table. The keys of the table are the operation ids of the OpenAPI document. Throws for a route that
 * `contracts/routes/index.ts` does not list (a defect): the tests of authorities and of the documentation would not cover it.
 */
export function serve<Routes extends Readonly<Record<string, Route>>>(
  app: FastifyInstance,
  routes: Routes,
  handlers: Handlers<Routes>,
): void {
  const unlisted = Object.values(routes).find((route) => !LISTED.has(route));
  if (unlisted) throw new Error(`contracts/routes/index.ts does not list ${unlisted.method} ${unlisted.path}`);
  for (const id in routes) serveOne(app, id, routes[id], handlers[id]);
}

function serveOne<R extends Route>(app: FastifyInstance, operationId: string, route: R, handler: Handler<R>): void {
  app.route({
    method: route.method,
    url: route.path,
    config: { authority: route.authority },
    ...(route.authority.kind === "anonymous" && { bodyLimit: MAX_ANONYMOUS_BODY_BYTES }),
    schema: documentationOf(operationId, route),
    handler: async (request, reply) => {
      const call: Call<R> = {
        params: parsed<R["params"]>(route.params, request.params, "the path"),
        query: parsed<R["query"]>(route.query, request.query, "the query"),
        body: parsed<R["body"]>(route.body, request.body, "the body"),
        get actor() {
          return actorOf(request);
        },
        request,
        reply,
      };
      const result = await app.inTurn(request, () => handler(call));
      if (!(result instanceof TextResponse)) return reply.status(route.status).send(result);
      if (!route.text.includes(result.mediaType))
        throw new Error(`${route.method} ${route.path} does not declare the representation ${result.mediaType}`);
      return reply
        .status(route.status)
        .headers({ ...result.headers, "content-type": `${result.mediaType}; charset=utf-8` })
        .send(result.text);
    },
  });
}

/** @throws AdminError 400 with the invalid fields. */
function parsed<S extends z.ZodType>(schema: S, given: unknown, part: string): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw invalidRequest(part, result.error.issues, given);
}

/** The route's entry in the OpenAPI document, from which the response serializer is made as well. */
function documentationOf(operationId: string, route: Route): FastifySchema {
  const { authority, audit, summary, tag, status, json, text } = route;
  const recorded = audit === undefined ? "" : ` Recorded in the audit log as \`${audit}\`.`;
  const textContent = Object.fromEntries(text.map((type) => [type, { schema: z.string() }]));
  const jsonContent = isDeclared(json) ? { "application/json": { schema: json } } : {};
  return {
    operationId,
    summary,
    description: `${describeAuthority(authority)}${recorded}`,
    tags: [tag],
    ...(authority.kind === "anonymous" ? { security: [] } : {}),
    ...(isDeclared(route.params) ? { params: route.params } : {}),
    ...(isDeclared(route.query) ? { querystring: route.query } : {}),
    ...(isDeclared(route.body) ? { body: route.body } : {}),
    response: {
      [status]: text.length === 0 ? json : { content: { ...jsonContent, ...textContent } },
      default: errorDocument,
    },
  };
}
