import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { chat, type Up, until } from "../local/keelson.js";

/** Ids in the usage ledger of the running platform. */
export async function ledger(platform: Up): Promise<string[]> {
  const client = new pg.Client({ connectionString: readFileSync(join(platform.data, "secrets/database/url"), "utf8") });
  await client.connect();
  await client.query("BEGIN");
  await client.query("SELECT set_config('keelson.organisation', '*', true)");
  const { rows } = await client.query<{ id: string }>("SELECT id FROM usage_events");
  await client.end();
  return rows.map((row) => row.id);
}

/** Sends a chat request and waits until it is counted. */
export async function counted(platform: Up, withinMs: number): Promise<string> {
  const { id } = await chat(platform);
  await until(async () => (await ledger(platform)).includes(id ?? ""), withinMs, "the chat in the ledger");
  return id ?? "";
}
