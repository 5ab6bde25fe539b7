import type { Database } from "../../plan/plan.js";
import { SECRETS_DIRECTORY } from "../../plan/variables.js";
import { databaseImage, majorOf } from "./images.js";
import type { BackupJob, Membership, StoreRenderer, StoreServer } from "./server.js";

const configuration = "/etc/keelson/postgresql.conf";
const access = "/etc/keelson/pg_hba.conf";
const mebibyte = 1024 * 1024;

/** Where the server leaves finished segments of its log, and where base backups lie beside them. */
export const backupDirectory = "/backups";

/** The official image, set up by its own start script: role and database `keelson`, and a role for replication. */
export function postgresServer(database: Database, membership: Membership, keepsLog: boolean): StoreServer {
  const { secret } = database;
  const secrets = `${SECRETS_DIRECTORY}/${secret.directory}`;
  // The folder that the image gives to its own user; since 18 it is the one above.
  const data = Number(majorOf(database.version)) >= 18 ? "/var/lib/postgresql" : "/var/lib/postgresql/data";
  return {
    image: databaseImage(database),
    command: ["docker-entrypoint.sh", "postgres", "-c", `config_file=${configuration}`, "-c", `hba_file=${access}`],
    environment: {
      PGDATA: `${data}/pgdata`,
      POSTGRES_PASSWORD_FILE: `${secrets}/superuser`,
      POSTGRES_INITDB_ARGS: "--data-checksums --encoding=UTF8 --locale=C.UTF-8",
    },
    files: {
      [configuration]: postgresConfiguration(database, membership, keepsLog),
      [access]: accessRules,
      "/docker-entrypoint-initdb.d/10-platform.sh": createRoles(database, secrets),
    },
    secret,
    data,
    scratch: ["/tmp", "/var/run/postgresql"],
    probe: ["pg_isready", "--quiet", "--username=postgres", `--port=${database.port}`],
    // A fast shutdown checkpoints first; the server replays its log if it is cut short.
    stopSeconds: 120,
    startsInParallel: false,
    prepare: membership.members > 1 ? { name: "clone-primary", script: clonePrimary(database, membership) } : undefined,
    fullName: undefined,
  };
}

function archivesLog(database: Database): boolean {
  return database.backups.log !== undefined;
}

/** Parameters that follow from the Plan, for every way to run the server. */
export function databaseParameters(database: Database): Record<string, string> {
  const memory = database.resources.memory.limit ?? database.resources.memory.request ?? 512 * mebibyte;
  return {
    effective_cache_size: inMebibytes((memory * 3) / 4),
    max_connections: "200",
    password_encryption: "scram-sha-256",
    shared_buffers: inMebibytes(memory / 4),
    timezone: "UTC",
  };
}

function postgresConfiguration(database: Database, membership: Membership, keepsLog: boolean): string {
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
  if (log && keepsLog)
    lines.push(
      "archive_mode = on",
      `archive_timeout = ${Math.max(1, Math.round(log.every / 1000))}`,
      // Never over an existing segment; a copy cut short leaves only the .part.
      `archive_command = 'mkdir -p ${backupDirectory}/wal && test ! -f ${backupDirectory}/wal/%f && cp %p ${backupDirectory}/wal/%f.part && mv ${backupDirectory}/wal/%f.part ${backupDirectory}/wal/%f'`,
    );
  return `${lines.join("\n")}\n`;
}

/** The superuser from inside the container only; everyone else by password. */
const accessRules = [
  "local  all          postgres              peer",
  "host   all          postgres  all         reject",
  "host   replication  replicator  all       scram-sha-256",
  "host   all          all       all         scram-sha-256",
  "",
].join("\n");

/** Run once by the image's start script, on an empty data directory. Passwords reach psql by file, not by argument. */
function createRoles(database: Database, secrets: string): string {
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

/** Makes every member but the first a streaming copy of it, before its server starts for the first time. */
function clonePrimary(database: Database, membership: Membership): string {
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

/** One base backup with the log it needs, then those beyond retention removed; the newest always stays. */
export function backupDatabase(database: Database): BackupJob | undefined {
  const { full, log } = database.backups;
  if (!full) return undefined;
  const secrets = `${SECRETS_DIRECTORY}/${database.name}`;
  const script = [
    "set -eu",
    `base=${backupDirectory}/base`,
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
      ? [`find ${backupDirectory}/wal -type f -mmin +${minutes(Math.max(log.keep, full.every))} -exec rm -f {} +`]
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
  return `${Math.max(1, Math.floor(bytes / mebibyte))}MB`;
}

export const postgresRenderer: StoreRenderer<"postgres"> = {
  server: postgresServer,
  backup: backupDatabase,
  archives: archivesLog,
};
