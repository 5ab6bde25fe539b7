import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { parseJson, readError } from "../contracts/error.js";
import { diskError } from "../disk/disk-errors.js";
import { takeLock } from "../disk/lock.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { platformRoutes } from "../local/control/routes.js";
import { requireEngines } from "../local/engines.js";
import { removeEmptyFootprint, removeFootprint, topmostMissing } from "../local/footprint.js";
import {
  backupsFromEnvironment,
  dataDirectory,
  type Layout,
  layout,
  makeRoot,
  requireOwnData,
} from "../local/layout.js";
import { type Platform, startPlatform } from "../local/platform.js";
import { forgetFirstKey, type Welcome, welcome } from "../local/welcome.js";
import type { Plan } from "../plan/plan.js";
import { coloursFor } from "./colours.js";
import { loadPlan } from "./load.js";
import { ENDING } from "./signals.js";
import { version } from "./version.js";

export interface UpOptions {
  readonly environment?: string;
  readonly port: number;
  readonly host: string;
  readonly data?: string;
  readonly backups?: string;
  readonly split?: boolean;
  readonly detach?: boolean;
  readonly json?: boolean;
}

const paint = coloursFor(process.stderr, process.env);

/** `keelson up`. */
export async function up(file: string, options: UpOptions): Promise<void> {
  const plan = await loadPlan(file, options.environment);
  requireEngines(plan);
  if (options.detach) await detached(file, plan, options);
  else await foreground(file, plan, options);
}

async function foreground(file: string, plan: Plan, options: UpOptions): Promise<void> {
  const began = performance.now();
  const interrupted = new AbortController();
  const ending = endOnSignals(interrupted);
  const progress = (what: string) =>
    say(`${paint.dim("·")} ${what} ${paint.dim(`${seconds(performance.now() - began)}`)}`);
  let platform: Platform | undefined;
  try {
    platform = await startPlatform(
      {
        plan,
        file,
        data: dataDirectory(options.data, plan),
        host: options.host,
        port: options.port,
        split: options.split ?? false,
        backups: options.backups ?? backupsFromEnvironment(),
        onProgress: progress,
        version: version(),
        signal: interrupted.signal,
      },
      (started) => platformRoutes(started, () => interrupted.abort()),
    );
    await show(await welcome(platform), platform, performance.now() - began, options);
    await forgetFirstKey(platform);
    follow(platform);
    await ending;
    say(paint.dim("ending: answers under way are finished first (Ctrl-C again ends at once)"));
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
  } finally {
    await platform?.stop();
  }
  say("ended");
  process.exit(0);
}

/** The first signal asks for an end in good order, the second ends at once; the children notice by themselves. */
function endOnSignals(interrupted: AbortController): Promise<void> {
  const end = (): void => {
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  };
  for (const signal of ENDING) process.on(signal, end);
  return new Promise((resolve) => interrupted.signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** How this program is called from here: by `npm start` and `npx` it may well not be on the PATH. */
function called(): string {
  return process.env["npm_execpath"] === undefined ? "keelson" : "npx keelson";
}

/** What `--json` prints, and what a detached start tells the program that waits for it. */
const toldSchema = z.object({
  pid: z.number(),
  url: z.string(),
  dashboard: z.string(),
  platform: z.string(),
  environment: z.string(),
  data: z.string(),
  signIn: z.string().optional(),
  firstKey: z.string().optional(),
  curl: z.string().optional(),
  models: z.array(z.object({ name: z.string(), reason: z.string() })).readonly(),
  /** What of the file is not run here, with the reason. */
  left: z.array(z.string()).readonly(),
  tookMs: z.number(),
});

type Told = z.infer<typeof toldSchema>;

/** Resolves when it is out: only then may the first key be forgotten. */
async function show(hello: Welcome, platform: Platform, took: number, options: UpOptions): Promise<void> {
  const { running, first, left } = platform;
  const told = { ...running, ...hello, first, left, tookMs: Math.round(took) };
  if (options.json) await written(process.stdout, `${JSON.stringify(told)}\n`);
  else await written(process.stderr, greeting(told));
}

function greeting(told: Told): string {
  const lines = [
    "",
    `  ${paint.bold(`${told.platform} (${told.environment})`)} answers after ${seconds(told.tookMs)}`,
    "",
    `  API        ${told.url}/v1   ${paint.dim("(OpenAI)")}   ${told.url}/api   ${paint.dim("(Ollama)")}`,
    `  dashboard  ${told.signIn ?? told.dashboard}${told.signIn ? paint.dim("   (signs in once, within 10 minutes)") : ""}`,
    ...told.models.map((model) => `  model      ${model.name}: ${model.reason}`),
    ...(told.firstKey ? [`  first key  ${paint.bold(told.firstKey)}   ${paint.dim("(shown only now: keep it)")}`] : []),
    `  data       ${told.data}`,
    ...told.left.map((what) => paint.dim(`  not here   ${what}`)),
    ...(told.curl ? ["", "  Try it:", `    ${told.curl}`, `    ${called()} chat`] : []),
    "",
  ];
  return `${lines.join("\n")}\n`;
}

function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())));
}

