import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { parseJson, readError } from "../../contracts/error.js";
import { diskError } from "../../disk/disk-errors.js";
import { acquireLock } from "../../disk/lock.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { safeJson, singleLine } from "../../errors/terminal-text.js";
import { messageOf } from "../../errors/thrown.js";
import { platformRoutes } from "../../local/control/routes.js";
import { requireEngines } from "../../local/engines.js";
import { removeEmptyFootprint, removeFootprint, topmostMissing } from "../../local/footprint.js";
import {
  backupsFromEnvironment,
  dataDirectory,
  type Layout,
  layout,
  makeRoot,
  requireOwnData,
} from "../../local/layout.js";
import { followModelEngines } from "../../local/model-engines.js";
import { networkUrls } from "../../local/network-urls.js";
import { type Platform, startPlatform } from "../../local/platform.js";
import { deleteFirstKey, type Welcome, welcome } from "../../local/welcome.js";
import type { Plan } from "../../plan/plan.js";
import { archiveFailureMessage } from "../../recovery/service/archive-events.js";
import { today } from "../design/today.js";
import { fileOrDefault, type Loaded, loadPlatform, planOf } from "../platform/load.js";
import { coloursFor, styledLine } from "../terminal/colours.js";
import { forTerminal, printError, printJsonLine } from "../terminal/output.js";
import { quoted } from "../terminal/quoted.js";
import { ENDING } from "../terminal/signals.js";
import { version } from "../version.js";
import { designRoutes } from "./design-routes.js";

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
export async function up(given: string | undefined, options: UpOptions): Promise<void> {
  const file = await fileOrDefault(given, "run");
  const loaded = await loadPlatform(file);
  const plan = await requireEngines(planOf(loaded, options.environment));
  if (options.detach) await detached(file, plan, options);
  else await foreground(file, loaded, plan, options);
}

async function foreground(file: string, loaded: Loaded, plan: Plan, options: UpOptions): Promise<void> {
  const startedAt = performance.now();
  const interrupted = new AbortController();
  const stopRequested = waitForSignal(interrupted);
  const progress = (what: string) =>
    printLine(`${paint.dim("·")} ${what} ${paint.dim(`${seconds(performance.now() - startedAt)}`)}`);
  let platform: Platform | undefined;
  try {
    platform = await startPlatform(
      {
        plan,
        ...{ file, path: loaded.path },
        data: dataDirectory(options.data, plan),
        host: options.host,
        port: options.port,
        split: options.split ?? false,
        backups: options.backups ?? backupsFromEnvironment(),
        onProgress: progress,
        version: version(),
        signal: interrupted.signal,
      },
      (started) => ({
        ...platformRoutes(started, () => interrupted.abort()),
        ...designRoutes(loaded, plan),
      }),
    );
    // Before the report: what happens from here on is printed.
    follow(platform);
    const hello = await welcome(platform);
    await show(hello, platform, await unkeptPromises(plan), performance.now() - startedAt, options);
    await deleteFirstKey(platform);
    // Not awaited: it ends with the signal.
    void followModelEngines(platform, hello.models, progress, interrupted.signal);
    const signal = await stopRequested;
    if (signal !== undefined) await recordSignal(platform, signal);
    printLine(paint.dim("Shutting down: finishing in-flight requests (Ctrl-C again to force)"));
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
  } finally {
    await platform?.stop();
  }
  printLine("stopped");
  process.exit(0);
}

/**
 * The first signal starts a graceful shutdown; the second exits at once, and the child processes exit with their parent. Resolves with
 * the signal; undefined if a command requested the shutdown.
 */
function waitForSignal(interrupted: AbortController): Promise<NodeJS.Signals | undefined> {
  let received: NodeJS.Signals | undefined;
  for (const signal of ENDING)
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(130);
      received = signal;
      interrupted.abort();
    });
  return new Promise((resolve) =>
    interrupted.signal.addEventListener("abort", () => resolve(received), { once: true }),
  );
}

/** Records a shutdown by a signal, of which the sender is unknown. A full disk must not prevent the shutdown. */
async function recordSignal({ acts, running }: Platform, signal: NodeJS.Signals): Promise<void> {
  const act = { act: "platform.stop", actor: "internal", subject: running.platform, detail: { signal } } as const;
  await acts.record(act).catch((error: unknown) => printError(`${singleLine(messageOf(error))}\n`));
}

