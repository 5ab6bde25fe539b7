import { z } from "zod";
import { errorDocument } from "../../../contracts/error.js";
import { organisationId } from "../../../contracts/fields.js";
import { type AdminApp, actorOf, organisationOf, readingOf } from "../../admin/index.js";
import { organisationScope, platformScope, type Tables } from "../../database/client.js";
import { readAudit, verifyAudit } from "../audit.js";
import type { AccountsSchema } from "../schema.js";
import { moment, text } from "./schemas.js";

const entryShape = z
  .object({
    id: z.int(),
    at: moment,
    organisation: organisationId,
    actor: z.string(),
    act: z.string(),
    subject: z.string(),
    detail: z.record(z.string(), z.unknown()),
    previous: z.string(),
    hash: z.string(),
  })
  .meta({ id: "AuditEntry" });

const detail = entryShape.shape.detail;
const admin = { access: { kind: "actor", scope: "admin", role: "admin" } } as const;

export function auditRoutes(app: AdminApp, tables: Tables<AccountsSchema>): void {
  app.get(
    "/admin/audit",
    {
      config: admin,
      schema: {
        operationId: "readAudit",
        summary: "What was done by whom, newest first",
        tags: ["audit"],
        querystring: z.strictObject({
          organisation: organisationId.optional(),
          before: z.coerce.number().int().positive().optional().meta({ description: "`next` of the page before." }),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: {
          200: z.object({ entries: z.array(entryShape), next: z.int().nullable() }),
          default: errorDocument,
        },
      },
    },
    async (request) => {
      const { before, limit } = request.query;
      const organisation = readingOf(actorOf(request), request.query.organisation);
      const entries = await tables.transaction(
        organisation === undefined ? platformScope : organisationScope(organisation),
        (open) => readAudit(open, { organisation, before, limit }),
        { repeatable: true },
      );
      return {
        entries: entries.map((entry) => ({
          ...entry,
          at: text(entry.at),
          detail: detail.parse(JSON.parse(entry.detail)),
        })),
        next: entries.length < limit ? null : (entries.at(-1)?.id ?? null),
      };
    },
  );

  app.get(
    "/admin/audit/verification",
    {
      config: admin,
      schema: {
        operationId: "verifyAudit",
        summary: "Computes an organisation's chain of entries again and says whether any was changed or taken out",
        tags: ["audit"],
        querystring: z.strictObject({ organisation: organisationId.optional() }),
        response: {
          200: z
            .object({
              organisation: organisationId,
              intact: z.boolean(),
              entries: z.int(),
              head: z
                .string()
                .meta({ description: "Hash of the newest entry; kept elsewhere it also shows a cut-off end." }),
              brokenAt: z.int().nullable(),
            })
            .meta({ id: "AuditVerdict" }),
          default: errorDocument,
        },
      },
    },
    async (request) => {
      const organisation = organisationOf(actorOf(request), request.query.organisation);
      const verdict = await tables.transaction(
        organisationScope(organisation),
        (open) => verifyAudit(open, organisation),
        { repeatable: true },
      );
      return { ...verdict, organisation, brokenAt: verdict.brokenAt ?? null };
    },
  );
}
