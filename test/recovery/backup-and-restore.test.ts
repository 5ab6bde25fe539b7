import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { clusterAt } from "../../src/postgres/cluster.js";
import { databaseUrl, role } from "../../src/postgres/provision.js";
import { startServer } from "../../src/postgres/server.js";
import { PostgresClient } from "../../src/postgres-client/client.js";
import { readCatalogue } from "../../src/recovery/backup/catalogue.js";
import { fingerprint } from "../../src/recovery/backup/fingerprint.js";
import { restoreInto } from "../../src/recovery/restore/restore.js";
import type { RestoreTarget } from "../../src/recovery/restore/target.js";
import { verifyBackup } from "../../src/recovery/restore/verify.js";
import { asAdministrator, flipByte, type Source, startSource, temporaryDirectory } from "../support/recovery/source.js";
import { timeBetween } from "../support/recovery/time-between.js";
import { until } from "../support/until.js";

const BETWEEN_WRITES_MS = 30;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function withRows(count: number): Promise<Source> {
  const source = await startSource(cleanups);
  await source.query(`CREATE TABLE ledger AS SELECT n AS id, md5(n::text) AS what FROM generate_series(1, ${count}) n`);
  return source;
}

async function restored(source: Source, target: RestoreTarget, which = -1) {
  const { backups } = await readCatalogue(source.repository, source.codec);
  const backup = backups.at(which);
  if (!backup) throw new Error("no such backup");
  const home = temporaryDirectory(cleanups);
  const cluster = await clusterAt(home, join(home, "restored.log"));
  await restoreInto(cluster.data, source.repository, source.codec, backup, { user: cluster.user, target });
  const server = await startServer(cluster);
  cleanups.push(() => server.stop("immediate"));
  const ids = async () =>
    asAdministrator(server, role, async (client) => {
      const { rows } = await client.query<{ id: number }>("SELECT id FROM ledger ORDER BY id");
      return rows.map((row) => row.id);
    });
  return { server, ids };
}

/** A client with transactions of its own. Its server may end first. */
async function openClient(source: Source): Promise<pg.Client> {
  const client = new pg.Client({ ...source.server.superuser, options: "", database: role });
  client.on("error", () => undefined);
  await client.connect();
  cleanups.push(() => client.end());
  return client;
}

const verify = async (source: Source, which = -1) => {
  const { backups } = await readCatalogue(source.repository, source.codec);
  const backup = backups.at(which);
  if (!backup) throw new Error("no such backup");
  return verifyBackup(source.repository, source.codec, backup, {
    scratch: temporaryDirectory(cleanups),
    now: Date.now,
  });
};

