import { resolve } from "node:path";
import { z } from "zod";
import { KeelsonError } from "../errors/keelson-error.js";
import { askControl } from "../local/control/client.js";
import { restoreTo } from "../recovery/offline.js";
import type { RestoreTarget } from "../recovery/restore/target.js";
import { findPlaces, type RepositoryOptions } from "./backups.js";
import { findRunning } from "./connection.js";
import { readMoment } from "./moment.js";
import { ENDING } from "./signals.js";

export interface RestoreOptions extends RepositoryOptions {
  readonly to?: string;
  readonly at?: string;
}

const doneSchema = z.object({ id: z.string(), kept: z.string().optional(), tookMs: z.number() });

/** `keelson restore`. */
export async function restore(id: string, options: RestoreOptions): Promise<void> {
  const at = options.at === undefined ? undefined : Date.parse(readMoment("--at", options.at, "ago", Date.now()));
  await (options.to === undefined ? inPlace(id, at, options) : aside(id, at, options.to, options));
}

async function aside(id: string, at: number | undefined, to: string, options: RestoreOptions): Promise<void> {
  const target: RestoreTarget = at === undefined ? { kind: "latest" } : { kind: "time", at };
  const began = Date.now();
  const interrupted = new AbortController();
  const interrupt = () =>
    interrupted.abort(new KeelsonError("restore/cancelled", "the restore was broken off: nothing of it is left"));
  for (const signal of ENDING) process.once(signal, interrupt);
  const places = await findPlaces(options);
  const { backup, logFiles, end } = await restoreTo(places, id, to, target, { signal: interrupted.signal });
  const directory = resolve(to);
  // Told only where a moment was asked for that lies beyond the archived log.
  const beyond = at !== undefined && end.kind === "end-of-log";
  const newest = end.kind === "end-of-log" && end.newest !== undefined ? iso(end.newest) : null;
  const told = {
    id: backup.manifest.id,
    to: directory,
    logFiles,
    postgres: backup.manifest.postgres,
    ...(beyond && { newest }),
    tookMs: Date.now() - began,
  };
  process.stdout.write(
    options.json
      ? `${JSON.stringify(told)}\n`
      : `restored ${told.id} into ${directory}, with ${logFiles} files of the log to replay\n` +
          (beyond
            ? `the archived log ends before that moment, ${newest ? `with a transaction of ${newest}` : "with none since the backup"}\n`
            : "") +
          `start it with any PostgreSQL ${backup.manifest.postgres.split(".")[0]}: postgres -D ${directory}\n`,
  );
}

async function inPlace(id: string, at: number | undefined, options: RestoreOptions): Promise<void> {
  const running = await findRunning(options);
  const body = { id, ...(at !== undefined && { at }) };
  const done = await askControl(running.control, "/restore", doneSchema, { method: "POST", body });
  process.stdout.write(
    options.json
      ? `${JSON.stringify(done)}\n`
      : `restored ${done.id}; the platform answers again after ${(done.tookMs / 1000).toFixed(1)} s\n` +
          (done.kept ? `what was there before is kept in ${done.kept}\n` : ""),
  );
}

/** Epoch microseconds, as a person reads them. */
function iso(at: number): string {
  return new Date(at / 1000).toISOString();
}
