import type { FastifyInstance } from "fastify";
import { usageRoutes } from "../../contracts/routes/usage.js";
import { sumUsage, USAGE_FIGURES, type UsageDimension, type UsageRow } from "../../contracts/usage.js";
import { AdminError, readableOrganisation, scopeOf, serve, TextResponse } from "../admin/index.js";
import type { Tables } from "../database/client.js";
import { toCsv } from "./csv.js";
import { readUsage, type StoredRow } from "./read.js";
import type { UsageSchema } from "./schema.js";

export function serveUsage(app: FastifyInstance, tables: Tables<UsageSchema>): void {
  serve(app, usageRoutes, {
    readUsage: async ({ actor, query }) => {
      const { by, model, key, format } = query;
      const drills = query.drills === "include";
      const from = toDate(query.from);
      const to = toDate(query.to);
      if (from && to && from >= to) throw new AdminError(400, "request/invalid", "`from` must be before `to`");
      const organisation = readableOrganisation(actor, query.organisation);
      const stored = await tables.transaction(
        scopeOf(organisation),
        (open) => readUsage(open, { by, from, to, organisation, model, key, drills }),
        { repeatable: true },
      );
      const rows = stored.map(toRow);
      if (format === "json") return { rows, totals: sumUsage(rows) };
      return new TextResponse("text/csv", toCsvFile(by, rows), {
        "content-disposition": 'attachment; filename="usage.csv"',
      });
    },
  });
}

function toDate(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

function toRow({ hour, ...row }: StoredRow): UsageRow {
  return hour === undefined ? row : { hour: hour.toISOString(), ...row };
}

function toCsvFile(by: readonly UsageDimension[], rows: readonly UsageRow[]): string {
  const cells = (row: UsageRow): (string | number)[] => [
    ...by.map((dimension) => row[dimension] ?? ""),
    ...USAGE_FIGURES.map((figure) => row[figure]),
  ];
  return toCsv([...by, ...USAGE_FIGURES], rows.map(cells));
}
