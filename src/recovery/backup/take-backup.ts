import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { debugPoint } from "../../disk/debug-point.js";
import { throwAfterCleanup } from "../../errors/cleanup.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { asSuperuser, type Server } from "../../postgres/server.js";
import { logArchive } from "../archive/log-archive.js";
import { parseLsn, segmentName, segmentOf } from "../archive/segments.js";
import type { BackupCodec } from "../backup-codec.js";
import type { Repository } from "../repository/repository.js";
import { expectedBackupBytes, requireBackupSpace, withinSpace } from "./backup-space.js";
import { type Backup, backupId, backupPrefix, type Manifest, readCatalogue, writeManifest } from "./catalogue.js";
import { dataDirectoryEntries, dataSize, systemIdentifier } from "./data-directory.js";
import { damagedPageText, PageCheck } from "./page-check.js";
import { markRestorePoint } from "./restore-point.js";
import { tar } from "./tar.js";

export interface BackupSource {
  readonly platform: string;
  readonly server: Pick<Server, "superuser">;
  readonly data: string;
}

const DEFAULT_ARCHIVE_TIMEOUT_MS = 60_000;

export interface BackupOptions {
  readonly now: () => number;
  readonly signal?: AbortSignal;
  /** How long to wait until the last segment of the log is archived; one minute by default. */
  readonly archiveTimeoutMs?: number;
}

/**
 * Takes a full backup of a running server with PostgreSQL's backup API (`pg_backup_start`, copy of the files,
 * `pg_backup_stop`), waits until the log that makes it consistent is archived, and adds it to the catalogue.
 * Throws `backup/log-not-archived` if the log is not archived in time: without it the copy cannot be restored.
 */
export async function takeBackup(
  source: BackupSource,
  repository: Repository,
  codec: BackupCodec,
  options: BackupOptions,
): Promise<Manifest> {
  const system = await systemIdentifier(source.data);
  const startedAt = options.now();
  const { backups } = await readCatalogue(repository, codec);
  const id = freeId(backups, startedAt);
  const newest = backups.findLast(({ manifest }) => manifest.system === system);
  const prefix = backupPrefix({ system, id });
  try {
    const { damage, ...copied } = await copyData(
      source,
      repository,
      codec,
      `${prefix}base.tar${codec.suffix}`,
      id,
      newest,
      options,
    );
    debugPoint("backup/copied");
    const point = await markRestorePoint(source.server, `keelson-${id}`);
    const at = options.now();
    const lastSegment = await archiveSegment(source, repository, codec, system, point.lsn, options);
    debugPoint("backup/log-archived");
    const manifest: Manifest = {
      format: 1,
      id,
      system,
      platform: source.platform,
      startedAt,
      finishedAt: options.now(),
      ...copied,
      lastSegment,
      restorePoint: { name: point.name, lsn: point.lsn, at },
      recipient: codec.recipient ?? null,
      ...(codec.escrow.length > 0 && { escrow: [...codec.escrow] }),
      ...withDamage([...damage, ...point.damage]),
      fingerprint: point.fingerprint,
    };
    await writeManifest(repository, codec, manifest);
    debugPoint("backup/stored");
    return manifest;
  } catch (error) {
    // Without a manifest nothing refers to these objects.
    return throwAfterCleanup(error, async () => {
      for (const object of await repository.list(prefix)) await repository.remove(object.name);
    });
  }
}

function withDamage(damage: readonly string[]): Pick<Manifest, "damage"> {
  return damage.length > 0 ? { damage: [...damage] } : {};
}

function freeId(backups: readonly Backup[], at: number): string {
  const taken = new Set(backups.map((backup) => backup.manifest.id));
  const id = backupId(at);
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? id : `${id}-${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}

const startSchema = z.object({ lsn: z.string(), timeline: z.number(), version: z.string(), checksums: z.boolean() });
const stopSchema = z.object({ lsn: z.string(), labelfile: z.string(), spcmapfile: z.string() });

async function copyData(
  source: BackupSource,
  repository: Repository,
  codec: BackupCodec,
  object: string,
  label: string,
  newest: Backup | undefined,
  options: BackupOptions,
) {
  // The backup lasts as long as this connection: if it breaks, the server ends the backup, and `pg_backup_stop` fails.
  return asSuperuser(source.server, "postgres", async (client) => {
    const size = await dataSize(source.data);
    const space = await repository.space();
    if (space) requireBackupSpace(repository.place, space, expectedBackupBytes(size, newest?.manifest));
    const started = await client.query(
      `SELECT pg_backup_start($1, fast => true)::text AS lsn, current_setting('server_version') AS version,
              current_setting('data_checksums')::boolean AS checksums,
              (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline`,
      [`keelson ${label}`],
    );
    const start = startSchema.parse(started.rows[0]);
    let stopLsn = "";
    const pages = start.checksums ? new PageCheck(parseLsn(start.lsn)) : undefined;
    const entries = dataDirectoryEntries(source.data, pages, async () => {
      const stopped = await client.query(
        "SELECT lsn::text, labelfile, spcmapfile FROM pg_backup_stop(wait_for_archive => false)",
      );
      const stop = stopSchema.parse(stopped.rows[0]);
      stopLsn = stop.lsn;
      return { label: stop.labelfile, tablespaces: stop.spcmapfile };
    });
    const content = codec.encode(untilAborted(tar(entries), options.signal));
    const written = await repository.put(
      object,
      withinSpace(content, repository.place, () => repository.space()),
    );
    const damage = (pages?.finish(parseLsn(stopLsn)) ?? []).map(damagedPageText);
    return {
      postgres: start.version,
      size,
      timeline: start.timeline,
      startLsn: start.lsn,
      stopLsn,
      firstSegment: segmentName(start.timeline, segmentOf(start.lsn)),
      base: { name: object, ...written },
      damage,
    };
  });
}

async function* untilAborted(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  for await (const chunk of content) {
    signal?.throwIfAborted();
    yield chunk;
  }
}

/** Switches the segment that contains `lsn` and waits until the repository has it. */
async function archiveSegment(
  source: BackupSource,
  repository: Repository,
  codec: BackupCodec,
  system: string,
  lsn: string,
  options: BackupOptions,
): Promise<string> {
  const archive = logArchive(repository, codec, system);
  const timeline = await asSuperuser(source.server, "postgres", async (client) => {
    const { rows } = await client.query(
      "SELECT pg_switch_wal(), (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline",
    );
    return startSchema.pick({ timeline: true }).parse(rows[0]).timeline;
  });
  const segment = segmentName(timeline, segmentOf(lsn));
  const timeoutMs = options.archiveTimeoutMs ?? DEFAULT_ARCHIVE_TIMEOUT_MS;
  for (const end = performance.now() + timeoutMs; performance.now() < end; await sleep(100)) {
    options.signal?.throwIfAborted();
    if (await archive.has(segment)) return segment;
  }
  throw new KeelsonError("backup/log-not-archived", await whyNotArchived(source, segment, timeoutMs));
}

async function whyNotArchived(source: BackupSource, segment: string, timeoutMs: number): Promise<string> {
  const mode = await asSuperuser(source.server, "postgres", async (client) => {
    const { rows } = await client.query("SELECT current_setting('archive_mode') AS mode");
    return z.object({ mode: z.string() }).parse(rows[0]).mode;
  });
  if (mode === "off") return "the server does not archive its log (archive_mode is off)";
  return `log segment ${segment} was not archived within ${Math.round(timeoutMs / 1000)} s`;
}
