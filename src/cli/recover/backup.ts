import { backupSchema, type ListedBackup } from "../../contracts/backups.js";
import { callControl } from "../../local/control/client.js";
import { formatMeasured, formatSize } from "../../promises/format.js";
import { type ConnectionOptions, findRunning } from "../platform/connection.js";
import { printResult } from "../terminal/output.js";
import { withBusyProgress } from "./busy-progress.js";

export interface BackupOptions extends ConnectionOptions {
  readonly verify: boolean;
  readonly json?: boolean;
}

/** `keelson backup`. */
export async function backup(options: BackupOptions): Promise<void> {
  const running = await findRunning(options);
  const body = { verify: options.verify };
  const made = callControl(running.control, "/backups", backupSchema, { method: "POST", body });
  const backup = await withBusyProgress(running.control, made);
  printResult(options.json, backup, () => describe(backup));
  if (backup.verification?.valid === false) process.exitCode = 1;
}

/** One backup as a line of text. */
export function describe(backup: ListedBackup): string {
  const { verification } = backup;
  const state = !verification
    ? "not verified"
    : verification.valid
      ? `verified by a restore in ${formatMeasured(verification.restoreMs + verification.replayMs)}${notCompared(verification.notCompared)}`
      : `NOT VALID: ${verification.findings.join("; ")}`;
  return `${backup.id}  ${formatSize(backup.bytes)} ${backup.encrypted ? "encrypted" : "not encrypted"}, ${backup.rows} rows in ${backup.tables} tables  ${state}${unusable(backup)}`;
}

function unusable({ opens, origin }: ListedBackup): string {
  if (!opens) return "; cannot be opened with this identity";
  return origin === "authenticated" ? "" : `; ${ORIGINS[origin]}`;
}

const ORIGINS = {
  unauthenticated: "not authenticated: it is not restored automatically",
  "other-key": "written by a platform with another identity",
  "not-checked": "its origin cannot be checked without an identity",
} as const satisfies Record<Exclude<ListedBackup["origin"], "authenticated">, string>;

function notCompared(tables: readonly string[] | undefined): string {
  return tables === undefined ? "" : `, not compared: ${tables.join(", ")}`;
}
