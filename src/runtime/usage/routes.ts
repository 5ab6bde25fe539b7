import type { FastifyInstance } from "fastify";
import { MAX_NAMED_KEYS } from "../../contracts/routes/accounts.js";
import { usageRoutes } from "../../contracts/routes/usage.js";
import { sumUsage, USAGE_FIGURES, type UsageDimension, type UsageRow } from "../../contracts/usage.js";
import type { Accounts } from "../accounts/client.js";
import { AdminError, readableOrganisation, scopeOf, serve, TextResponse } from "../admin/index.js";
import type { Tables } from "../database/client.js";
import type { Usage } from "./client.js";
import { toCsv } from "./csv.js";
import { readLatency } from "./latency.js";
import { readUsage, type StoredRow } from "./read.js";
import type { UsageSchema } from "./schema.js";

export function serveUsage(
  app: FastifyInstance,
  tables: Tables<UsageSchema>,
  accounts: Pick<Accounts, "nameKeys">,
  readMeasuredModels: Usage["measuredModels"],
): void {
  serve(app, usageRoutes, {
    readMeasuredModels,

    readUsage: async ({ actor, query }) => {
      const { by, model, key, format, top, rank } = query;
      const drills = query.drills === "include";
      const from = toDate(query.from);
      const to = toDate(query.to);
      if (from && to && from >= to) throw new AdminError("request/invalid", "`from` must be before `to`");
      const organisation = readableOrganisation(actor, query.organisation);
      const stored = await tables.transaction(
        scopeOf(organisation),
        (open) => readUsage(open, { by, from, to, organisation, model, key, drills, top, rank }),
        { repeatable: true },
      );
      const rows = stored.map(toRow);
      const keyNames = by.includes("key") ? await namesOf(accounts, rows) : undefined;
      if (format === "json") return { rows, totals: sumUsage(rows), ...(keyNames ? { keyNames } : {}) };
      return new TextResponse("text/csv", toCsvFile(by, rows, keyNames), {
        "content-disposition": 'attachment; filename="usage.csv"',
      });
    },

    readLatency: async ({ actor, query }) => {
      const { by, model, key } = query;
      const [from, to] = [new Date(query.from), new Date(query.to)];
      if (from >= to) throw new AdminError("request/invalid", "`from` must be before `to`");
      const organisation = readableOrganisation(actor, query.organisation);
      const drills = query.drills === "include";
      const stored = await tables.transaction(scopeOf(organisation), (open) =>
        readLatency(open, { by, from, to, organisation, model, key, drills }),
      );
      const figures = stored.map(({ whole, value, ...each }) => ({ whole, value, each }));
      return {
        rows: figures
          .filter(({ whole }) => !whole)
          .map(({ value, each }) => ({ [by]: value instanceof Date ? value.toISOString() : (value ?? ""), ...each })),
        totals: figures.find(({ whole, each }) => whole && each.requests > 0)?.each ?? null,
      };
    },
  });
}

async function namesOf(
  accounts: Pick<Accounts, "nameKeys">,
  rows: readonly UsageRow[],
): Promise<Readonly<Record<string, string>>> {
  const ids = [...new Set(rows.flatMap(({ key }) => key ?? []))];
  const names: Record<string, string> = {};
  for (let start = 0; start < ids.length; start += MAX_NAMED_KEYS)
    Object.assign(names, await accounts.nameKeys(ids.slice(start, start + MAX_NAMED_KEYS)));
  return names;
}

function toDate(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

function toRow({ minute, hour, day, organisation, key, model, others, ...figures }: StoredRow): UsageRow {
  return {
    ...defined({ minute: minute?.toISOString(), hour: hour?.toISOString(), day: day?.toISOString() }),
    ...defined({ organisation, key, model, others }),
    ...figures,
  };
}

/** The properties that have a value. */
function defined<Values extends Record<string, unknown>>(
  values: Values,
): { [Name in keyof Values]?: NonNullable<Values[Name]> };
function defined(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null));
}

/** The dimensions as columns, the name of a key after its id; a row of `others` has an empty dimension and their number. */
function toCsvFile(
  by: readonly UsageDimension[],
  rows: readonly UsageRow[],
  keyNames: Readonly<Record<string, string>> | undefined,
): string {
  const combined = rows.some(({ others }) => others !== undefined);
  const columns: readonly { readonly name: string; readonly of: (row: UsageRow) => string | number }[] = [
    ...by.flatMap((dimension) => [
      { name: dimension, of: (row: UsageRow) => row[dimension] ?? "" },
      ...(dimension === "key" && keyNames
        ? [{ name: "keyName", of: ({ key }: UsageRow) => (key === undefined ? "" : (keyNames[key] ?? "")) }]
        : []),
    ]),
    ...(combined ? [{ name: "others", of: ({ others }: UsageRow) => others ?? "" }] : []),
    ...USAGE_FIGURES.map((figure) => ({ name: figure, of: (row: UsageRow) => row[figure] })),
  ];
  return toCsv(
    columns.map(({ name }) => name),
    rows.map((row) => columns.map(({ of }) => of(row))),
  );
}
