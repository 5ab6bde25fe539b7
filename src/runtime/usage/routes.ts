import { z } from "zod";
import {
  type AdminApp,
  AdminError,
  actorOf,
  errorSchema,
  instant,
  name,
  organisationId,
  readingOf,
} from "../admin/index.js";
import { organisationScope, platformScope, type Tables } from "../database/client.js";
import { toCsv } from "./csv.js";
import { type Figures, readUsage, type UsageRow } from "./read.js";
import type { UsageSchema } from "./schema.js";
import { type Dimension, dimensions, type rowShape, usageAnswer } from "./shapes.js";

const moment = z.union([instant, z.iso.date()]);

/** `hour,model`, each at most once. */
const by = z
  .string()
  .max(100)
  .default("hour")
  .transform((text) => [...new Set(text.split(",").filter((word) => word !== ""))])
  .pipe(z.array(z.enum(dimensions)))
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
                schema: usageAnswer,
              },
              "text/csv": { schema: z.string() },
            },
          },
          default: errorSchema,
        },
      },
    },
    async (request, reply) => {
      const { by, model, key, format } = request.query;
      const from = dateOf(request.query.from);
      const to = dateOf(request.query.to);
      if (from && to && from >= to) throw new AdminError(400, "request/invalid", "`from` must lie before `to`");
      const organisation = readingOf(actorOf(request), request.query.organisation);
      const rows = await tables.transaction(
        organisation === undefined ? platformScope : organisationScope(organisation),
        (open) => readUsage(open, { by, from, to, organisation, model, key }),
        { repeatable: true },
      );
      if (format === "json") return { rows: rows.map(shown), totals: totalsOf(rows) };
      return reply
        .header("content-type", "text/csv; charset=utf-8")
        .header("content-disposition", 'attachment; filename="usage.csv"')
        .send(csvOf(by, rows));
    },
  );
}

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

function shown({ hour, ...row }: UsageRow): z.infer<typeof rowShape> {
  return hour === undefined ? row : { hour: hour.toISOString(), ...row };
}

const figureNames = ["requests", "inputTokens", "outputTokens", "errors", "estimated"] as const;

function totalsOf(rows: readonly UsageRow[]): Figures {
  const total = (figure: keyof Figures): number => rows.reduce((sum, row) => sum + row[figure], 0);
  return {
    requests: total("requests"),
    inputTokens: total("inputTokens"),
    outputTokens: total("outputTokens"),
    errors: total("errors"),
    estimated: total("estimated"),
  };
}

function csvOf(by: readonly Dimension[], rows: readonly UsageRow[]): string {
  const cells = (row: UsageRow): (string | number)[] => [
    ...by.map((dimension) => (dimension === "hour" ? (row.hour?.toISOString() ?? "") : (row[dimension] ?? ""))),
    ...figureNames.map((figure) => row[figure]),
  ];
  return toCsv([...by, ...figureNames], rows.map(cells));
}
