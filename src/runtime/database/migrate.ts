import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Logger } from "pino";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Migration } from "./client.js";

/** The one table that this module has itself. */
export interface MigrationTables {
  keelson_migrations: { module: string; name: string; checksum: string };
}

/** Any number that no other program on this database takes for its own advisory lock: "keelson" in ASCII, cut to 6 bytes. */
const lock = 0x6b65656c736f;

/**
 * Applies what is not yet applied, in order, in one transaction, while other replicas wait.
 * @throws KeelsonError `database/migration-changed` when an applied migration no longer reads as it did.
 */
export async function migrate(
  database: Kysely<MigrationTables>,
  module: string,
  migrations: readonly Migration[],
  log: Logger,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${lock})`.execute(transaction);
    await sql`create table if not exists keelson_migrations (
        module text not null, name text not null, checksum text not null,
        applied timestamptz not null default now(), primary key (module, name))`.execute(transaction);
    const rows = await transaction
      .selectFrom("keelson_migrations")
      .select(["name", "checksum"])
      .where("module", "=", module)
      .execute();
    const applied = new Map(rows.map((row) => [row.name, row.checksum]));
    for (const { name, checksum, text } of readable(migrations)) {
      const known = applied.get(name);
      if (known === checksum) continue;
      if (known !== undefined)
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
    // A newer release migrated already and this is the older one, still running or rolled back to: it may go on,
    // because a migration only ever adds what the release before it can live with.
    if (newer.length > 0) log.warn({ module, migrations: newer }, "the database has migrations of a newer release");
  });
}

function readable(migrations: readonly Migration[]): { name: string; checksum: string; text: string }[] {
  return [...migrations]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, sql: text }) => ({ name, text, checksum: createHash("sha256").update(text).digest("hex") }));
}
