import { createHash } from "node:crypto";
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { startServer } from "../../src/postgres/server.js";
import { crc32c } from "../../src/recovery/archive/crc32c.js";
import { logArchive } from "../../src/recovery/archive/log-archive.js";
import { parseLsn, segmentName } from "../../src/recovery/archive/segments.js";
import { tablespaceReader } from "../../src/recovery/archive/tablespace-records.js";
import { readCatalogue } from "../../src/recovery/backup/catalogue.js";
import { systemIdentifier } from "../../src/recovery/backup/data-directory.js";
import { replayPath } from "../../src/recovery/restore/replay-path.js";
import { restoreInto } from "../../src/recovery/restore/restore.js";
import { asAdministrator, type Source, startSource, temporaryDirectory } from "../support/recovery/source.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Every file below a directory, with its content's digest and its modification time. */
function stateOf(directory: string): Record<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
      return [path, `${digest} ${statSync(path).mtimeMs}`];
    }),
  );
}

/** Creates tablespaces with paths of all lengths, so that some of their records continue over pages. Returns their paths. */
async function createTablespaces(source: Source, count: number): Promise<string[]> {
  const home = temporaryDirectory(cleanups);
  const { uid, gid } = source.cluster.user;
  return asAdministrator(source.server, "keelson", async (client) => {
    const paths: string[] = [];
    for (let n = 0; n < count; n += 1) {
      const path = join(home, `space-${n}-`.padEnd(10 + ((n * 37) % 200), "x"));
      mkdirSync(path);
      if (source.cluster.user.foreign) chownSync(path, uid, gid);
      await client.query(`CREATE TABLESPACE space_${n} LOCATION '${path}'`);
      paths.push(path);
    }
    return paths;
  });
}

/** The creations in the archived WAL since a backup. */
async function creationsSince(source: Source, { startLsn, firstSegment }: { startLsn: string; firstSegment: string }) {
  const archive = logArchive(source.repository, source.codec, await systemIdentifier(source.cluster.data));
  const files = await archive.list();
  const path = replayPath(
    files.map(({ file }) => file),
    { number: 1, ancestors: [], since: 0 },
    firstSegment,
  );
  const reader = tablespaceReader(parseLsn(startLsn));
  const found = [];
  for (const { position } of path) {
    const file = files.find((each) => each.file.name === segmentName(1, position));
    if (file) found.push(...reader.read(position, await archive.read(file)));
  }
  return found;
}

test("the checksum of a WAL record is CRC-32C", () => {
  // The check value of the algorithm: RFC 3720 and the catalogue of parametrised CRC algorithms.
  expect(crc32c(Buffer.from("12345"), Buffer.from("6789"))).toBe(0xe3069283);
});

test("a restored copy creates tablespaces within its data directory, and leaves those of the running server alone", async () => {
  const source = await startSource(cleanups);
  const manifest = await source.backup();
  const paths = await createTablespaces(source, 60);
  await source.query("CREATE TABLE kept (id int) TABLESPACE space_0");
  await source.query("INSERT INTO kept SELECT generate_series(1, 5000)");
  await source.query("CREATE TABLE dropped (id int) TABLESPACE space_1");
  await source.query("DROP TABLE dropped");
  await asAdministrator(source.server, "keelson", (client) => client.query("DROP TABLESPACE space_1"));
  await source.query("CREATE TABLE last AS SELECT 1 AS id");
  await source.shipLog();
  await source.query("CHECKPOINT");
  const live = paths.map(stateOf);
  expect(Object.keys(live[0] ?? {}).length).toBeGreaterThan(0);

  const creations = await creationsSince(source, manifest);
  expect(creations.map(({ location }) => location)).toEqual(paths);
  // One record at least continues over two pages.
  expect(creations.some(({ contained }) => contained.length > 1)).toBe(true);

  const { backups } = await readCatalogue(source.repository, source.codec);
  const [backup] = backups;
  if (backup === undefined) throw new Error("there is no backup");
  const copy = join(temporaryDirectory(cleanups), "copy");
  const { user } = source.cluster;
  const restored = await restoreInto(copy, source.repository, source.codec, backup, {
    user,
    target: { kind: "latest" },
  });
  expect(restored.tablespaces).toEqual(paths);

  const server = await startServer({ ...source.cluster, data: copy });
  cleanups.push(() => server.stop("immediate"));
  await asAdministrator(server, "keelson", async (client) => {
    const rows = async (text: string) => (await client.query(text)).rows;
    expect(await rows("SELECT count(*)::int AS rows FROM kept, last")).toEqual([{ rows: 5000 }]);
    expect(await rows("SELECT pg_tablespace_location(oid) AS at FROM pg_tablespace WHERE spcname = 'space_0'")).toEqual(
      [{ at: expect.stringMatching(/^pg_tblspc\/\d+$/) }],
    );
    await client.query("UPDATE kept SET id = -id");
    await client.query("CHECKPOINT");
  });
  expect(paths.map(stateOf)).toEqual(live);
}, 120_000);
