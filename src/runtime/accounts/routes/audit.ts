import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { auditEntry } from "../../../contracts/audit.js";
import { auditRoutes } from "../../../contracts/routes/accounts.js";
import { readableOrganisation, scopeOf, serve } from "../../admin/index.js";
import type { Tables } from "../../database/client.js";
import { chainsOf, namesIn, readAudit, verifyAudit } from "../audit.js";
import { PLATFORM_CHAIN } from "../audit-chain.js";
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

    verifyAudit: async ({ actor, query }) => {
      const organisation = readableOrganisation(actor, query.organisation);
      const chains = await tables.transaction(
        scopeOf(organisation),
        async (open) => {
          const verdicts = [];
          for (const chain of organisation === undefined ? await chainsOf(open) : [organisation])
            verdicts.push(await verifyAudit(open, chain));
          return verdicts;
        },
        { repeatable: true },
      );
      const broken = chains.find(({ intact }) => !intact);
      const heads = chains.map(({ head }) => head);
      return {
        organisation: organisation ?? null,
        intact: broken === undefined,
        entries: chains.reduce((total, { entries }) => total + entries, 0),
        head:
          organisation === undefined ? createHash("sha256").update(heads.join("\n")).digest("hex") : (heads[0] ?? ""),
        brokenAt: broken?.brokenAt ?? null,
        truncated: chains.some(({ truncated }) => truncated),
      };
    },
  });
}
