import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { archiveCommand } from "../../../src/postgres/archive-script.js";
import { type Cluster, initialise, locateCluster } from "../../../src/postgres/cluster.js";
import { provision, role } from "../../../src/postgres/provision.js";
import { type Server, startServer, withClient } from "../../../src/postgres/server.js";
import { loadOrCreateIdentity } from "../../../src/recovery/age-identity.js";
import { type Archiver, startArchiver } from "../../../src/recovery/archive/archiver.js";
import { logArchive } from "../../../src/recovery/archive/log-archive.js";
import { systemIdentifier } from "../../../src/recovery/backup/data-directory.js";
import { takeBackup } from "../../../src/recovery/backup/take-backup.js";
import { ageCodec, type BackupCodec } from "../../../src/recovery/backup-codec.js";
import { openFolder } from "../../../src/recovery/repository/folder.js";
import type { Repository } from "../../../src/recovery/repository/repository.js";
import type { Cleanups } from "../local/keelson.js";

/** A temporary directory that the server's user can enter. */
export function temporaryDirectory(cleanups: Cleanups): string {
  const path = mkdtempSync(join(tmpdir(), "keelson-recovery-"));
  chmodSync(path, 0o755);
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A real server that archives its log into a real, encrypted repository. */
export interface Source {
  readonly home: string;
  readonly cluster: Cluster;
  readonly server: Server;
  /** Restarts the server: its memory is empty. */
  restart(): Promise<void>;
  readonly repository: Repository;
  readonly repositoryPath: string;
  readonly identityFile: string;
  readonly codec: BackupCodec;
  readonly archiver: Archiver;
  query(text: string): Promise<Record<string, unknown>[]>;
  backup(options?: { archiveTimeoutMs?: number }): ReturnType<typeof takeBackup>;
  /** Switches the current log segment and waits until the archive has it. */
  shipLog(): Promise<void>;
}

export async function startSource(
  cleanups: Cleanups,
  options: { archive?: boolean; archiveTimeoutSeconds?: number; repository?: Repository } = {},
): Promise<Source> {
  const home = temporaryDirectory(cleanups);
  const { cluster } = await locateCluster(home, join(home, "postgres.log"));
  await initialise(cluster);
  const repositoryPath = join(home, "backups");
  const repository = options.repository ?? openFolder(repositoryPath);
  const identityFile = join(home, "identity.txt");
  const codec = await ageCodec(await loadOrCreateIdentity(identityFile));
  const archive = async () => logArchive(repository, codec, await systemIdentifier(cluster.data));
  const owner = cluster.user.foreign ? cluster.user : undefined;
  const archiver = startArchiver({ handover: cluster.run, data: cluster.data, archive, owner });
  cleanups.push(() => archiver.stop());
  const command = archiveCommand(cluster.archiveScript, cluster.run);
  const settings = {
    ...(options.archive !== false && { archive: { command, timeoutSeconds: options.archiveTimeoutSeconds ?? 60 } }),
  };
  const server = await startServer(cluster, settings);
  cleanups.push(() => server.stop("immediate"));
  await provision(server, "secret");
  const query = (text: string) =>
    asAdministrator(server, role, async (client) => (await client.query<Record<string, unknown>>(text)).rows);
  return {
    home,
    cluster,
    server,
    repository,
    repositoryPath,
    identityFile,
    codec,
    archiver,
    query,
    async restart() {
      await server.stop("fast");
      const again = await startServer(cluster, settings);
      cleanups.push(() => again.stop("immediate"));
    },
    backup: (given = {}) =>
      takeBackup({ platform: "test", server, data: cluster.data }, repository, codec, { now: Date.now, ...given }),
    async shipLog() {
      const [row] = await query("SELECT pg_walfile_name(pg_current_wal_lsn()) AS name, pg_switch_wal()");
      const name = String(row?.["name"]);
      const log = await archive();
      for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50)))
        if (await log.has(name)) return;
      throw new Error(`${name} was not archived: ${JSON.stringify(archiver.state())}`);
    },
  };
}

/** Runs queries as the superuser, as a person does in psql: with the search path of the database. */
export function asAdministrator<T>(
  server: Pick<Server, "superuser">,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return withClient({ ...server.superuser, options: "", database }, work);
}

/** Changes one bit in the middle of a file. */
export async function flipByte(path: string): Promise<void> {
  const { open } = await import("node:fs/promises");
  const handle = await open(path, "r+");
  try {
    const { size } = await handle.stat();
    const byte = Buffer.alloc(1);
    const at = Math.floor(size / 2);
    await handle.read(byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 0x01;
    await handle.write(byte, 0, 1, at);
  } finally {
    await handle.close();
  }
}
