import type pg from "pg";
import { z } from "zod";
import { withClient } from "../../postgres/server.js";

const ledgerRows = z.array(z.object({ id: z.string() }));
const versionRows = z.array(z.object({ version: z.string() }));

/** Of these requests, those that the usage ledger has counted. */
export async function countedIn(databaseUrl: string, ids: readonly string[]): Promise<Set<string>> {
  return withClient(connection(databaseUrl), async (client) => {
    await client.query("BEGIN READ ONLY");
    // The tables are closed by organisation; this is the scope of the platform itself.
    await client.query("SELECT set_config('keelson.organisation', '*', true)");
    const { rows } = await client.query("SELECT id FROM usage_events WHERE id = ANY($1)", [ids]);
    return new Set(ledgerRows.parse(rows).map((row) => row.id));
  });
}

export async function postgresVersion(databaseUrl: string): Promise<string> {
  return withClient(connection(databaseUrl), async (client) => {
    const { rows } = await client.query("SELECT current_setting('server_version') AS version");
    return versionRows.parse(rows)[0]?.version ?? "unknown";
  });
}

/** A platform that was struck may be slow to answer, and is not waited for as long as its own clients would. */
function connection(databaseUrl: string): pg.ClientConfig {
  return { connectionString: databaseUrl, connectionTimeoutMillis: 3000, query_timeout: 10_000 };
}
