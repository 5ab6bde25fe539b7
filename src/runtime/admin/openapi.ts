import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { z } from "zod";
import { PROOF_HEADER, SESSION_COOKIE } from "./auth.js";

const documentShape = z.looseObject({
  openapi: z.literal("3.1.0"),
  paths: z.record(z.string(), z.unknown()),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()).optional() }).optional(),
});

/** The parts of an OpenAPI 3.1 document that this program reads. */
export type Document = z.infer<typeof documentShape>;

/** Parses the document that @fastify/swagger made of an application's routes. */
export function parseDocument(document: unknown): Document {
  return documentShape.parse(document);
}

/** The common head of every module's document. */
export function documentInfo(url: string): NonNullable<FastifyDynamicSwaggerOptions["openapi"]> {
  return {
    openapi: "3.1.0",
    info: {
      title: "Keelson admin API",
      version: "1",
      description:
        "Organisations, users, API keys, usage and operation of a platform. Requests of a session require the header `x-keelson` besides the cookie.",
    },
    servers: [{ url }],
    security: [{ key: [] }, { session: [], sessionProof: [] }],
    components: {
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: "An API key with the scope `admin` (or `usage` to read usage).",
        },
        session: {
          type: "apiKey",
          in: "cookie",
          name: SESSION_COOKIE,
          description: "The name ends in `_PORT` where the address of the platform has a port.",
        },
        sessionProof: {
          type: "apiKey",
          in: "header",
          name: PROOF_HEADER,
          description: "`proof` of the response to `POST /admin/session`.",
        },
      },
    },
  };
}

/**
 * Merges the documents of the modules in this process: all their paths, and the named schemas that the paths refer to (the
 * schemas of the platform file are among the program's named schemas, too).
 */
export function merge(documents: readonly Document[]): Document | undefined {
  const [first] = documents;
  if (!first) return undefined;
  const paths = Object.fromEntries(documents.flatMap((document) => Object.entries(document.paths)));
  const schemas = new Map(documents.flatMap((document) => Object.entries(document.components?.schemas ?? {})));
  return { ...first, paths, components: { ...first.components, schemas: reachable(paths, schemas) } };
}

function reachable(from: unknown, schemas: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const visit = (value: unknown): void => {
    for (const [, name = ""] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"/]+)"/g)) {
      if (name in found || !schemas.has(name)) continue;
      found[name] = schemas.get(name);
      visit(found[name]);
    }
  };
  visit(from);
  return found;
}
