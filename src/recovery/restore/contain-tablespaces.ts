import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseLogFile, parseLsn, SEGMENT_BYTES } from "../archive/segments.js";
import { type TablespaceCreation, tablespaceReader } from "../archive/tablespace-records.js";
import { PAGE_BYTES } from "../archive/wal-records.js";
import type { Manifest } from "../backup/catalogue.js";
import type { FetchedLog } from "./fetch-log.js";
import { replayPath } from "./replay-path.js";
import type { Timeline } from "./timelines.js";

/** The major version of PostgreSQL whose WAL is read. A server of this program replays no other. */
const MAJOR = "17";

/**
 * Changes the WAL that a restored server will replay so that every tablespace is created within its data directory. A server
 * that replays `CREATE TABLESPACE` creates it at its recorded path, and then writes into the files of whichever server uses
 * that path: the database from which the copy was made. Returns the paths. `directory` contains the WAL.
 *
 * An empty path in the record means a tablespace "in place", at `pg_tblspc/<oid>` (`create_tablespace_directories` in
 * `commands/tablespace.c`); the server needs `allow_in_place_tablespaces`.
 */
export async function containTablespaces(
  directory: string,
  manifest: Pick<Manifest, "postgres" | "startLsn" | "firstSegment">,
  timeline: Timeline,
  used: FetchedLog["used"],
): Promise<readonly string[]> {
  if (manifest.postgres.split(".")[0] !== MAJOR) return [];
  const files = (await readdir(directory)).flatMap((name) => parseLogFile(name) ?? []);
  const reader = tablespaceReader(parseLsn(manifest.startLsn));
  const names = new Map<bigint, string>();
  const locations: string[] = [];
  for (const { name, position } of replayPath(files, timeline, manifest.firstSegment)) {
    names.set(position, name);
    for (const creation of reader.read(position, await readStart(join(directory, name), used.get(name)))) {
      await contain(directory, names, creation);
      locations.push(creation.location);
    }
  }
  return locations;
}

/** The first `bytes` of a file: zeros that follow contain no record. At least a page, by which a reader knows the format. */
async function readStart(path: string, bytes = Number(SEGMENT_BYTES)): Promise<Buffer> {
  const handle = await open(path);
  try {
    const content = Buffer.alloc(Math.max(PAGE_BYTES, bytes));
    const { bytesRead } = await handle.read(content);
    return content.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function contain(
  directory: string,
  names: ReadonlyMap<bigint, string>,
  { contained }: TablespaceCreation,
): Promise<void> {
  for (const { position, offset, bytes } of contained) {
    const name = names.get(position);
    if (name === undefined) continue;
    const handle = await open(join(directory, name), "r+");
    try {
      await handle.write(bytes, 0, bytes.length, offset);
    } finally {
      await handle.close();
    }
  }
}
