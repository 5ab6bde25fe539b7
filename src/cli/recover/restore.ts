import { resolve } from "node:path";
import type { z } from "zod";
import { type RestoreRequest, restoredSchema, restorePreviewSchema } from "../../contracts/restore.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { singleLine } from "../../errors/terminal-text.js";
import { callControl } from "../../local/control/client.js";
import { formatMeasured } from "../../promises/format.js";
import { restoreTo } from "../../recovery/offline.js";
import type { RestoreTarget } from "../../recovery/restore/target.js";
import { findRunning } from "../platform/connection.js";
import { readMoment } from "../terminal/moment.js";
import { printResult } from "../terminal/output.js";
import { confirm } from "../terminal/questions.js";
import { quoted } from "../terminal/quoted.js";
import { ENDING } from "../terminal/signals.js";
import { findLocation, type RepositoryOptions } from "./backups.js";
import { consequencesOf, showProgress } from "./restore-progress.js";

export interface RestoreOptions extends RepositoryOptions {
  readonly to?: string;
  readonly at?: string;
  readonly acceptUnauthenticated?: string;
  readonly yes?: boolean;
  readonly timeline?: number;
  readonly trustKey?: string;
}

type Restored = z.infer<typeof restoredSchema>;

/** `keelson restore`. */
export async function restore(id: string, options: RestoreOptions): Promise<void> {
  const at = options.at === undefined ? undefined : timeOf(options.at);
  await (options.to === undefined ? inPlace(id, at, options) : toDirectory(id, at, options.to, options));
}

async function toDirectory(id: string, at: number | undefined, to: string, options: RestoreOptions): Promise<void> {
  const target: RestoreTarget = {
    ...(at === undefined ? { kind: "latest" } : { kind: "time", at }),
    timeline: options.timeline,
  };
  const startedAt = Date.now();
  const interrupted = new AbortController();
  const interrupt = () =>
    interrupted.abort(new KeelsonError("restore/cancelled", "the restore was cancelled; its files were removed"));
  for (const signal of ENDING) process.once(signal, interrupt);
  const location = await findLocation(options);
  const { backup, logFiles, end, tablespaces } = await restoreTo(location, id, to, target, {
    signal: interrupted.signal,
    acceptUnauthenticated: options.acceptUnauthenticated,
    trustKey: options.trustKey,
  });
  const directory = resolve(to);
  // Reported only if the requested time is after the end of the archived log.
  const beyond = at !== undefined && end.kind === "end-of-log";
  const newest = end.kind === "end-of-log" && end.newest !== undefined ? iso(end.newest) : null;
  const report = {
    id: backup.manifest.id,
    to: directory,
    logFiles,
    postgres: backup.manifest.postgres,
    ...(beyond && { newest }),
    ...(tablespaces.length > 0 && { tablespaces }),
    tookMs: Date.now() - startedAt,
  };
  printResult(
    options.json,
    report,
    () =>
      `restored ${report.id} to ${directory}, with ${logFiles} log ${logFiles === 1 ? "file" : "files"} to replay\n` +
      (beyond
        ? `the archived log ends before that time: ${newest ? `the last transaction is of ${newest}` : "it has no transaction since the backup"}\n`
        : "") +
      tablespaces.map((path) => `the tablespace ${singleLine(path)} will be within ${directory}\n`).join("") +
      `start it with any PostgreSQL ${backup.manifest.postgres.split(".")[0]}: postgres -D ${quoted(directory)}`,
  );
}

async function inPlace(id: string, at: number | undefined, options: RestoreOptions): Promise<void> {
  const { control, platform } = await findRunning(options);
  const request: RestoreRequest = { id, ...(at !== undefined && { at }), ...details(options) };
  const preview = await callControl(control, "/restore/preview", restorePreviewSchema, {
    method: "POST",
    body: request,
  });
  await confirm({ consequences: consequencesOf(preview, Date.now()), name: platform, yes: options.yes });
  const shown = new AbortController();
  // Ctrl-C ends this command, but not the restore: half of it would be worse than all of it.
  const progress = showProgress(control, shown.signal);
  let done: Restored;
  try {
    // The preview resolved `latest`: what was confirmed is what is restored.
    const body = { ...request, id: preview.backup.id };
    done = await callControl(control, "/restore", restoredSchema, { method: "POST", body });
  } finally {
    shown.abort();
    await progress;
  }
  printResult(
    options.json,
    done,
    () =>
      `restored ${done.id}; the platform was ready again after ${formatMeasured(done.tookMs)}` +
      (done.kept ? `\nthe previous data directory is kept in ${done.kept}` : ""),
  );
}

/** The options that the control API takes as they are. */
function details({ timeline, acceptUnauthenticated }: RestoreOptions): Omit<RestoreRequest, "id" | "at"> {
  return {
    ...(timeline !== undefined && { timeline }),
    ...(acceptUnauthenticated !== undefined && { acceptUnauthenticated }),
  };
}

/** A time in epoch milliseconds, with the microseconds of PostgreSQL's commit times as a fraction. */
export function timeOf(text: string): number {
  const milliseconds = Date.parse(readMoment("--at", text, "ago", Date.now()));
  // `Date` has milliseconds: the rest of the fraction is added.
  const [, micros = ""] = /T\d\d:\d\d:\d\d\.\d{3}(\d{1,3})/.exec(text.replace(" ", "T")) ?? [];
  return milliseconds + Number(micros.padEnd(3, "0")) / 1000;
}

/** ISO 8601 of a time in epoch microseconds. */
function iso(micros: number): string {
  return new Date(micros / 1000).toISOString();
}
