import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { KEY_CHANGES_HEARTBEAT_MS, type KeyChange } from "../../contracts/credentials.js";
import { accountsInternalRoutes } from "../../contracts/routes/accounts.js";
import { serve } from "../admin/index.js";
import type { Tables } from "../database/client.js";
import type { AuditChain } from "./audit-chain.js";
import type { Accounts } from "./client.js";
import { recordPlatformAct } from "./platform-acts.js";
import type { AccountsSchema } from "./schema.js";

/** A draining process ends its streams within this interval: the drain waits for open responses. */
const DRAIN_CHECK_INTERVAL_MS = 200;

/** The module's routes for other processes. */
export function internalRoutes(
  app: FastifyInstance,
  accounts: Accounts,
  tables: Tables<AccountsSchema>,
  chain: AuditChain,
  draining: () => boolean,
): { /** Ends the open streams of changes. */ readonly end: () => void } {
  const streams = new Set<ServerResponse>();
  const { keyChanges, ...routes } = accountsInternalRoutes;
  serve(app, routes, {
    authenticate: async ({ body }) => ({ principal: await accounts.authenticate(body.hash) }),
    identify: async ({ body }) => ({ actor: await accounts.identify(body) }),
    nameKeys: async ({ body }) => ({ names: await accounts.nameKeys(body.ids) }),
    recordActs: async ({ body }) => {
      for (const act of body.acts) await recordPlatformAct(tables, chain, act);
      return null;
    },
  });

  app.get(keyChanges.path, (_request, reply) => {
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    stream.write(": changes to API keys\n\n");
    streams.add(stream);
    const unwatch = accounts.watch((change: KeyChange) => stream.write(`data: ${JSON.stringify(change)}\n\n`));
    const heartbeat = setInterval(() => stream.write(": heartbeat\n\n"), KEY_CHANGES_HEARTBEAT_MS);
    const drain = setInterval(() => draining() && stream.end(), DRAIN_CHECK_INTERVAL_MS);
    stream.once("close", () => {
      clearInterval(heartbeat);
      clearInterval(drain);
      unwatch();
      streams.delete(stream);
    });
  });

  return {
    end: () => {
      for (const stream of streams) stream.end();
    },
  };
}
