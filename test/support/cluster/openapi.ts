import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { ApiObject } from "./api.js";

interface Schema {
  readonly $ref?: string | undefined;
  readonly allOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly type?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly additionalProperties?: Schema | boolean | undefined;
  readonly items?: Schema | undefined;
  readonly enum?: readonly unknown[] | undefined;
}

const Schema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    allOf: z.array(Schema).optional(),
    oneOf: z.array(Schema).optional(),
    type: z.string().optional(),
    properties: z.record(z.string(), Schema).optional(),
    additionalProperties: z.union([z.boolean(), Schema]).optional(),
    items: Schema.optional(),
    enum: z.array(z.unknown()).optional(),
  }),
);
const Kinds = z.array(z.looseObject({ group: z.string(), version: z.string(), kind: z.string() }));
const Document = z.looseObject({ components: z.looseObject({ schemas: z.record(z.string(), z.looseObject({})) }) });

type Schemas = ReadonlyMap<string, Schema>;

/** The OpenAPI documents (version 3) of one release of Kubernetes, in a folder with a file per group and version. */
export class OpenApi {
  readonly #folder: string;
  readonly #groups = new Map<string, { readonly schemas: Schemas; readonly kinds: Schemas } | undefined>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What strict decoding would reject: unknown fields and values of another type. Undefined for a kind that the release lacks. */
  problems(object: ApiObject): readonly string[] | undefined {
    const group = this.#group(object.apiVersion);
    const schema = group?.kinds.get(object.kind);
    return group && schema && problemsOf(object, schema, group.schemas, "");
  }

  #group(apiVersion: string) {
    const known = this.#groups.get(apiVersion);
    if (known) return known;
    const name = apiVersion.includes("/") ? `apis__${apiVersion.replace("/", "__")}` : `api__${apiVersion}`;
    const file = join(this.#folder, `${name}_openapi.json`);
    if (!existsSync(file)) return undefined;
    const { components } = Document.parse(JSON.parse(readFileSync(file, "utf8")));
    const schemas = new Map(Object.entries(components.schemas).map(([id, schema]) => [id, Schema.parse(schema)]));
    const kinds = new Map<string, Schema>();
    for (const [id, { "x-kubernetes-group-version-kind": of }] of Object.entries(components.schemas))
      for (const { group, version, kind } of Kinds.safeParse(of).data ?? [])
        if (`${group === "" ? "" : `${group}/`}${version}` === apiVersion) kinds.set(kind, schemas.get(id) ?? {});
    const found = { schemas, kinds };
    this.#groups.set(apiVersion, found);
    return found;
  }
}

function problemsOf(value: unknown, schema: Schema, schemas: Schemas, path: string): readonly string[] {
  if (schema.$ref !== undefined) {
    const id = schema.$ref.split("/").at(-1) ?? "";
    return problemsOf(value, schemas.get(id) ?? {}, schemas, path);
  }
  if (schema.allOf) return schema.allOf.flatMap((part) => problemsOf(value, part, schemas, path));
  if (schema.oneOf) {
    const each = schema.oneOf.map((part) => problemsOf(value, part, schemas, path));
    return each.some((problems) => problems.length === 0) ? [] : (each[0] ?? []);
  }
  const { type, properties, additionalProperties, items } = schema;
  if (type !== undefined && !hasType(value, type)) return [`${path}: ${JSON.stringify(value)} is not of type ${type}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${path}: ${JSON.stringify(value)} is no known value`];
  if (Array.isArray(value))
    return value.flatMap((item, index) => problemsOf(item, items ?? {}, schemas, `${path}[${index}]`));
  if (typeof value !== "object" || value === null || (!properties && additionalProperties === undefined)) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const known = properties?.[name] ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
    if (known) return problemsOf(child, known, schemas, `${path}.${name}`);
    return additionalProperties === true ? [] : [`${path}.${name}: unknown field`];
  });
}

function hasType(value: unknown, type: string): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}
