import { type FileHandle, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { openOwned } from "../../disk/owned-file.js";
import { isAbsent, readdirIfPresent, statIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { PageCheck } from "./page-check.js";
import { firstBlock, PAGE_BYTES } from "./page-checksum.js";
import type { TarEntry } from "./tar.js";

/** Bytes of one read: a whole number of pages. */
const CHUNK_BYTES = 32 * PAGE_BYTES;

/** Directories whose content the server recreates when it starts, as listed in PostgreSQL's manual. */
const EMPTIED = new Set([
  "pg_wal",
  "pg_replslot",
  "pg_dynshmem",
  "pg_notify",
  "pg_serial",
  "pg_snapshots",
  "pg_stat_tmp",
  "pg_subtrans",
]);

/** Files of the running server or of an earlier restore, which are not data. */
const EXCLUDED = new Set(["postmaster.pid", "postmaster.opts", "recovery.signal", "standby.signal", "restored_wal"]);

/** Copied last: recovery starts at the checkpoint in it, so it must not be older than the other files. */
const CONTROL = "global/pg_control";

/**
 * The files of a running server's data directory, between `pg_backup_start` and `pg_backup_stop`. They change while
 * they are read: each is truncated or padded to its announced size, and the log makes them consistent.
 * `finish` ends the backup and returns the label file that belongs to the copy. `pages` checks the pages of relations; it is
 * undefined for a server without checksums.
 */
export async function* dataDirectoryEntries(
  root: string,
  pages: PageCheck | undefined,
  finish: () => Promise<{ label: string; tablespaces: string }>,
): AsyncIterable<TarEntry> {
  yield* walk(root, "", pages);
  yield* file(root, CONTROL, undefined);
  const { label, tablespaces } = await finish();
  yield text("backup_label", label);
  if (tablespaces !== "") yield text("tablespace_map", tablespaces);
}

async function* walk(root: string, directory: string, pages: PageCheck | undefined): AsyncIterable<TarEntry> {
  const entries = await readdir(join(root, directory), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
    if (EXCLUDED.has(path) || path === CONTROL || isTemporary(entry.name)) continue;
    if (entry.isSymbolicLink())
      throw new KeelsonError("backup/tablespace", `${path} is a link out of the data directory`);
    if (entry.isDirectory()) {
      yield folder(path);
      if (!EMPTIED.has(path)) yield* walk(root, path, pages);
      else if (path === "pg_wal") yield folder("pg_wal/archive_status");
    } else if (entry.isFile()) yield* file(root, path, pages);
  }
}

function isTemporary(name: string): boolean {
  return name.startsWith("pgsql_tmp") || name.startsWith("pg_internal.init") || name.endsWith(".tmp");
}

async function* file(root: string, path: string, pages: PageCheck | undefined): AsyncIterable<TarEntry> {
  const handle = await openOwned(root, path).catch((error: unknown) => {
    // A table that was dropped since the directory was listed: the log contains that.
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (!handle) return;
  try {
    const { size, mode, mtime } = await handle.stat();
    yield {
      path,
      type: "File",
      mode: mode & 0o777,
      size,
      modified: mtime,
      content: exactly(handle, size, checkOf(handle, path, pages)),
    };
  } finally {
    await handle.close();
  }
}

/** Checks a chunk that starts at this offset of the file. */
type ChunkCheck = (chunk: Buffer, start: number) => Promise<void>;

function checkOf(handle: FileHandle, path: string, pages: PageCheck | undefined): ChunkCheck | undefined {
  const first = firstBlock(path);
  if (pages === undefined || first === undefined) return undefined;
  return (chunk, start) =>
    pages.check(chunk, path, first + start / PAGE_BYTES, (offset) => readAt(handle, start + offset, PAGE_BYTES));
}

async function* exactly(handle: FileHandle, size: number, check: ChunkCheck | undefined): AsyncIterable<Uint8Array> {
  for (let done = 0; done < size; ) {
    const length = Math.min(CHUNK_BYTES, size - done);
    const found = await readAt(handle, done, length);
    // Truncated since: the replay of the log truncates these zeros again.
    const chunk = found.length === length ? found : Buffer.concat([found], length);
    await check?.(chunk, done);
    yield chunk;
    done += length;
  }
}

/** Up to `length` bytes; fewer only at the end of the file. */
async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) return buffer.subarray(0, done);
    done += bytesRead;
  }
  return buffer;
}

function folder(path: string): TarEntry {
  return { path, type: "Directory", mode: 0o700, size: 0, modified: new Date(0) };
}

function text(path: string, content: string): TarEntry {
  const bytes = Buffer.from(content);
  async function* once() {
    yield bytes;
  }
  return { path, type: "File", mode: 0o600, size: bytes.byteLength, modified: new Date(0), content: once() };
}

/** The system identifier, which initdb chose: the first eight bytes of the control file. */
export async function systemIdentifier(dataDirectory: string): Promise<string> {
  const handle = await openOwned(dataDirectory, CONTROL);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    if (bytesRead !== 8) throw new KeelsonError("postgres/control", `${dataDirectory}/${CONTROL} is truncated`);
    return buffer.readBigUInt64LE().toString();
  } finally {
    await handle.close();
  }
}

/** Where the tablespaces are that lie outside of a data directory. A backup does not contain them. */
export async function outerTablespaces(root: string): Promise<readonly string[]> {
  const entries = (await readdirIfPresent(join(root, "pg_tblspc"))) ?? [];
  const links = entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => join(root, "pg_tblspc", name));
  return (await Promise.all(links.map(linkTarget))).flatMap((target) => target ?? []).sort();
}

/** Undefined: the tablespace was dropped meanwhile. */
function linkTarget(path: string): Promise<string | undefined> {
  return readlink(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
}

/** Bytes of the files that a backup of a data directory contains: without the log. */
export async function dataSize(root: string): Promise<number> {
  const entries = (await readdirIfPresent(root)) ?? [];
  const sizes = await Promise.all(
    entries.map(async (entry) => {
      if (EXCLUDED.has(entry.name) || isTemporary(entry.name)) return 0;
      if (entry.isDirectory()) return EMPTIED.has(entry.name) ? 0 : directorySize(join(root, entry.name));
      return (await statIfPresent(join(root, entry.name)))?.size ?? 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Bytes below a directory, for progress and for the check of free space. */
async function directorySize(path: string): Promise<number> {
  const entries = (await readdirIfPresent(path, { recursive: true })) ?? [];
  // A running server removes files while the directory is read.
  const files = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => statIfPresent(join(entry.parentPath, entry.name))),
  );
  return files.reduce((sum, file) => sum + (file?.size ?? 0), 0);
}
