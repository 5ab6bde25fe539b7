import type pg from "pg";
import { z } from "zod";
import { withClient } from "../../postgres/server.js";

const ledgerRows = z.array(z.object({ id: z.string() }));
const rateRows = z.array(z.object({ rate: z.number() }));
const versionRows = z.array(z.object({ version: z.string() }));

/** Of these request ids, those that the usage ledger contains. Throws if the database is unavailable. */
export async function readUsageLedger(databaseUrl: string, ids: readonly string[]): Promise<Set<string>> {
  return withClient(connection(databaseUrl), async (client) => {
    await client.query("BEGIN READ ONLY");
    // Row-level security restricts the tables to one organisation; `*` is the scope of the platform itself.
    await client.query("SELECT set_config('keelson.organisation', '*', true)");
    const { rows } = await client.query("SELECT id FROM usage_events WHERE id = ANY($1)", [ids]);
    return new Set(ledgerRows.parse(rows).map((row) => row.id));
  });
}

/** Usage records of the last minute, per second. Throws if the database is unavailable. */
export async function usageRecordRate(databaseUrl: string): Promise<number> {
  return withClient(connection(databaseUrl), async (client) => {
    await client.query("BEGIN READ ONLY");
    await client.query("SELECT set_config('keelson.organisation', '*', true)");
    const { rows } = await client.query(
      "SELECT (count(*) / 60.0)::float8 AS rate FROM usage_events WHERE at > now() - interval '1 minute'",
    );
    return rateRows.parse(rows)[0]?.rate ?? 0;
  });
}

export async function postgresVersion(databaseUrl: string): Promise<string> {
  return withClient(connection(databaseUrl), async (client) => {
    const { rows } = await client.query("SELECT current_setting('server_version') AS version");
    return versionRows.parse(rows)[0]?.version ?? "unknown";
  });
}

/** Shorter timeouts than those of the platform's own clients: after a fault the database may not respond. */
function connection(databaseUrl: string): pg.ClientConfig {
  return { connectionString: databaseUrl, connectionTimeoutMillis: 3000, query_timeout: 10_000 };
}
