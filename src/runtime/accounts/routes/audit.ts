import type { FastifyInstance } from "fastify";
import { auditEntry } from "../../../contracts/audit.js";
import { auditRoutes } from "../../../contracts/routes/accounts.js";
import { organisationOf, readableOrganisation, scopeOf, serve } from "../../admin/index.js";
import type { Tables } from "../../database/client.js";
import { readAudit, verifyAudit } from "../audit.js";
import type { AccountsSchema } from "../schema.js";

export function serveAudit(app: FastifyInstance, tables: Tables<AccountsSchema>): void {
  serve(app, auditRoutes, {
    readAudit: async ({ actor, query }) => {
      const { before, limit } = query;
      const organisation = readableOrganisation(actor, query.organisation);
      const entries = await tables.transaction(
        scopeOf(organisation),
        (open) => readAudit(open, { organisation, before, limit }),
        { repeatable: true },
      );
      return {
        entries: entries.map((entry) => ({
          ...entry,
          at: entry.at.toISOString(),
          detail: auditEntry.shape.detail.parse(JSON.parse(entry.detail)),
        })),
        next: entries.length < limit ? null : (entries.at(-1)?.id ?? null),
      };
    },

    verifyAudit: async ({ actor, query }) => {
      const organisation = organisationOf(actor, query.organisation);
      const verdict = await tables.transaction(scopeOf(organisation), (open) => verifyAudit(open, organisation), {
        repeatable: true,
      });
      return { ...verdict, organisation, brokenAt: verdict.brokenAt ?? null };
    },
  });
}
