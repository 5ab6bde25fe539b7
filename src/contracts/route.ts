import { z } from "zod";
import type { AuditAct } from "./audit.js";
import type { Authority } from "./authority.js";

/** The schema of a part of a request that the route does not read, or of a response that has no JSON form. */
type None = z.ZodUnknown;
const NONE: None = z.unknown();

/**
 * One HTTP operation: its contract and who may call it. The Fastify routes, the OpenAPI document, the clients and the test of
 * authorities all derive from it.
 */
export interface Route<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Json extends z.ZodType = z.ZodType,
> {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Parameters are segments that start with a colon: `/admin/keys/:id`. */
  readonly path: string;
  readonly summary: string;
  /** Group in the OpenAPI document. */
  readonly tag: string;
  readonly authority: Authority;
  /** The act that a successful call adds to the audit log. */
  readonly audit: AuditAct | undefined;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Status of a successful response. */
  readonly status: 200 | 201 | 202 | 204;
  readonly json: Json;
  /** Media types of further representations, all text: `text/csv`. */
  readonly text: readonly string[];
}

/** A route that changes something states which audit entry it makes, or `"none"`. */
type Effect =
  | { readonly method: "GET"; readonly audit?: never }
  | { readonly method: "POST" | "PATCH" | "DELETE"; readonly audit: AuditAct | "none" };

type Declaration<Params, Query, Body, Json> = Effect & {
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly authority: Authority;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Default 200. */
  readonly status?: Route["status"];
  readonly json?: Json;
  readonly text?: readonly string[];
};

/** Declares a route. Parts that are omitted are not read. */
export function defineRoute<
  Params extends z.ZodType = None,
  Query extends z.ZodType = None,
  Body extends z.ZodType = None,
  Json extends z.ZodType = None,
>(declaration: Declaration<Params, Query, Body, Json>): Route<Params, Query, Body, Json>;
export function defineRoute(declaration: Declaration<z.ZodType, z.ZodType, z.ZodType, z.ZodType>): Route {
  const { audit, ...rest } = declaration;
  return {
    ...{ params: NONE, query: NONE, body: NONE, json: NONE, status: 200, text: [] },
    ...rest,
    audit: audit === "none" ? undefined : audit,
  };
}

/** Whether the route reads this part of a request, or has a JSON response. */
export function isDeclared(schema: z.ZodType): boolean {
  return schema !== NONE;
}

type Part = "params" | "query" | "body";
/** The parts of a request that the route reads. */
type PartsOf<R extends Route> = { [P in Part]: unknown extends z.input<R[P]> ? never : P }[Part];

/** The query, if every parameter of it may be omitted. */
type OptionalPart<R extends Route> =
  "query" extends PartsOf<R> ? (Record<never, never> extends z.input<R["query"]> ? "query" : never) : never;

/** What a client passes to call the route. */
export type RequestOf<R extends Route> = {
  readonly [P in Exclude<PartsOf<R>, OptionalPart<R>>]: z.input<R[P]>;
} & { readonly [P in OptionalPart<R>]?: z.input<R[P]> };

/** A request, ready to be sent. */
export interface HttpRequest {
  readonly method: Route["method"];
  /** Path with parameters filled in, and the query. */
  readonly path: string;
  /** To be sent as JSON. Undefined: no body. */
  readonly body: unknown;
}

const values = z.record(z.string(), z.union([z.string(), z.number(), z.undefined()])).default({});

/** The HTTP request that calls `route`. Query parameters that are undefined are omitted. */
export function requestOf<R extends Route>(
  route: R,
  request: RequestOf<R> & { readonly [P in Part]?: unknown },
): HttpRequest {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values.parse(request.query)))
    if (value !== undefined) query.set(name, String(value));
  const path = pathOf(route, values.parse(request.params));
  return { method: route.method, path: query.size === 0 ? path : `${path}?${query}`, body: request.body };
}

function pathOf({ path }: Route, params: z.infer<typeof values>): string {
  return path.replace(/:(\w+)/g, (_segment, name: string) => encodeURIComponent(String(params[name] ?? "")));
}
