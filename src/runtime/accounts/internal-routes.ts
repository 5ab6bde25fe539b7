import type { ServerResponse } from "node:http";
import type { AdminApp } from "../admin/index.js";
import type { Accounts } from "./client.js";
import { authenticateReply, authenticateRequest, heartbeat, identifyReply, identifyRequest } from "./wire.js";

/** Milliseconds after which a process that drains ends its streams: nothing else would, and the drain waits for them. */
const drainCheck = 200;

/** The module for other processes. Returns what ends the streams of changes that are open. */
export function internalRoutes(
  app: AdminApp,
  accounts: Accounts,
  draining: () => boolean,
): { readonly end: () => void } {
  const streams = new Set<ServerResponse>();

  app.post(
    "/internal/accounts/authenticate",
    { schema: { body: authenticateRequest, response: { 200: authenticateReply } } },
    async (request) => {
      const principal = await accounts.authenticate(request.body.hash);
      return principal
        ? { principal: { ...principal, scopes: [...principal.scopes], models: principal.models?.slice() } }
        : {};
    },
  );

  app.post(
    "/internal/accounts/identify",
    { schema: { body: identifyRequest, response: { 200: identifyReply } } },
    async (request) => {
      const actor = await accounts.identify(request.body);
      return actor ? { actor: { ...actor, scopes: [...actor.scopes] } } : {};
    },
  );

  app.get("/internal/accounts/changes", (_request, reply) => {
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    stream.write(": changes to keys\n\n");
    streams.add(stream);
    const unwatch = accounts.watch((change) => stream.write(`data: ${JSON.stringify(change)}\n\n`));
    const beat = setInterval(() => stream.write(": still here\n\n"), heartbeat);
    const drain = setInterval(() => draining() && stream.end(), drainCheck);
    stream.once("close", () => {
      clearInterval(beat);
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
