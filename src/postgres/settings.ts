import type { Postgres } from "../plan/plan.js";
import { SEGMENT_CLOSE_FRACTION } from "../promises/facts/supervisor.js";

/** A part of the name of the Unix socket, `.s.PGSQL.<port>`. Each server has a socket directory of its own. */
export const SOCKET_PORT = 5432;

/** Settings that are passed on the command line, so that the data directory itself stays unmodified. */
export interface ServerSettings {
  readonly socketDirectory: string;
  /** Undefined disables archiving: a restored copy must never write to the archive. */
  readonly archive: { readonly command: string; readonly timeoutSeconds: number } | undefined;
  /** False for a copy that is only read: autovacuum would change it meanwhile. */
  readonly autovacuum: boolean;
  /** False only for a copy that is removed afterwards: nothing of it survives a power failure. */
  readonly fsync: boolean;
}

/** Settings for a server on a laptop: little memory, full durability. */
export function serverArguments(settings: ServerSettings): string[] {
  const values: Record<string, string | number> = {
    // No TCP port: any user of the machine could connect to it, or listen on it while the server is down.
    listen_addresses: "",
    port: SOCKET_PORT,
    unix_socket_directories: settings.socketDirectory,
    unix_socket_permissions: "0700",
    max_connections: 80,
    // A connection that has not authenticated takes the place of another one. The default is one minute.
    authentication_timeout: "10s",
    shared_buffers: "64MB",
    jit: "off",
    timezone: "UTC",
    log_timezone: "UTC",
    log_line_prefix: "%m [%p] ",
    wal_level: "replica",
    max_wal_senders: 0,
    // A server in recovery accepts no connections, so that "ready" means that rows can be written.
    hot_standby: "off",
    max_wal_size: "512MB",
    min_wal_size: "64MB",
    // Crash recovery replays the log since the last checkpoint. The default is five minutes.
    checkpoint_timeout: "2min",
    autovacuum: settings.autovacuum ? "on" : "off",
    fsync: settings.fsync ? "on" : "off",
    archive_mode: settings.archive ? "on" : "off",
    ...(settings.archive && {
      archive_command: settings.archive.command,
      archive_timeout: settings.archive.timeoutSeconds,
    }),
  };
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** Seconds after which a log segment is switched and archived even if it is not full, from `backups.log.every`. */
export function archiveTimeout(database: Pick<Postgres, "backups">): number {
  const log = database.backups.log;
  return log ? Math.max(1, Math.floor((log.every * SEGMENT_CLOSE_FRACTION) / 1000)) : 0;
}
