import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { z } from "zod";
import { sessionCookie } from "./auth.js";

const documentShape = z.looseObject({
  openapi: z.literal("3.1.0"),
  paths: z.record(z.string(), z.unknown()),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()).optional() }).optional(),
});

/** An OpenAPI 3.1 document, as far as this program looks into it. */
export type Document = z.infer<typeof documentShape>;

/** Reads what @fastify/swagger made of an application's routes. */
export function parseDocument(document: unknown): Document {
  return documentShape.parse(document);
}

/** What every module's document starts with. */
export function documentInfo(url: string): NonNullable<FastifyDynamicSwaggerOptions["openapi"]> {
  return {
    openapi: "3.1.0",
    info: {
      title: "Keelson admin API",
      version: "1",
      description:
        "Organisations, users, API keys, usage and operation of a platform. Changes by a session need the header `x-keelson: 1`.",
    },
    servers: [{ url }],
    security: [{ key: [] }, { session: [] }],
    components: {
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: "An API key with scope `admin` (or `usage` to read usage).",
        },
        session: { type: "apiKey", in: "cookie", name: sessionCookie },
      },
    },
  };
}

/**
 * One document of the modules in this process: their paths side by side, and of all the named schemas that the program has
 * (the platform file's are among them) those that the paths refer to.
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
