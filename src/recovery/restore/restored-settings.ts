import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAccessRules } from "../../postgres/access.js";
import type { ServerUser } from "../../postgres/server-user.js";
import { formatLsn } from "../archive/segments.js";
import type { Manifest } from "../backup/catalogue.js";
import type { EndOfReplay } from "./end-of-replay.js";
import type { Timeline } from "./timelines.js";

/** Directory with the log to replay, relative to the data directory so that both can be moved together. */
export const LOG_DIRECTORY = "restored_wal";

/**
 * Files of a data directory that decide what the server runs and who may connect. They are never taken from a backup: some
 * settings are commands (`restore_command`, `recovery_end_command`, `archive_command`) or libraries to load.
 */
const SETTINGS_FILES = [
  "postgresql.conf",
  "postgresql.auto.conf",
  "pg_hba.conf",
  "pg_ident.conf",
  "recovery.conf",
  "recovery.signal",
  "standby.signal",
];

/** The settings of a restored server besides PostgreSQL's defaults; a running platform passes all others as arguments. */
const SERVER_SETTINGS = [
  "# written by Keelson for a restored copy; the settings of the backed-up server are not taken over",
  "max_connections = 100",
  // Only the users of its socket directory connect. The access rules accept no TCP connection either.
  "listen_addresses = ''",
  "timezone = 'UTC'",
  "log_timezone = 'UTC'",
  "lc_messages = 'C'",
  // Tablespaces are restored within the data directory (contain-tablespaces.ts).
  "allow_in_place_tablespaces = on",
];

/** Writes all settings: those of the server, the access rules, and those with which it recovers when it starts. */
export async function writeSettings(
  directory: string,
  manifest: Manifest,
  { end, timeline }: { readonly end: EndOfReplay; readonly timeline: Timeline },
  user: ServerUser,
): Promise<void> {
  for (const name of SETTINGS_FILES) await rm(join(directory, name), { recursive: true, force: true });
  await writeNew(join(directory, "postgresql.conf"), SERVER_SETTINGS);
  await writeNew(join(directory, "postgresql.auto.conf"), [
    `restore_command = 'cp ${LOG_DIRECTORY}/%f "%p"'`,
    // Never 'latest': that is the newest timeline, also if this backup, or the requested time, is not on it.
    `recovery_target_timeline = '${timeline.number === manifest.timeline ? "current" : timeline.number}'`,
    "recovery_target_action = 'promote'",
    // Clients that connect during the replay would read an old state without notice.
    "hot_standby = off",
    ...(end.kind === "time" ? [`recovery_target_time = '${timestamp(end.at)}'`] : []),
    ...(end.kind === "lsn" ? [`recovery_target_lsn = '${formatLsn(end.lsn)}'`, "recovery_target_inclusive = off"] : []),
    ...(end.kind === "restore-point" ? [`recovery_target_name = '${manifest.restorePoint.name}'`] : []),
  ]);
  await writeNew(join(directory, "recovery.signal"), []);
  await writeAccessRules(directory, user);
}

async function writeNew(path: string, lines: readonly string[]): Promise<void> {
  await writeFile(path, lines.map((line) => `${line}\n`).join(""), { mode: 0o600, flag: "wx" });
}

/** A timestamp that PostgreSQL reads in any locale and time zone: `2025-11-21 08:01:02.345678+00`. */
function timestamp(at: number): string {
  const micros = Math.round(at * 1000);
  const seconds = new Date(Math.floor(micros / 1000)).toISOString().slice(0, "2025-11-21T08:01:02".length);
  return `${seconds.replace("T", " ")}.${String(micros % 1_000_000).padStart(6, "0")}+00`;
}