describe("a backup", () => {
  test("restores every row, with later rows from the archived log", async () => {
    const source = await withRows(1000);
    await source.backup();
    await source.query("INSERT INTO ledger SELECT n, md5(n::text) FROM generate_series(1001, 1500) n");
    await source.shipLog();
    const copy = await restored(source, { kind: "latest" });
    expect(await copy.ids()).toHaveLength(1500);
    expect(await fingerprint(copy.server)).toEqual(await fingerprint(source.server));
  });

  test("restores the state at any later time", async () => {
    const source = await withRows(10);
    await source.backup();
    await source.query("INSERT INTO ledger VALUES (11, 'before the mistake')");
    const at = await timeBetween();
    await source.query("DELETE FROM ledger");
    await source.shipLog();
    const copy = await restored(source, { kind: "time", at });
    expect(await copy.ids()).toHaveLength(11);
  });

  test("is taken under concurrent writes, and compared with exactly its restore point", async () => {
    const source = await withRows(10);
    let writing = true;
    let next = 100;
    const writer = (async () => {
      // Between two transactions there is a moment without any: where each sync is slow, one would be open all the time.
      for (; writing; next += 1) {
        await source.query(`INSERT INTO ledger VALUES (${next}, 'meanwhile')`);
        await setTimeout(BETWEEN_WRITES_MS);
      }
    })();
    const manifest = await source.backup();
    writing = false;
    await writer;
    const rows = manifest.fingerprint.tables.find((table) => table.table === "public.ledger")?.rows ?? 0;
    expect(rows).toBeGreaterThan(10);
    const found = await verify(source);
    expect(found).toMatchObject({ valid: true, findings: [], rows });
  });

  test("runs nothing that the owner of the database has defined, and ignores its timeouts", async () => {
    const source = await withRows(200_000);
    const owner = new PostgresClient(databaseUrl(source.cluster, "secret"));
    await owner.connect();
    cleanups.push(() => owner.end().catch(() => undefined));
    // Each fits the queries of a backup better than the function of the system.
    const trap = (signature: string, result: string) => `
      CREATE FUNCTION public.${signature} RETURNS ${result} LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'executed as %', current_user; END $$;`;
    await owner.query(`
      CREATE TABLE public.trap (id int, t text, keelson int); INSERT INTO public.trap VALUES (1, 'x', 2);
      ${trap("trap_text(public.trap)", "text")}
      CREATE CAST (public.trap AS text) WITH FUNCTION public.trap_text(public.trap);
      ${trap("format(text, name, name)", "text")} ${trap("record_out(public.trap)", "text")}
      ${trap("hashtextextended(text, int)", "bigint")} ${trap("name_in(name, text)", "boolean")}
      CREATE OPERATOR public.= (LEFTARG = name, RIGHTARG = text, FUNCTION = public.name_in);
      ${trap("verify_heapam(regclass, boolean)", "text")} ${trap("bt_index_check(regclass)", "text")}
      ALTER DATABASE ${role} SET search_path = public, pg_catalog;
      ALTER DATABASE ${role} SET statement_timeout = '20ms'`);
    await source.backup();
    expect(await verify(source)).toMatchObject({ valid: true, findings: [], rows: 200_001 });
  }, 60_000);

  test("is taken and compared during a slow VACUUM and a long write transaction", async () => {
    const source = await withRows(50_000);
    const vacuum = await openClient(source);
    const writer = await openClient(source);
    await vacuum.query("SET vacuum_cost_delay = '50ms'; SET vacuum_cost_limit = 5");
    await writer.query("BEGIN; INSERT INTO ledger VALUES (100001, 'not committed')");
    const vacuumed = vacuum.query("VACUUM (FREEZE) ledger").catch(() => undefined);
    const vacuums = "SELECT FROM pg_stat_progress_vacuum";
    await until(async () => (await source.query(vacuums)).length === 1, "VACUUM runs");
    await source.backup();
    expect(await source.query(vacuums)).toHaveLength(1);
    const found = await verify(source);
    expect(found).toMatchObject({ valid: true, findings: [], rows: 50_000 });
    expect(found.notCompared).toBeUndefined();
    await source.query("SELECT pg_terminate_backend(pid) FROM pg_stat_progress_vacuum");
    await vacuumed;
  });

  test("is kept, with the tables that were not compared, while a table is locked exclusively", async () => {
    const source = await withRows(100);
    await source.query("CREATE TABLE locked AS SELECT 1 AS n");
    const client = await openClient(source);
    await client.query("BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE");
    await source.backup();
    expect(await verify(source)).toMatchObject({ valid: true, notCompared: ["public.locked"], tables: 2 });
  });

  test("a transaction that commits between the snapshot and the restore point makes no valid backup invalid", async () => {
    const source = await withRows(100);
    const manifest = await source.backup();
    const [row] = await source.query("SELECT pg_current_xact_id()::text AS id");
    const first = Number(row?.["id"]) - 1;
    // As if the snapshot had been taken before the last transaction of the backup, which created the rows.
    const earlier = { ...manifest.fingerprint, snapshot: `${first - 1}:${first - 1}:`, tables: [] };
    const found = await verifyBackup(
      source.repository,
      source.codec,
      {
        manifest: { ...manifest, fingerprint: earlier },
        verification: undefined,
        origin: "authenticated",
        opens: true,
      },
      { scratch: temporaryDirectory(cleanups), now: Date.now },
    );
    expect(found).toMatchObject({ valid: true, notCompared: ["public.ledger"], rows: 100 });
  });

  test("is valid only once it was restored", async () => {
    const source = await withRows(10);
    await source.backup();
    expect((await readCatalogue(source.repository, source.codec)).backups[0]?.verification).toBeUndefined();
    await verify(source);
    expect((await readCatalogue(source.repository, source.codec)).backups[0]?.verification?.valid).toBe(true);
  });

  test("of a restored server can be restored again", async () => {
    const source = await withRows(10);
    await source.backup();
    const at = Date.now();
    await source.query("INSERT INTO ledger VALUES (11, 'later')");
    await source.shipLog();
    await source.server.stop("fast");
    await rm(source.cluster.data, { recursive: true });
    const { backups } = await readCatalogue(source.repository, source.codec);
    const first = backups[0];
    if (!first) throw new Error("no backup");
    const { user } = source.cluster;
    const target = { kind: "time", at } as const;
    await restoreInto(source.cluster.data, source.repository, source.codec, first, { user, target });
    const { archiveCommand } = await import("../../src/postgres/archive-script.js");
    const command = archiveCommand(source.cluster.archiveScript, source.cluster.run);
    const again = await startServer(source.cluster, {
      archive: { command, timeoutSeconds: 60 },
    });
    cleanups.push(() => again.stop("immediate"));
    await source.query("INSERT INTO ledger VALUES (12, 'on the new timeline')");
    const second = await source.backup();
    expect(second.timeline).toBe(2);
    await source.query("INSERT INTO ledger VALUES (13, 'after the second backup')");
    await source.shipLog();
    expect(await (await restored(source, { kind: "latest" })).ids()).toEqual([
      ...Array.from({ length: 10 }, (_, n) => n + 1),
      12,
      13,
    ]);
    expect(await verify(source)).toMatchObject({ valid: true });
  });
});

