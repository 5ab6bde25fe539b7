import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { z } from "zod";
import { backupSchema } from "../../src/contracts/backups.js";
import { drillResultSchema } from "../../src/contracts/drills.js";
import type { Plan } from "../../src/plan/plan.js";
import { SOCKET_PORT } from "../../src/postgres/settings.js";
import { replayRate, segmentFetch } from "../../src/promises/facts/stores.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { type Cleanups, keelson, type Up, up, workDirectory } from "../../test/support/local/keelson.js";
import { type Case, defineCase, measured, ofRow, type Rig } from "../case.js";
import type { Sizes } from "../sizes.js";

/** A backup a day, and a WAL segment closed every seven and a half minutes: the worst case replays 192 segments. */
const platform = (size: string) => `platform: calibrated
services:
  gateway: { modules: [gateway, accounts, usage], calls: [database, assistant], expose: true }
models: { assistant: { source: any, engine: simulated } }
stores: { database: { postgres: 17, size: ${size}, backups: { full: daily keep 2d, log: 15m keep 2d } } }
environments: { local: { provide: embedded } }
`;

/** Steps of the recovery, as the sheet names them. */
const RESTORE = ["restore of the backup", "fetch of the log"];
/** The server starts before it replays. */
const RECOVERY = [...RESTORE, "new server provisioned", "replay of the log"];

const row = (terms?: readonly string[]) => ofRow("database-loss", "database", "rto", terms);

/** The database may be this much larger than declared, never smaller. */
const MAX_EXCESS = 0.05;
const ROWS_PER_BATCH = 20_000;
/** With its share of the room that a page keeps for updates. */
const BYTES_PER_ROW = 1_700;
const ROWS_PER_UPDATE = 20;
const STEP_LIMIT_MS = 900_000;

/** A database of the declared size. Half of each row are random hexadecimal digits, which gzip halves; a page has room for updates. */
async function fill(client: pg.Client, size: number): Promise<void> {
  await client.query(
    "CREATE TABLE filler (id bigserial PRIMARY KEY, text text NOT NULL) WITH (fillfactor = 70, autovacuum_enabled = off)",
  );
  for (let bytes = await databaseBytes(client); bytes < size; bytes = await databaseBytes(client)) {
    const rows = Math.min(ROWS_PER_BATCH, Math.ceil((size - bytes) / BYTES_PER_ROW));
    await client.query(`INSERT INTO filler (text) SELECT ${TEXT} FROM generate_series(1, ${rows}) id`);
  }
}

/** Of the row `id`. */
const TEXT = "(SELECT string_agg(md5(random()::text || part || id), '') FROM generate_series(1, 32) part)";

/** Of every database of the server: what a backup contains, without the WAL. */
async function databaseBytes(client: pg.Client): Promise<number> {
  const { rows } = await client.query("SELECT sum(pg_database_size(oid))::bigint AS bytes FROM pg_database");
  return Number(z.looseObject({ bytes: z.string() }).parse(rows[0]).bytes);
}

/** The WAL between a backup and the loss, as the prediction counts it: so many bytes in so many segments, all archived. */
async function rewrite(client: pg.Client, { bytes, segments }: { bytes: number; segments: number }): Promise<void> {
  const { rows } = await client.query("SELECT max(id)::int AS last FROM filler");
  const { last } = z.looseObject({ last: z.number() }).parse(rows[0]);
  for (let segment = 0; segment < segments; segment += 1) {
    const begin = await position(client);
    do
      await client.query(
        `UPDATE filler SET text = ${TEXT} WHERE id = ANY(ARRAY(SELECT 1 + (random() * ${last - 1})::int FROM generate_series(1, ${ROWS_PER_UPDATE})))`,
      );
    while ((await position(client)) - begin < bytes / segments);
    await client.query("SELECT pg_switch_wal()");
  }
}