/** The command that invokes this program. Started by `npm start` or `npx`, it may not be on the PATH. */
function invocation(): string {
  return process.env["npm_execpath"] === undefined ? "keelson" : "npx keelson";
}

/** A command for this platform. Outside of `.keelson` in the current directory, a command finds the data only by its name. */
function commandFor({ data }: Pick<StartReport, "data">, command: string): string {
  const found = dirname(data) === resolve(".keelson");
  return `${invocation()} ${command}${found ? "" : ` --data ${quoted(data)}`}`;
}

/** The output of `--json`. `up --detach` reads it from the process that it started. */
const startReportSchema = z.object({
  pid: z.number(),
  url: z.string(),
  dashboard: z.string(),
  platform: z.string(),
  environment: z.string(),
  data: z.string(),
  signIn: z.string().optional(),
  firstKey: z.string().optional(),
  curl: z.string().optional(),
  /** Addresses at which other machines reach the platform; empty if it listens on loopback. */
  network: z.array(z.string()).readonly(),
  models: z.array(z.object({ name: z.string(), reason: z.string() })).readonly(),
  /** Parts of the plan that `up` does not run on this machine, each with the reason. */
  left: z.array(z.string()).readonly(),
  /** What the design cannot keep in this environment, as one line; absent if it keeps all. */
  unkept: z.string().optional(),
  file: z.string(),
  tookMs: z.number(),
});

type StartReport = z.infer<typeof startReportSchema>;

/** Resolves when the report is written: only then may the first key be deleted. */
async function show(
  hello: Welcome,
  platform: Platform,
  unkept: string | undefined,
  tookMs: number,
  options: UpOptions,
): Promise<void> {
  const { running, first, omitted } = platform;
  const network = networkUrls(options.host, new URL(running.url).port);
  const report = { ...running, ...hello, network, first, left: omitted, unkept, tookMs: Math.round(tookMs) };
  // One line, because the process goes on: a reader knows at its end that the document is complete.
  if (options.json) await written(process.stdout, `${safeJson(report)}\n`);
  else await written(process.stderr, forTerminal(greeting(report)));
}

/** The rules are loaded after the start, which they would delay. */
async function unkeptPromises(plan: Plan): Promise<string | undefined> {
  const { unkept, unkeptText } = await import("../../check/unkept.js");
  return unkeptText(unkept(plan, today()));
}

function greeting(report: StartReport): string {
  const { url, signIn, dashboard, firstKey, curl } = report;
  const lines = [
    "",
    `  ${paint.bold(`${report.platform} (${report.environment})`)} is ready after ${seconds(report.tookMs)}`,
    "",
    `  API        ${url}/v1   ${paint.dim("(OpenAI)")}   ${url}/api   ${paint.dim("(Ollama)")}`,
    `  dashboard  ${signIn ?? dashboard}${signIn ? paint.dim("   (signs in once, within 10 minutes)") : ""}`,
    ...(report.network.length > 0
      ? [
          `  network    ${report.network.join("   ")}`,
          paint.yellow(
            "  warning    other machines reach the platform without TLS: keys and sign-in links are sent in clear text",
          ),
        ]
      : []),
    ...report.models.map((model) => `  model      ${model.name}: ${model.reason}`),
    ...(firstKey ? [`  first key  ${paint.bold(firstKey)}   ${paint.dim("(shown only once: save it)")}`] : []),
    `  data       ${report.data}`,
    ...report.left.map((what) => paint.dim(`  omitted    ${what}`)),
    ...(report.unkept === undefined
      ? []
      : [paint.yellow(`  check      ${report.unkept}: ${invocation()} check ${report.file} -e ${report.environment}`)]),
    ...(curl ? ["", "  Try it:", `    ${curl}`, `    ${commandFor(report, "chat")}`] : []),
    "",
  ];
  return `${lines.join("\n")}\n`;
}

function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())));
}

