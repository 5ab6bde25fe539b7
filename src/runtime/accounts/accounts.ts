import { join } from "node:path";
import { acceptedTokens, currentToken } from "../../contracts/platform-token.js";
import type { UndoStack } from "../../lifecycle/undo-stack.js";
import { createAdminApp, createInternalApp, mount, mountInternal } from "../admin/index.js";
import { type Database, PLATFORM_SCOPE } from "../database/client.js";
import type { Context, Running } from "../kernel/module.js";
import { startInSteps } from "../kernel/start-steps.js";
import { readOrCreateToken } from "../kernel/tokens.js";
import { findActor, OPERATOR_ACTOR } from "./actors.js";
import { AuditChain, auditedTables } from "./audit-chain.js";
import { isOfOtherKey, sealEarlierChains } from "./audit-verification.js";
import { KeyChanges } from "./changes.js";
import type { Accounts } from "./client.js";
import { prepareFirstStart } from "./first-start.js";
import { internalRoutes } from "./internal-routes.js";
import { findPrincipal, namesOf } from "./keys.js";
import { LastUsed } from "./last-used.js";
import { accounts as firstMigration } from "./migrations/0001-accounts.js";
import { sessionsAndOrigins } from "./migrations/0002-sessions-and-origins.js";
import { auditChain } from "./migrations/0003-audit-chain.js";
import { keysOfSessions } from "./migrations/0004-keys-of-sessions.js";
import { deletion } from "./migrations/0005-deletion.js";
import { makersAndGaps } from "./migrations/0006-makers-and-gaps.js";
import { serveAudit } from "./routes/audit.js";
import { serveKeys } from "./routes/keys.js";
import { serveOrganisations, serveUsers } from "./routes/people.js";
import { serveSession } from "./routes/session.js";
import type { AccountsSchema } from "./schema.js";
import { storedCredentials } from "./stored-credentials.js";
import { hashToken } from "./token.js";

/** Organisations, users, API keys, sessions and the audit log, in PostgreSQL. */
export function startAccounts(context: Context, needs: { readonly database: Database }): Promise<Running<Accounts>> {
  return startInSteps(context.log, (undo) => start(context, needs, undo));
}

async function start(
  context: Context,
  needs: { readonly database: Database },
  undo: UndoStack,
): Promise<{ readonly client: Accounts }> {
  const { log } = context;
  const { database } = needs;
  await database.migrate("accounts", [
    ...[firstMigration, sessionsAndOrigins, auditChain, keysOfSessions, deletion, makersAndGaps],
  ]);
  const key = currentToken(await readOrCreateToken(context.secrets, "audit"));
  const { chain, first } = await undo.step(
    "open the chain of the audit log",
    () => AuditChain.open(key, join(context.dataDirectory, "accounts", "audit-heads.json"), log),
    (opened) => opened.chain.close(),
  );
  const tables = auditedTables(database.tables<AccountsSchema>(), chain);
  if (first) await tables.transaction(PLATFORM_SCOPE, sealEarlierChains);
  if (await tables.transaction(PLATFORM_SCOPE, isOfOtherKey, { repeatable: true })) {
    const reason = "the newest entry of the audit log does not match the secret `internal/audit-key`";
    log.error(`${reason}: put the earlier key back, without which earlier entries cannot be verified`);
    context.report("degraded", reason);
  }
  await prepareFirstStart(tables, context.secrets, log);

  const operatorTokens = new Set(
    acceptedTokens(await readOrCreateToken(context.secrets, "operator")).map((token) => hashToken(token)),
  );

  const changes = await undo.step(
    "listen to changes of keys",
    () => new KeyChanges(database),
    (listening) => listening.stop(),
  );
  // Stopped after the apps, whose last requests it records.
  const lastUsed = await undo.step(
    "record the last use of keys",
    () => new LastUsed(tables, log),
    (recording) => recording.stop(),
  );
  const lookUps = database.lookUps<AccountsSchema>();
  const stored = storedCredentials(lookUps);
  const accounts: Accounts = {
    authenticate: async (hash) => {
      if (!(await stored.has(hash))) return undefined;
      const principal = await lookUps.transaction(PLATFORM_SCOPE, (open) => findPrincipal(open, hash), {
        repeatable: true,
      });
      if (principal) lastUsed.record(principal.keyId, Date.now());
      return principal;
    },
    identify: async (credential) => {
      const { kind, hash } = credential;
      if (kind === "operator") return operatorTokens.has(hash) ? OPERATOR_ACTOR : undefined;
      if (!(await stored.has(hash))) return undefined;
      const actor = await lookUps.transaction(PLATFORM_SCOPE, (open) => findActor(open, { kind, hash }), {
        repeatable: true,
      });
      if (actor?.keyId !== undefined) lastUsed.record(actor.keyId, Date.now());
      return actor;
    },
    nameKeys: (ids) => tables.transaction(PLATFORM_SCOPE, (open) => namesOf(open, ids), { repeatable: true }),
    watch: (listener) => changes.watch(listener),
  };

  const admin = await undo.step(
    "create the admin API",
    () => createAdminApp(context, accounts),
    (app) => app.close(),
  );
  serveSession(admin, { tables, stored }, context);
  serveOrganisations(admin, tables);
  serveUsers(admin, tables);
  serveKeys(admin, tables);
  serveAudit(admin, tables);
  await mount(context, admin);
  const internal = await undo.step(
    "create the internal API",
    () => createInternalApp(context),
    (app) => app.close(),
  );
  await undo.step(
    "serve the internal API",
    () => internalRoutes(internal, accounts, tables, chain, context.draining),
    (streams) => streams.end(),
  );
  await mountInternal(context, internal);
  return { client: accounts };
}