async function position(client: pg.Client): Promise<number> {
  const { rows } = await client.query("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS at");
  return Number(z.looseObject({ at: z.string() }).parse(rows[0]).at);
}

/** How much WAL the prediction of the restore counts. */
function predictedLog(plan: Plan): { bytes: number; segments: number } {
  const sheet = promiseSheet(plan, []);
  const milliseconds = (name: string) => {
    const term = row([name])(sheet, plan);
    if (term.kind !== "bounded") throw new Error(`no ${name} is predicted: ${term.why}`);
    return term.total;
  };
  return {
    bytes: (milliseconds("replay of the log") / 1000) * replayRate.value,
    segments: Math.round(milliseconds("fetch of the log") / segmentFetch.embedded.value),
  };
}

/** As the superuser, who may close WAL segments. */
async function connect(running: Up): Promise<pg.Client> {
  const url = await readFile(join(running.data, "secrets/database/url"), "utf8");
  const host = decodeURIComponent(/[?&]host=([^&]+)/.exec(url)?.[1] ?? "");
  const client = new pg.Client({ host, port: SOCKET_PORT, user: "postgres", database: "keelson" });
  await client.connect();
  return client;
}

async function start(plan: Plan, file: string): Promise<Rig<"rto" | "recovery" | "files">> {
  const size = plan.stores[0]?.size ?? 0;
  const cleanups: Cleanups = [];
  const stop = async () => {
    for (let next = cleanups.pop(); next !== undefined; next = cleanups.pop()) await next();
  };
  try {
    const cwd = workDirectory(cleanups);
    await writeFile(join(cwd, "platform.yaml"), file);
    const running = await up(cleanups, { cwd });
    const command = async (...args: string[]) => {
      const { code, out, err } = await keelson(cwd, [...args, "--json", "--data", running.data], {
        timeout: STEP_LIMIT_MS,
      });
      if (out === "") throw new Error(`keelson ${args.join(" ")}: exit code ${code}\n${err}`);
      return JSON.parse(out) as unknown;
    };
    const client = await connect(running);
    await fill(client, size);
    await client.end();
    return {
      versions: { Node: process.versions.node, "embedded PostgreSQL": "17" },
      measure: async () => {
        const backup = backupSchema.parse(await command("backup", "--no-verify"));
        if (backup.size < size || backup.size > size * (1 + MAX_EXCESS))
          throw new Error(`the backup has ${backup.size} bytes, and ${size} are declared`);
        const writer = await connect(running);
        await rewrite(writer, predictedLog(plan));
        await writer.end();
        const drill = drillResultSchema.parse(
          await command("drill", "database-loss", "--running", "--yes", "--duration", "5s", "--rate", "5"),
        );
        const took = (name: string) => drill.terms.find((term) => term.name === name)?.value ?? Number.NaN;
        const files = took("restore of the backup");
        return {
          rto: drill.rto ?? { kind: "not-applicable", reason: drill.findings.map(({ why }) => why).join("; ") },
          recovery: measured(files + took("replay of the log")),
          files: measured(files),
        };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function restoreOf(size: string): Case {
  return defineCase({
    name: `restore-${size}`,
    title: `\`keelson up\`: a database of ${size}B is lost, and restored from its backup and a day of WAL (192 segments)`,
    platform: platform(size),
    environment: "local",
    needs: [],
    runs: 3,
    figures: {
      rto: { what: "RTO", predicted: row() },
      recovery: { what: "restore, fetch, start of the server and replay", predicted: row(RECOVERY) },
      files: { what: "restore and fetch", predicted: row(RESTORE) },
    },
    start: (plan) => start(plan, platform(size)),
  });
}

export const restores: readonly Case[] = ["200M", "600M", "1800M"].map(restoreOf);

/** A database that this machine has no room for is predicted with the rates of small ones. */
export const restoreSizes: Sizes = {
  title: "Restores of a larger database",
  measured: restores,
  extrapolated: restoreOf("100G"),
  figures: ["recovery", "files"],
};
