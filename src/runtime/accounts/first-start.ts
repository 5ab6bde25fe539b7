import { sql } from "kysely";
import type { Logger } from "pino";
import { SCOPES } from "../../contracts/authority.js";
import { PLATFORM_SCOPE, reasonOf, type Tables } from "../database/client.js";
import type { Secrets } from "../kernel/module.js";
import { undoneOnFailure } from "./audit-chain.js";
import { createKey } from "./keys.js";
import { createOrganisation } from "./organisations.js";
import type { AccountsSchema } from "./schema.js";
import { createUser } from "./users.js";

/** The secret that contains the first key. `keelson up` prints it and then deletes it. */
const FIRST_KEY_SECRET = "first-key/key";

/**
 * Prepares an empty database: creates an organisation, its owner, who runs the platform, and an API key. If several replicas
 * start at once, one of them does it. Where secrets cannot be written (in a cluster) no key is created; the operator creates
 * the first with the internal token.
 */
export async function prepareFirstStart(tables: Tables<AccountsSchema>, secrets: Secrets, log: Logger): Promise<void> {
  await tables.transaction(PLATFORM_SCOPE, async (open) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('keelson-first-start', 0))`.execute(open);
    const existing = await open.selectFrom("organisations").select("id").limit(1).executeTakeFirst();
    if (existing) return;
    const actor = "internal";
    const { id: organisation } = await createOrganisation(open, actor, { id: "default", name: "Default" });
    const owner = await createUser(open, actor, { organisation, name: "owner", role: "owner", operator: true });
    const wanted = { organisation, user: owner.id, name: "first key", scopes: SCOPES };
    try {
      await undoneOnFailure(open, async () => {
        const { key, prefix } = await createKey(open, actor, { ...wanted, models: null, expires: null, session: null });
        // Before the commit: a key that no one has received must not exist.
        await secrets.write(FIRST_KEY_SECRET, key);
        log.info({ prefix, organisation }, "created the first API key");
      });
    } catch (error) {
      log.warn(
        { reason: reasonOf(error) },
        "created no API key, because secrets cannot be written here: create one with `keelson keys create`",
      );
    }
  });
}
