import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Logger } from "pino";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Migration } from "./client.js";

/** The table of this module. */
export interface MigrationTables {
  keelson_migrations: { module: string; name: string; checksum: string };
}

/** Key of the advisory lock, unlikely to be used by another program: "keelson" in ASCII, cut to 6 bytes. */
const MIGRATION_LOCK = 0x6b65656c736f;

/**
 * Applies the pending migrations, in order, in one transaction. Other replicas wait for it.
 * @throws KeelsonError `database/migration-changed` if an applied migration has been edited.
 */
export async function migrate(
  database: Kysely<MigrationTables>,
  module: string,
  migrations: readonly Migration[],
  log: Logger,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(transaction);
    await sql`create table if not exists keelson_migrations (
        module text not null, name text not null, checksum text not null,
        applied timestamptz not null default now(), primary key (module, name))`.execute(transaction);
    const rows = await transaction
      .selectFrom("keelson_migrations")
      .select(["name", "checksum"])
      .where("module", "=", module)
      .execute();
    const applied = new Map(rows.map((row) => [row.name, row.checksum]));
    for (const { name, checksum, text } of withChecksums(migrations)) {
      const appliedChecksum = applied.get(name);
      if (appliedChecksum === checksum) continue;
      if (appliedChecksum !== undefined)
        throw new KeelsonError(
          "database/migration-changed",
          `migration ${module}/${name} was changed after it was applied`,
        );
      await sql.raw(text).execute(transaction);
      await transaction.insertInto("keelson_migrations").values({ module, name, checksum }).execute();
      log.info({ module, migration: name }, "migration applied");
    }
    const ours = new Set(migrations.map(({ name }) => name));
    const newer = [...applied.keys()].filter((name) => !ours.has(name));
    // A newer release has migrated the database, and this is an older one, still running or after a rollback. It continues:
    // a migration only makes changes that the previous release is compatible with.
    if (newer.length > 0) log.warn({ module, migrations: newer }, "the database has migrations of a newer release");
  });
}

/** The migrations in the order of their names. */
function withChecksums(migrations: readonly Migration[]): { name: string; checksum: string; text: string }[] {
  return [...migrations]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, sql: text }) => ({ name, text, checksum: createHash("sha256").update(text).digest("hex") }));
}
