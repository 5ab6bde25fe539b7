import { sql } from "kysely";
import type { Logger } from "pino";
import { platformScope, reasonOf, type Tables } from "../database/client.js";
import type { Secrets } from "../kernel/module.js";
import { createKey } from "./keys.js";
import { createOrganisation } from "./organisations.js";
import type { AccountsSchema } from "./schema.js";
import { createUser } from "./users.js";

/** The secret that the first key is left in, for whoever started the platform: shown once, then deleted by them. */
const firstKeySecret = "first-key/key";

/**
 * On an empty database: an organisation, its owner, who runs the platform, and a key. Of several replicas that start at
 * once, one does it. Where secrets cannot be written (a cluster) no key is made: the internal token makes the first.
 */
export async function prepareFirstStart(tables: Tables<AccountsSchema>, secrets: Secrets, log: Logger): Promise<void> {
  await tables.transaction(platformScope, async (open) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('keelson-first-start', 0))`.execute(open);
    const some = await open.selectFrom("organisations").select("id").limit(1).executeTakeFirst();
    if (some) return;
    const actor = "internal";
    const { id: organisation } = await createOrganisation(open, actor, { id: "default", name: "Default" });
    const owner = await createUser(open, actor, { organisation, name: "owner", role: "owner", operator: true });
    await sql`savepoint before_key`.execute(open);
    const { key, prefix } = await createKey(open, actor, {
      organisation,
      user: owner.id,
      name: "first key",
      scopes: ["inference", "admin", "usage"],
      models: null,
      expires: null,
    });
    try {
      // Before the commit: a key that nobody was given must not exist.
      await secrets.write(firstKeySecret, key);
      log.info({ prefix, organisation }, "made the first key");
    } catch (error) {
      await sql`rollback to savepoint before_key`.execute(open);
      log.warn(
        { reason: reasonOf(error) },
        "made no first key, as it cannot be handed over: make one with `keelson keys create`",
      );
    }
  });
}
