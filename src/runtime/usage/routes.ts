import { z } from "zod";
import { errorDocument } from "../../contracts/error.js";
import { name, organisationId, timestamp } from "../../contracts/fields.js";
import {
  sumUsage,
  USAGE_DIMENSIONS,
  USAGE_FIGURES,
  type UsageDimension,
  type UsageRow,
  usageReport,
} from "../../contracts/usage.js";
import { type AdminApp, AdminError, actorOf, readingOf } from "../admin/index.js";
import { organisationScope, platformScope, type Tables } from "../database/client.js";
import { toCsv } from "./csv.js";
import { readUsage, type StoredRow } from "./read.js";
import type { UsageSchema } from "./schema.js";

const moment = z.union([timestamp, z.iso.date()]);

/** `hour,model`, each at most once. */
const by = z
  .string()
  .max(100)
  .default("hour")
  .transform((text) => [...new Set(text.split(",").filter((word) => word !== ""))])
  .pipe(z.array(z.enum(USAGE_DIMENSIONS)))
  .meta({
    description: "Dimensions of the rows, comma separated: hour, organisation, key, model.",
    example: "hour,model",
  });

const querystring = z.strictObject({
  from: moment.optional().meta({ description: "First moment counted." }),
  to: moment.optional().meta({ description: "First moment not counted any more." }),
  by,
  model: name.optional(),
  key: name.optional(),
  organisation: organisationId.optional(),
  format: z.enum(["json", "csv"]).default("json"),
});

export function usageRoutes(app: AdminApp, tables: Tables<UsageSchema>): void {
  app.get(
    "/admin/usage",
    {
      config: { access: { kind: "actor", scope: "usage", role: "member" } },
      schema: {
        operationId: "readUsage",
        summary: "Requests and tokens by hour, organisation, key and model",
        tags: ["usage"],
        querystring,
        response: {
          200: {
            content: {
              "application/json": {
                schema: usageReport,
              },
              "text/csv": { schema: z.string() },
            },
          },
          default: errorDocument,
        },
      },
    },
    async (request, reply) => {
      const { by, model, key, format } = request.query;
      const from = dateOf(request.query.from);
      const to = dateOf(request.query.to);
      if (from && to && from >= to) throw new AdminError(400, "request/invalid", "`from` must lie before `to`");
      const organisation = readingOf(actorOf(request), request.query.organisation);
      const stored = await tables.transaction(
        organisation === undefined ? platformScope : organisationScope(organisation),
        (open) => readUsage(open, { by, from, to, organisation, model, key }),
        { repeatable: true },
      );
      const rows = stored.map(toRow);
      if (format === "json") return { rows, totals: sumUsage(rows) };
      return reply
        .header("content-type", "text/csv; charset=utf-8")
        .header("content-disposition", 'attachment; filename="usage.csv"')
        .send(toCsvFile(by, rows));
    },
  );
}

function dateOf(text: string | undefined): Date | undefined {
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