/** Prints events of the platform. A failure of archiving that began during the start is printed first. */
function follow(platform: Platform): void {
  const failing = platform.recovery.state().archive?.failing;
  if (failing) printLine(paint.red(`! ${archiveFailureMessage(failing)}`));
  platform.supervisor.events.on("event", ({ process: name, kind, reason }) => {
    if (kind === "crashed") printLine(paint.red(`! ${name} exited: ${reason}`));
    else if (kind === "killing") printLine(paint.red(`! ${name} ${reason}; killing it`));
    else if (kind === "starting") printLine(`· ${name} ${reason}`);
    else if (kind === "ready") printLine(paint.green(`· ${name} is ready`));
  });
  platform.recovery.events.on("event", ({ level, what }) => {
    if (level === "info") printLine(paint.dim(`· ${what}`));
    else printLine((level === "error" ? paint.red : paint.yellow)(`! ${what}`));
  });
}

/** Starts the same command in a session of its own and waits until its platform is ready. */
async function detached(file: string, plan: Plan, options: UpOptions): Promise<void> {
  const places = layout(dataDirectory(options.data, plan));
  const missing = await topmostMissing(places.root);
  const files = { log: join(places.logs, "up.log"), report: join(places.logs, "up.json") };
  try {
    await requireOwnData(places.root);
    await makeRoot(places.root);
    await mkdir(places.logs, { recursive: true, mode: 0o700 });
    const log = await open(files.log, "w", 0o600);
    const report = await open(files.report, "w", 0o600);
    const args = [
      ...["up", file, "--json", "--port", String(options.port), "--host", options.host, "--data", places.root],
      ...["-e", plan.environment],
      ...(options.backups === undefined ? [] : ["--backups", options.backups]),
      ...(options.split ? ["--split"] : []),
    ];
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? "", ...args], {
      detached: true,
      stdio: ["ignore", report.fd, log.fd],
    });
    // The child has its own session and does not receive Ctrl-C from this terminal: every signal is forwarded.
    for (const signal of ENDING) process.on(signal, () => child.kill(signal));
    await once(child, "spawn");
    await log.close();
    await report.close();
    const started = await waitForReport(child, files);
    if (options.json) printJsonLine(started.report);
    else
      printError(
        `${greeting(started.report)}  Running in the background (pid ${started.report.pid}). Stop it: ${commandFor(started.report, "down")}\n`,
      );
    child.unref();
  } catch (error) {
    if (missing !== undefined) await removeLeftovers(places, missing);
    throw diskError(error, places.root);
  } finally {
    // It contains the first key, which must not remain on disk after it was printed.
    await rm(files.report, { force: true });
  }
}

async function removeLeftovers(places: Layout, missing: string): Promise<void> {
  const taken = await acquireLock(places.lock).catch(() => undefined);
  if (!taken) return removeEmptyFootprint(places, missing);
  if (!("lock" in taken)) return;
  await removeFootprint(places, missing);
  await taken.lock.release();
}

const REPORT_POLL_INTERVAL_MS = 50;

/** Prints the child's output and resolves with its report once its platform is ready. Throws the error that it exited with. */
async function waitForReport(
  child: ReturnType<typeof spawn>,
  files: { readonly log: string; readonly report: string },
): Promise<{ readonly text: string; readonly report: StartReport }> {
  for (let printed = 0; ; await sleep(REPORT_POLL_INTERVAL_MS)) {
    const exited = child.exitCode !== null || child.signalCode !== null;
    const lines = (await readFile(files.log, "utf8")).split("\n").slice(0, -1);
    for (const line of lines.slice(printed)) printLine(line);
    printed = lines.length;
    const text = (await readFile(files.report, "utf8")).trim();
    if (exited) throw exitError(text);
    const report = startReportSchema.safeParse(parseJson(text));
    if (report.success) return { text, report: report.data };
  }
}

function exitError(text: string): KeelsonError {
  const error = readError(text);
  if (error?.code === undefined)
    return new KeelsonError("start/failed", "the platform exited before it was ready", {
      hint: "its output is above; without --detach it prints more",
    });
  return KeelsonError.fromReport(error.code, error.message, error.hint);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Prints a line. A line break in it, for example in the reason of a crash, is escaped. */
function printLine(line: string): void {
  printError(`${styledLine(line)}\n`);
}
