import type { BackupSchedule, Postgres } from "../../plan/plan.js";
import { MAX_SERVER_CONNECTIONS } from "../../plan/stores/connections.js";
import { SECRETS_DIRECTORY } from "../../plan/variables.js";
import { SEGMENT_CLOSE_FRACTION } from "../../promises/facts/supervisor.js";
import { sharedMemoryBytes } from "../shared-memory.js";
import { majorOf, serverImage } from "./images.js";
import type { BackupJob, Membership, StoreRenderer, StoreServer } from "./server.js";

const CONFIGURATION_FILE = "/etc/keelson/postgresql.conf";
const ACCESS_FILE = "/etc/keelson/pg_hba.conf";
const ARCHIVE_SCRIPT = "/etc/keelson/archive-wal.sh";
const MEBIBYTE = 1024 * 1024;

/** Mount path of the volume for archived WAL segments and base backups. */
export const BACKUP_DIRECTORY = "/backups";

/** The official image. Its entrypoint creates the role and database `keelson` and a replication role on the first start. */
export function postgresServer(database: Postgres, membership: Membership, archivesWal: boolean): StoreServer {
  const { secret } = database;
  const secrets = `${SECRETS_DIRECTORY}/${secret.directory}`;
  // The directory that the image assigns to its user; since version 18 it is the parent directory.
  const data = Number(majorOf(database.version)) >= 18 ? "/var/lib/postgresql" : "/var/lib/postgresql/data";
  return {
    image: serverImage(database),
    command: [
      "docker-entrypoint.sh",
      "postgres",
      "-c",
      `config_file=${CONFIGURATION_FILE}`,
      "-c",
      `hba_file=${ACCESS_FILE}`,
    ],
    environment: {
      PGDATA: `${data}/pgdata`,
      POSTGRES_PASSWORD_FILE: `${secrets}/superuser`,
      POSTGRES_INITDB_ARGS: "--data-checksums --encoding=UTF8 --locale=C.UTF-8",
    },
    files: {
      [CONFIGURATION_FILE]: postgresConfiguration(database, membership, archivesWal),
      [ACCESS_FILE]: ACCESS_RULES,
      ...(archivesWal && archivesLog(database) && { [ARCHIVE_SCRIPT]: ARCHIVE_WAL }),
      "/docker-entrypoint-initdb.d/10-platform.sh": createRoles(database, secrets),
    },
    secret,
    data,
    scratch: ["/tmp", "/var/run/postgresql"],
    sharedMemory: sharedMemoryBytes(database.resources.memory),
    // By TCP: while the image initialises the data directory, a temporary server listens on the socket only.
    probe: ["pg_isready", "--quiet", "--host=localhost", "--username=postgres", `--port=${database.port}`],
    // A fast shutdown writes a checkpoint first. If it is killed meanwhile, the next start replays the WAL.
    stopSeconds: 120,
    metricsPort: undefined,
    startsInParallel: false,
    prepare: membership.members > 1 ? { name: "clone-primary", script: clonePrimary(database, membership) } : undefined,
    fullName: undefined,
    beforeStop: undefined,
  };
}

function archivesLog(database: Postgres): boolean {
  return database.backups.log !== undefined;
}

/** Parameters derived from the Plan, for every target. */
export function databaseParameters(database: Postgres): Record<string, string> {
  const memory = database.resources.memory.limit ?? database.resources.memory.request ?? 512 * MEBIBYTE;
  return {
    effective_cache_size: inMebibytes((memory * 3) / 4),
    max_connections: String(MAX_SERVER_CONNECTIONS),
    password_encryption: "scram-sha-256",
    shared_buffers: inMebibytes(memory / 4),
    timezone: "UTC",
  };
}

function postgresConfiguration(database: Postgres, membership: Membership, archivesWal: boolean): string {
  const lines = [
    "listen_addresses = '*'",
    `port = ${database.port}`,
    ...Object.entries(databaseParameters(database)).map(([name, value]) => `${name} = '${value}'`),
    "wal_level = replica",
    "max_wal_senders = 10",
    "hot_standby = on",
    "log_timezone = 'UTC'",
  ];
  if (database.extensions.includes("timescaledb")) lines.push("shared_preload_libraries = 'timescaledb'");
  if (database.synchronous && membership.members > 1) lines.push("synchronous_standby_names = 'ANY 1 (*)'");
  const log = database.backups.log;
  if (log && archivesWal)
    lines.push(
      "archive_mode = on",
      ...Object.entries(archiveParameters(log)).map(([name, value]) => `${name} = ${value}`),
      `archive_command = 'sh ${ARCHIVE_SCRIPT} "%p" "%f"'`,
    );
  return `${lines.join("\n")}\n`;
}

/** The range of `checkpoint_timeout` that is rendered: PostgreSQL's minimum and default, in seconds. */
const CHECKPOINT_TIMEOUT = { min: 30, max: 300 } as const;

/**
 * Parameters, in seconds, that close and archive a segment within the declared interval. The checkpointer closes segments.
 * It first wakes up one `checkpoint_timeout` after each start of the server, because it starts in recovery, where it ignores
 * `archive_timeout` (PostgreSQL 17, `CheckpointerMain`); with the default it closes no segment for five minutes.
 */
