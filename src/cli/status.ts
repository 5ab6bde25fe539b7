import { askControl } from "../local/control/client.js";
import { type PlatformStatus, statusSchema } from "../local/status.js";
import { formatDuration } from "../platform-file/format.js";
import { type Colours, coloursFor } from "./colours.js";
import { type ConnectionOptions, findRunning } from "./connection.js";

export interface StatusOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** `keelson status`. */
export async function status(options: StatusOptions): Promise<void> {
  const running = await findRunning(options);
  const status = await askControl(running.control, "/status", statusSchema, { timeout: 10_000 });
  const text = options.json
    ? JSON.stringify(status)
    : describe(status, coloursFor(process.stdout, process.env), Date.now());
  process.stdout.write(`${text}\n`);
  if (status.state === "degraded") process.exitCode = 1;
}

function describe(status: PlatformStatus, paint: Colours, now: number): string {
  const ago = (at: number) => `${readable(Math.max(0, now - at))} ago`;
  const mark = status.state === "ready" ? paint.green(status.state) : paint.yellow(status.state);
  const { backups, archive } = status;
  return [
    `${paint.bold(`${status.platform} (${status.environment})`)} ${mark} at ${status.url}, started ${ago(status.startedAt)} (pid ${status.pid})`,
    ...status.processes.map((process) => {
      const crashed = process.lastExit ? `, last end ${ago(process.lastExit.at)}: ${process.lastExit.how}` : "";
      const restarts =
        process.restarts > 0
          ? `, restarted ${process.restarts === 1 ? "once" : `${process.restarts} times`}${crashed}`
          : "";
      return `  ${process.name.padEnd(12)} ${process.phase.padEnd(9)} ${process.pid ? `pid ${process.pid}` : ""}${restarts}`;
    }),
    `  backups      ${backups.count ?? "unknown"} in ${backups.place}${newest(backups, ago)}${backups.busy ? `; ${backups.busy}` : ""}`,
    ...(backups.failing
      ? [paint.red(`  ! backups fail, first ${ago(backups.failing.since)}: ${backups.failing.reason}`)]
      : []),
    archive
      ? `  log          ${archive.archived} files archived${archive.last ? `, the last ${ago(archive.last.at)}` : ""}`
      : paint.yellow("  log          not archived: the platform file declares no `log` for the database's backups"),
    ...(archive?.failing
      ? [paint.red(`  ! archiving fails, first ${ago(archive.failing.since)}: ${archive.failing.reason}`)]
      : []),
  ].join("\n");
}

function newest({ newest: backup }: PlatformStatus["backups"], ago: (at: number) => string): string {
  if (!backup) return "";
  const state = backup.valid === undefined ? "not yet restored to prove it" : backup.valid ? "valid" : "NOT VALID";
  return `, the newest ${ago(backup.at)} (${state})`;
}

/** Milliseconds as a person tells them: in one unit, rounded, as `formatDuration` never does. */
function readable(duration: number): string {
  const coarse = [86_400_000, 3_600_000, 60_000].find((unit) => duration >= 2 * unit) ?? 1000;
  return formatDuration(Math.round(duration / coarse) * coarse);
}
