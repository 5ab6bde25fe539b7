import { singleLine } from "../../errors/terminal-text.js";
import { callControl } from "../../local/control/client.js";
import { type PlatformStatus, statusSchema } from "../../local/status.js";
import { formatAge, formatSize } from "../../promises/format.js";
import { type ConnectionOptions, findRunning } from "../platform/connection.js";
import { type Colours, coloursFor } from "../terminal/colours.js";
import { printResult } from "../terminal/output.js";

export interface StatusOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** `keelson status`. */
export async function status(options: StatusOptions): Promise<void> {
  const running = await findRunning(options);
  const status = await callControl(running.control, "/status", statusSchema, { timeoutMs: 10_000 });
  printResult(options.json, status, () => describe(status, coloursFor(process.stdout, process.env), Date.now()));
  if (status.state === "degraded") process.exitCode = 1;
}

function describe(status: PlatformStatus, paint: Colours, now: number): string {
  const ago = (at: number) => `${formatAge(now - at)} ago`;
  const mark = status.state === "ready" ? paint.green(status.state) : paint.yellow(status.state);
  const { backups, archive, database } = status;
  return [
    `${paint.bold(`${status.platform} (${status.environment})`)} ${mark} at ${status.url}, started ${ago(status.startedAt)} (pid ${status.pid})`,
    ...status.processes.map((process) => {
      const lastExit = process.lastExit ? `, last exit ${ago(process.lastExit.at)}: ${process.lastExit.how}` : "";
      const restarts =
        process.restarts > 0
          ? `, restarted ${process.restarts === 1 ? "once" : `${process.restarts} times`}${lastExit}`
          : "";
      return `  ${process.name.padEnd(12)} ${process.phase.padEnd(9)} ${process.pid ? `pid ${process.pid}` : ""}${restarts}`;
    }),
    ...status.models.map(({ name, state, reason }) => `  ${name.padEnd(12)} ${state.padEnd(9)} ${singleLine(reason)}`),
    `  backups      ${backups.count ?? "unknown"} in ${backups.place}${newest(backups, ago)}${next(backups, now)}${backups.busy ? `; ${backups.busy}` : ""}`,
    ...(backups.failing
      ? [paint.red(`  ! backups have failed since ${ago(backups.failing.since)}: ${backups.failing.reason}`)]
      : []),
    archive
      ? `  WAL archive  ${archive.archived} segments${archive.last ? `, newest ${ago(archive.last.at)}` : ""}${waiting(archive.backlog, ago)}`
      : paint.yellow("  WAL archive  off: the platform file declares no `log` for the database's backups"),
    ...(database
      ? [
          `  ${database.name.padEnd(12)} ${formatSize(database.size)} of ${formatSize(database.declared)} declared; its disk has ${formatSize(database.disk.free)} left`,
        ]
      : []),
    ...status.problems.map(({ severity, what }) =>
      (severity === "degraded" ? paint.red : paint.yellow)(`  ! ${singleLine(what)}`),
    ),
    ...(archive?.failing
      ? [paint.red(`  ! WAL archiving has failed since ${ago(archive.failing.since)}: ${archive.failing.reason}`)]
      : []),
  ].join("\n");
}

function waiting(
  { files, bytes, oldestAt }: NonNullable<PlatformStatus["archive"]>["backlog"],
  ago: (at: number) => string,
): string {
  if (files === 0) return "";
  return `, ${files} not archived (${formatSize(bytes)}${oldestAt === undefined ? "" : `, oldest ${ago(oldestAt)}`})`;
}

function newest({ newest: backup, newestValid }: PlatformStatus["backups"], ago: (at: number) => string): string {
  if (!backup) return "";
  const state = backup.valid === undefined ? "not verified" : backup.valid ? "verified" : "INVALID";
  const valid = newestValid && newestValid.id !== backup.id ? `, newest verified ${ago(newestValid.at)}` : "";
  return `, newest ${ago(backup.at)} (${state})${valid}`;
}

function next({ next: at }: PlatformStatus["backups"], now: number): string {
  return at === undefined || at <= now ? "" : `, next in ${formatAge(at - now)}`;
}