export function archiveParameters(
  log: BackupSchedule,
): Readonly<Record<"archive_timeout" | "checkpoint_timeout", string>> {
  const timeout = Math.max(1, Math.floor((log.every * SEGMENT_CLOSE_FRACTION) / 1000));
  const checkpoint = Math.min(CHECKPOINT_TIMEOUT.max, Math.max(CHECKPOINT_TIMEOUT.min, timeout));
  return { archive_timeout: `${timeout}s`, checkpoint_timeout: `${checkpoint}s` };
}

/**
 * Archives one WAL segment, compressed: arguments are its path and its name. PostgreSQL repeats the command for a segment
 * whose success it did not record, for example after a crash, so a segment that is archived with the same content is a
 * success (PostgreSQL documentation, "Setting Up WAL Archiving"). Other content under the same name is an error: it is
 * another server's. An interrupted copy leaves only the `.part` file.
 */
const ARCHIVE_WAL = [
  "set -eu",
  `directory=${BACKUP_DIRECTORY}/wal`,
  'segment="$1"',
  'archived="$directory/$2.gz"',
  'mkdir -p "$directory"',
  'if [ -e "$archived" ]; then',
  '  gzip -dc "$archived" | cmp -s - "$segment" && exit 0',
  '  echo "$archived exists with other content" >&2',
  "  exit 1",
  "fi",
  'gzip -c "$segment" > "$archived.part"',
  'sync "$archived.part"',
  'mv "$archived.part" "$archived"',
  'sync "$directory"',
  "",
].join("\n");

/** The superuser connects only from inside the container; all other roles need a password. */
const ACCESS_RULES = [
  "local  all          postgres              peer",
  "host   all          postgres  all         reject",
  "host   replication  replicator  all       scram-sha-256",
  "host   all          all       all         scram-sha-256",
  "",
].join("\n");

/** The image's entrypoint runs this once, on an empty data directory. psql reads the passwords from files, not from arguments. */
function createRoles(database: Postgres, secrets: string): string {
  const extensions = database.extensions.map((extension) => `CREATE EXTENSION IF NOT EXISTS "${extension}";`);
  return [
    `psql --set ON_ERROR_STOP=1 --no-psqlrc --username postgres --port ${database.port} --dbname postgres <<'SQL'`,
    `\\set owner_password \`cat ${secrets}/password\``,
    `\\set replication_password \`cat ${secrets}/replication\``,
    "CREATE ROLE keelson LOGIN PASSWORD :'owner_password';",
    "CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'replication_password';",
    "CREATE DATABASE keelson OWNER keelson;",
    ...(extensions.length > 0 ? ["\\connect keelson", ...extensions] : []),
    "SQL",
    "",
  ].join("\n");
}

/** Clones the first member before the server of any other member starts for the first time, as a streaming standby. */
function clonePrimary(database: Postgres, membership: Membership): string {
  const secrets = `${SECRETS_DIRECTORY}/${database.name}`;
  return [
    'case "$HOSTNAME" in *-0) exit 0 ;; esac',
    'if [ -s "$PGDATA/PG_VERSION" ]; then exit 0; fi',
    'rm -rf "$PGDATA"',
    `export PGPASSWORD="$(cat ${secrets}/replication)"`,
    `pg_basebackup --host=${membership.address(0)} --port=${database.port} --username=replicator --no-password \\`,
    '  --pgdata="$PGDATA" --write-recovery-conf --wal-method=stream --checkpoint=fast',
    "",
  ].join("\n");
}

/** Takes a base backup with the WAL that it needs, then removes expired ones; the newest is always retained. */
export function backupDatabase(database: Postgres): BackupJob | undefined {
  const { full, log } = database.backups;
  if (!full) return undefined;
  const secrets = `${SECRETS_DIRECTORY}/${database.name}`;
  const script = [
    "set -eu",
    `base=${BACKUP_DIRECTORY}/base`,
    'mkdir -p "$base"',
    'rm -rf "$base"/*.part',
    "stamp=$(date -u +%Y%m%dT%H%M%SZ)",
    `export PGPASSWORD="$(cat ${secrets}/replication)"`,
    `pg_basebackup --host=${database.name} --port=${database.port} --username=replicator --no-password \\`,
    '  --pgdata="$base/$stamp.part" --format=tar --gzip --wal-method=fetch --checkpoint=fast --manifest-checksums=SHA256',
    'for archive in "$base/$stamp.part"/*.gz; do gzip --test "$archive"; done',
    'mv "$base/$stamp.part" "$base/$stamp"',
    `find "$base" -mindepth 1 -maxdepth 1 -type d ! -name "$stamp" -mmin +${minutes(full.keep)} -exec rm -rf {} +`,
    ...(log
      ? [`find ${BACKUP_DIRECTORY}/wal -type f -mmin +${minutes(Math.max(log.keep, full.every))} -exec rm -f {} +`]
      : []),
    'echo "base backup $stamp: $(du -sh "$base/$stamp" | cut -f1)"',
    "",
  ].join("\n");
  return { kind: "full", script, schedule: full, credential: "replication" };
}

function minutes(milliseconds: number): number {
  return Math.ceil(milliseconds / 60_000);
}

function inMebibytes(bytes: number): string {
  return `${Math.max(1, Math.floor(bytes / MEBIBYTE))}MB`;
}

export const postgresRenderer: StoreRenderer<"postgres"> = {
  server: postgresServer,
  backup: backupDatabase,
  archives: archivesLog,
};