function follow(platform: Platform): void {
  platform.supervisor.events.on("event", ({ process: name, kind, reason }) => {
    if (kind === "crashed") say(paint.red(`! ${name} ended: ${reason}`));
    else if (kind === "killing") say(paint.red(`! ${name}: ${reason}; killing it`));
    else if (kind === "starting") say(`· starting ${name}: ${reason}`);
    else if (kind === "ready") say(paint.green(`· ${name} answers`));
  });
  platform.recovery.events.on("event", ({ level, what }) => {
    if (level === "info") say(paint.dim(`· ${what}`));
    else say((level === "error" ? paint.red : paint.yellow)(`! ${what}`));
  });
}

/** Starts the same command in a session of its own and waits until it answers. */
async function detached(file: string, plan: Plan, options: UpOptions): Promise<void> {
  const places = layout(dataDirectory(options.data, plan));
  const missing = await topmostMissing(places.root);
  const files = { said: join(places.logs, "up.log"), told: join(places.logs, "up.json") };
  try {
    await requireOwnData(places.root);
    await makeRoot(places.root);
    await mkdir(places.logs, { recursive: true, mode: 0o700 });
    const said = await open(files.said, "w", 0o600);
    const told = await open(files.told, "w", 0o600);
    const args = [
      ...["up", file, "--json", "--port", String(options.port), "--host", options.host, "--data", places.root],
      ...["-e", plan.environment],
      ...(options.backups === undefined ? [] : ["--backups", options.backups]),
      ...(options.split ? ["--split"] : []),
    ];
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? "", ...args], {
      detached: true,
      stdio: ["ignore", told.fd, said.fd],
    });
    // It is in a session of its own, and hears nothing of a Ctrl-C here. A second one reaches it as a second one.
    for (const signal of ENDING) process.on(signal, () => child.kill(signal));
    await once(child, "spawn");
    await said.close();
    await told.close();
    const answer = await untilDetached(child, files);
    if (options.json) process.stdout.write(`${answer.text}\n`);
    else say(`${greeting(answer.told)}  It runs on as process ${answer.told.pid}. End it: ${called()} down`);
    child.unref();
  } catch (error) {
    if (missing !== undefined) await clearAway(places, missing);
    throw diskError(error, places.root);
  } finally {
    // It holds the first key; shown now, it is to lie nowhere.
    await rm(files.told, { force: true });
  }
}

async function clearAway(places: Layout, missing: string): Promise<void> {
  const taken = await takeLock(places.lock).catch(() => undefined);
  if (!taken) return removeEmptyFootprint(places, missing);
  if (!("lock" in taken)) return;
  await removeFootprint(places, missing);
  await taken.lock.release();
}

/** Shows what the child says, and resolves with what it tells once it answers. Throws the error that it ended with. */
async function untilDetached(
  child: ReturnType<typeof spawn>,
  files: { readonly said: string; readonly told: string },
): Promise<{ readonly text: string; readonly told: Told }> {
  for (let shown = 0; ; await sleep(50)) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    const lines = (await readFile(files.said, "utf8")).split("\n").slice(0, -1);
    for (const line of lines.slice(shown)) say(line);
    shown = lines.length;
    const text = (await readFile(files.told, "utf8")).trim();
    if (ended) throw endedWith(text);
    const told = toldSchema.safeParse(parseJson(text));
    if (told.success) return { text, told: told.data };
  }
}

function endedWith(told: string): KeelsonError {
  const error = readError(told);
  if (error?.code === undefined)
    return new KeelsonError("start/failed", "the platform ended before it answered", {
      hint: "what it said is above; without --detach it says more",
    });
  return KeelsonError.fromReport(error.code, error.message, error.hint);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