describe("damage", () => {
  test("of one bit in the files makes verification and restore fail", async () => {
    const source = await withRows(10);
    const manifest = await source.backup();
    await flipByte(join(source.repositoryPath, manifest.base.name));
    expect(await verify(source)).toMatchObject({ valid: false });
    await expect(restored(source, { kind: "latest" })).rejects.toMatchObject({ code: "backup/corrupt" });
  });

  test("of one bit in the log makes the restore fail", async () => {
    const source = await withRows(10);
    const manifest = await source.backup();
    const [object] = await source.repository.list(`${manifest.system}/wal/${manifest.lastSegment}`);
    await flipByte(join(source.repositoryPath, object?.name ?? ""));
    expect(await verify(source)).toMatchObject({ valid: false });
  });

  test("of one bit in the catalogue is reported, and the entry is not used", async () => {
    const source = await withRows(10);
    const manifest = await source.backup();
    await flipByte(join(source.repositoryPath, `${manifest.system}/backups/${manifest.id}/manifest.json`));
    const catalogue = await readCatalogue(source.repository, source.codec);
    expect(catalogue.backups).toEqual([]);
    expect(catalogue.damaged).toHaveLength(1);
  });

  test("a log with a gap is rejected, not replayed up to the gap", async () => {
    const source = await withRows(10);
    await source.backup();
    for (const id of [11, 12, 13]) {
      await source.query(`INSERT INTO ledger VALUES (${id}, 'more')`);
      await source.shipLog();
    }
    const log = (await source.repository.list("")).filter((object) => /\/wal\/[0-9A-F]{24}\./.test(object.name));
    await source.repository.remove(log.at(-2)?.name ?? "");
    await expect(restored(source, { kind: "latest" })).rejects.toMatchObject({ code: "log/gap" });
  });

  test("disabled archiving is detected when a backup is taken", async () => {
    const source = await startSource(cleanups, { archive: false });
    await expect(source.backup({ archiveTimeoutMs: 500 })).rejects.toMatchObject({ code: "backup/log-not-archived" });
    expect((await readCatalogue(source.repository, source.codec)).backups).toEqual([]);
  });
});
