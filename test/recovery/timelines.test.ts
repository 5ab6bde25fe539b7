import { cpSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { archiveCommand } from "../../src/postgres/archive-script.js";
import { clusterAt } from "../../src/postgres/cluster.js";
import { role } from "../../src/postgres/provision.js";
import { type Server, startServer } from "../../src/postgres/server.js";
import type { Manifest } from "../../src/recovery/backup/catalogue.js";
import { openFolder } from "../../src/recovery/repository/folder.js";
import type { Repository } from "../../src/recovery/repository/repository.js";
import { chooseBackup } from "../../src/recovery/restore/choose-backup.js";
import { restoreInto } from "../../src/recovery/restore/restore.js";
import type { RestoreTarget } from "../../src/recovery/restore/target.js";
import { startRecovery } from "../../src/recovery/service/recovery.js";
import { writeSystemId } from "../../src/recovery/service/system-id.js";
import { asAdministrator, type Source, startSource, temporaryDirectory } from "../support/recovery/source.js";
import { timeBetween } from "../support/recovery/time-between.js";

/*
 * timeline 1:  first backup, 4, (kept) 5, second backup, 6, (discarded)
 * timeline 2:                  └─ restored to `kept`, 7
 */
const cleanups: (() => Promise<void> | void)[] = [];
let source: Source;
let server: Server;
let first: Manifest;
let second: Manifest;
const times = { kept: 0, five: 0, six: 0, seven: 0 };

async function write(row: number): Promise<number> {
  await source.query(`INSERT INTO ledger VALUES (${row})`);
  return timeBetween();
}

beforeAll(async () => {
  source = await startSource(cleanups);
  await source.query("CREATE TABLE ledger AS SELECT n AS id FROM generate_series(1, 3) n");
  first = await source.backup();
  times.kept = await write(4);
  times.five = await write(5);
  second = await source.backup();
  times.six = await write(6);
  await source.shipLog();
  await source.server.stop("fast");
  await rm(source.cluster.data, { recursive: true });
  await restoreTo(source.cluster.data, "latest", { kind: "time", at: times.kept });
  const command = archiveCommand(source.cluster.archiveScript, source.cluster.run);
  const archive = { command, timeoutSeconds: 60 };
  server = await startServer(source.cluster, { archive });
  cleanups.push(() => server.stop("immediate"));
  times.seven = await write(7);
  await source.shipLog();
}, 120_000);
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function restoreTo(directory: string, id: string, target: RestoreTarget, from?: Repository): Promise<string> {
  const { codec, cluster } = source;
  const repository = from ?? source.repository;
  const { backup, timelines } = await chooseBackup(repository, codec, { id }, target);
  await restoreInto(directory, repository, codec, backup, { user: cluster.user, target, timelines });
  return backup.manifest.id;
}

/** The rows of a server that recovers from a restore, and the backup that was used. */
async function restored(id: string, target: RestoreTarget, from?: Repository) {
  const home = temporaryDirectory(cleanups);
  const cluster = await clusterAt(home, join(home, "restored.log"));
  const backup = await restoreTo(cluster.data, id, target, from);
  const copy = await startServer(cluster);
  const rows = await ledger(copy);
  await copy.stop("immediate");
  return { backup, rows };
}

async function ledger(of: Server): Promise<number[]> {
  return asAdministrator(of, role, async (client) => {
    const { rows } = await client.query<{ id: number }>("SELECT id FROM ledger ORDER BY id");
    return rows.map(({ id }) => id);
  });
}

describe("after a point-in-time restore", () => {
  test("a time before it is restored from the timeline that was current then", async () => {
    expect(await restored(first.id, { kind: "time", at: times.five })).toEqual({
      backup: first.id,
      rows: [1, 2, 3, 4, 5],
    });
    // The newest backup of that time is on what the restore has discarded.
    expect(await restored("latest", { kind: "time", at: times.six })).toEqual({
      backup: second.id,
      rows: [1, 2, 3, 4, 5, 6],
    });
  }, 60_000);

  test("the latest state is that of the new timeline, and another one can be requested", async () => {
    expect(await restored("latest", { kind: "latest" })).toEqual({ backup: first.id, rows: [1, 2, 3, 4, 7] });
    expect(await restored("latest", { kind: "time", at: times.seven, timeline: 1 })).toMatchObject({
      backup: second.id,
      rows: [1, 2, 3, 4, 5, 6],
    });
    await expect(restored(second.id, { kind: "latest", timeline: 2 })).rejects.toMatchObject({
      code: "restore/timeline",
      message: `backup ${second.id} does not lead to timeline 2`,
    });
  }, 60_000);

  test("the discarded writes do not return, though nothing of the new timeline but its history is archived", async () => {
    const place = join(temporaryDirectory(cleanups), "backups");
    cpSync(source.repositoryPath, place, { recursive: true, preserveTimestamps: true });
    const copy = openFolder(place);
    for (const { name } of await copy.list(`${first.system}/wal/00000002`))
      if (!name.includes(".history.")) rmSync(join(place, name));
    expect(await restored("latest", { kind: "latest" }, copy)).toEqual({ backup: first.id, rows: [1, 2, 3, 4] });
  }, 60_000);

  test("a loss is restored at once, from a backup that leads to the new timeline", async () => {
    const { cluster, repository, codec, home } = source;
    await server.stop("immediate");
    await rm(cluster.data, { recursive: true });
    const systemIdFile = join(home, "database.json");
    await writeSystemId(systemIdFile, first.system);
    const recovery = startRecovery({ platform: "test", database: undefined, cluster, repository, codec, systemIdFile });
    await recovery.prepare(new AbortController().signal);
    expect(recovery.lastRestore()).toMatchObject({ backup: first.id, failedBackups: [] });
    server = await startServer(cluster);
    expect(await ledger(server)).toEqual([1, 2, 3, 4, 7]);
    await recovery.stop();
  }, 60_000);
});
