import type { FastifyInstance } from "fastify";
import { auditEntry } from "../../../contracts/audit.js";
import { auditRoutes } from "../../../contracts/routes/accounts.js";
import { readableOrganisation, scopeOf, serve } from "../../admin/index.js";
import type { Tables } from "../../database/client.js";
import { namesIn, readAudit } from "../audit.js";
import { PLATFORM_CHAIN } from "../audit-chain.js";
import { verifyAudit } from "../audit-verification.js";
import type { AccountsSchema } from "../schema.js";

export function serveAudit(app: FastifyInstance, tables: Tables<AccountsSchema>): void {
  serve(app, auditRoutes, {
    readAudit: async ({ actor, query }) => {
      const { search, before, limit } = query;
      const organisation = readableOrganisation(actor, query.organisation);
      const { entries, names } = await tables.transaction(
        scopeOf(organisation),
        async (open) => {
          const found = await readAudit(open, { organisation, search, before, limit });
          return { entries: found, names: await namesIn(open, found) };
        },
        { repeatable: true },
      );
      return {
        names,
        entries: entries.map((entry) => ({
          ...entry,
          organisation: entry.organisation === PLATFORM_CHAIN ? null : entry.organisation,
          at: entry.at.toISOString(),
          detail: auditEntry.shape.detail.parse(JSON.parse(entry.detail)),
        })),
        next: entries.length < limit ? null : (entries.at(-1)?.id ?? null),
      };
    },

    verifyAudit: async ({ actor, query: { after, limit, ...query } }) => {
      const organisation = readableOrganisation(actor, query.organisation);
      const { brokenAt, next, ...verdict } = await tables.transaction(
        scopeOf(organisation),
        (open) => verifyAudit(open, { organisation, after, limit }),
        { repeatable: true },
      );
      return { organisation: organisation ?? null, after, ...verdict, brokenAt: brokenAt ?? null, next: next ?? null };
    },
  });
}
