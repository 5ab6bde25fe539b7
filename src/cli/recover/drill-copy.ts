import { chmod, cp, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { lockOwner } from "../../disk/lock.js";
import { statIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { platformRoutes } from "../../local/control/routes.js";
import { freePort } from "../../local/free-port.js";
import { dataDirectory, dataFromEnvironment, layout, makeRoot } from "../../local/layout.js";
import { type Platform, startPlatform } from "../../local/platform.js";
import type { RunningPlatform } from "../../local/running.js";
import type { Plan } from "../../plan/plan.js";
import { readPlanFile } from "../../runtime/kernel/plan-file.js";
import { findRunning, type LocalSelection } from "../platform/connection.js";
import { loadPlan, PLATFORM_FILE, STARTER } from "../platform/load.js";
import { ENDING } from "../terminal/signals.js";
import { version } from "../version.js";

export interface CopyOptions extends LocalSelection {
  readonly file?: string;
}

/** What a drill on a temporary copy runs, and where its results are kept. */
export interface CopiedPlatform {
  readonly plan: Plan;
  /** The file, blueprint or running platform, for messages. */
  readonly source: string;
  /** The directory of the platform's drill results. */
  readonly drills: string;
}

/**
 * Selects the platform to copy: `--file`; the platform of `--data` or KEELSON_DATA; `platform.yaml` in the current directory;
 * the platform that runs below it; otherwise the starter blueprint.
 */
export async function copiedPlatform(options: CopyOptions): Promise<CopiedPlatform> {
  const { file, environment } = options;
  if (file !== undefined) return ofFile(file, environment);
  const data = options.data ?? (await startedData(dataFromEnvironment()));
  if (data !== undefined) return ofData(resolve(data), environment);
  if ((await statIfPresent(PLATFORM_FILE))?.isFile()) return ofFile(PLATFORM_FILE, environment);
  // Of several, the one of the environment. If that runs in none of them, the error names the one that runs.
  const running = (await ifRunning({ environment })) ?? (await ifRunning({}));
  return running ? ofData(running.data, environment) : ofFile(STARTER, environment);
}

async function ifRunning(selection: LocalSelection): Promise<RunningPlatform | undefined> {
  return findRunning(selection).catch((error: unknown) => {
    if (error instanceof KeelsonError && error.code === "platform/not-running") return undefined;
    throw error;
  });
}

/** The directory if a platform was started on it. */
async function startedData(data: string | undefined): Promise<string | undefined> {
  return data !== undefined && (await statIfPresent(layout(resolve(data)).plan)) !== undefined ? data : undefined;
}

async function ofFile(file: string, environment: string | undefined): Promise<CopiedPlatform> {
  const plan = await loadPlan(file, environment);
  return { plan, source: `${file} (${plan.environment})`, drills: layout(dataDirectory(undefined, plan)).drills };
}

async function ofData(data: string, environment: string | undefined): Promise<CopiedPlatform> {
  const places = layout(data);
  const plan = await readPlanFile(places.plan);
  if (environment !== undefined && environment !== plan.environment)
    throw new KeelsonError("usage", `-e requires --file: the platform on ${data} is ${plan.environment}`, {
      hint: "to drill another environment: --file FILE -e ENVIRONMENT",
    });
  return { plan, source: `${plan.platform} (${plan.environment}) on ${data}`, drills: places.drills };
}

const COPY_PREFIX = "keelson-drill-";
/** The directory of a copy is locked from its start on. One without a lock that is older than this was left by a killed drill. */
const LEFTOVER_AGE_MS = 15 * 60_000;

/**
 * Starts a temporary copy of the platform, with a data directory, ports, keys and backups of its own, calls `work`, and removes
 * it. `work` returns the id of the drill, whose results are kept. An ending signal cancels the start.
 */
export async function withCopy<T extends { readonly id: string }>(
  { plan, source, drills }: CopiedPlatform,
  onProgress: (what: string) => void,
  work: (copy: Platform) => Promise<T>,
): Promise<T> {
  await removeLeftoverCopies();
  const data = await mkdtemp(join(tmpdir(), COPY_PREFIX));
  // PostgreSQL may run as another user, which must be able to enter this directory.
  await chmod(data, 0o755);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new KeelsonError("drill/cancelled", "the drill was cancelled"));
  for (const signal of ENDING) process.on(signal, interrupt);
  try {
    const options = {
      temporary: true,
      host: "127.0.0.1",
      port: await freePort(),
      split: false,
      signal: interrupted.signal,
    };
    const copy = await startPlatform(
      { plan, file: source, data, onProgress, version: version(), ...options },
      (started) => platformRoutes(started, interrupt),
    );
    try {
      const done = await work(copy);
      await keepResult(join(copy.layout.drills, done.id), drills);
      return done;
    } finally {
      await copy.stop();
    }
  } finally {
    await rm(data, { recursive: true, force: true });
    for (const signal of ENDING) process.off(signal, interrupt);
  }
}

/** Copies a result under a name that no list of drills shows, and renames it: readers see all of it or nothing. */
async function keepResult(from: string, drills: string): Promise<void> {
  const id = from.slice(dirname(from).length + 1);
  const temporary = join(drills, `.${id}.tmp`);
  await makeRoot(dirname(drills));
  await cp(from, temporary, { recursive: true });
  await rename(temporary, join(drills, id));
}

/** Removes copies of drills that were killed. Those of other users, and those that run, are kept. */
async function removeLeftoverCopies(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(COPY_PREFIX)) continue;
    const directory = join(tmpdir(), name);
    const found = await statIfPresent(directory);
    if (!found || found.uid !== process.getuid?.() || Date.now() - found.mtimeMs < LEFTOVER_AGE_MS) continue;
    if ((await lockOwner(layout(directory).lock)) === undefined) await rm(directory, { recursive: true, force: true });
  }
}
