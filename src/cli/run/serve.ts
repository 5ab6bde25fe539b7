import { join } from "node:path";
import { pino } from "pino";
import { requireOwnDirectory } from "../../disk/own-directory.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { serveReportOf } from "../../local/children/serve-report.js";
import { dataDirectory } from "../../local/layout.js";
import type { Plan, Unit } from "../../plan/plan.js";
import { drainTimeoutMs } from "../../promises/facts/supervisor.js";
import { type Kernel, startKernel } from "../../runtime/kernel/kernel.js";
import type { Address } from "../../runtime/kernel/listener.js";
import { readPlanFile } from "../../runtime/kernel/plan-file.js";
import { modules } from "../../runtime/modules.js";
import { socketUrl } from "../../unix-sockets/socket-url.js";
import { debugging } from "../debugging.js";
import { printError } from "../terminal/output.js";
import { UNIX_PREFIX } from "./serve-options.js";

/** What the data directory of a process that runs by itself contains. A newly mounted volume may contain `lost+found`. */
const OWN_DATA = {
  marks: [join("gateway", "usage"), join("accounts", "audit-heads.json"), join("secrets", "internal", "token")],
  known: /^(accounts|engines|gateway|secrets|lost\+found)$/,
};

export interface ServeOptions {
  readonly plan?: string;
  readonly environment?: string;
  readonly modules?: readonly string[];
  readonly listen?: Address;
  readonly socket?: string;
  readonly metricsListen?: Address;
  readonly data?: string;
  readonly secrets?: string;
  readonly peer?: Readonly<Record<string, string>>;
  readonly model?: string;
  readonly unit?: string;
  readonly publicUrl?: string;
}

/** `keelson serve`. Reports an error of the start to the parent that supervises this process, if there is one. */
export async function serve(file: string | undefined, options: ServeOptions): Promise<void> {
  const ignoreParent = exitWithParent();
  try {
    await runModules(await planOf(file, options), options, ignoreParent);
  } catch (error) {
    ignoreParent();
    await reportToParent(error);
    throw error;
  }
}

/** Sends the error over the IPC channel and closes the channel, which would keep this process running. */
async function reportToParent(error: unknown): Promise<void> {
  if (!process.connected) return;
  const report = serveReportOf(error);
  await new Promise<void>((resolve) => process.send?.(report, undefined, undefined, () => resolve()));
  process.disconnect();
}

async function planOf(file: string | undefined, options: ServeOptions): Promise<Plan> {
  if (options.plan !== undefined && file !== undefined)
    throw new KeelsonError("usage", `${file} and --plan ${options.plan} cannot be combined`, {
      hint: "specify one of them: a plan is for one environment",
    });
  if (options.plan !== undefined) return readPlanFile(options.plan);
  if (file !== undefined) {
    const { loadPlan } = await import("../platform/load.js");
    return loadPlan(file, options.environment);
  }
  throw new KeelsonError("serve/no-plan", "serve requires a platform file or --plan");
}

async function runModules(plan: Plan, options: ServeOptions, ignoreParent: () => void): Promise<void> {
  const log = pino({ level: debugging(process.env).logLevel, base: { unit: options.unit } });
  // After an unexpected error the state of the process is unknown: it logs the error and exits, to be restarted.
  process.on("uncaughtException", (error) => {
    log.fatal({ error: error.message, stack: error.stack }, "unexpected error");
    process.exit(1);
  });
  const unit = unitOf(plan, options.unit);
  const data = dataDirectory(options.data, plan);
  // A supervisor has already checked the whole data directory.
  if (!process.connected) await requireOwnDirectory(data, OWN_DATA);
  // A module can fail before the kernel has started; then the kernel is stopped once it has.
  let failed = false;
  let stop = (_exitCode: 0 | 1): void => {
    failed = true;
  };
  const kernel = await startKernel(modules, {
    plan,
    unit: options.unit,
    modules: options.modules ?? unit?.modules ?? Object.keys(modules),
    listen: options.listen ?? { host: "127.0.0.1", port: 8800 },
    socket: options.socket,
    metricsListen: options.metricsListen,
    dataDirectory: data,
    secretsDirectory: options.secrets ?? join(data, "secrets"),
    peers: peerUrls(options.peer ?? {}),
    model: options.model ?? unit?.model,
    publicUrl: options.publicUrl,
    log,
    onModuleFailure: () => stop(1),
  });
  ignoreParent();
  stop = stopOnSignals(kernel, plan, unit);
  if (failed) stop(1);
}

function unitOf(plan: Plan, name: string | undefined): Unit | undefined {
  if (name === undefined) return undefined;
  const unit = plan.units.find((candidate) => candidate.name === name);
  if (unit !== undefined) return unit;
  throw new KeelsonError("serve/unknown-unit", `the plan has no unit ${name}`, {
    hint: `units: ${plan.units.map((candidate) => candidate.name).join(", ")}`,
  });
}

/**
 * Exits at once if the parent at the other end of the IPC channel exits before this process serves: no request has arrived yet,
 * and this process would hold the port and the data directory that the next start needs. Returns a function that cancels this.
 */
function exitWithParent(): () => void {
  const exit = (): void => {
    const error = new KeelsonError("serve/no-parent", "the process that started this one has exited");
    printError(`${error.report()}\n`);
    process.exit(1);
  };
  // False rather than undefined: there was a channel, and it closed before a listener could be added.
  if (process.connected === false) exit();
  process.once("disconnect", exit);
  return () => process.off("disconnect", exit);
}

/** Part of the grace period that is reserved for flushing the log and exiting. */
const EXIT_MARGIN_MS = 1_000;

/**
 * Drains and exits on SIGTERM, on SIGINT, and when the parent at the other end of the IPC channel exits. Returns a function that
 * does the same with an exit code.
 */
function stopOnSignals(kernel: Kernel, plan: Plan, unit: Unit | undefined): (exitCode: 0 | 1) => void {
  const supervised = process.connected;
  const limit = drainTimeoutMs(plan, unit?.name);
  const drainDelay = supervised ? 0 : Math.min(unit?.drainDelay ?? 0, limit);
  const grace = Math.max(EXIT_MARGIN_MS, limit - drainDelay - EXIT_MARGIN_MS);
  const stop = (exitCode: 0 | 1): void => {
    kernel.stop({ drainDelay, grace }).then(
      () => process.exit(exitCode),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", () => stop(0));
  process.on("SIGINT", () => stop(0));
  if (supervised) process.on("disconnect", () => stop(0));
  return stop;
}

/** The addresses of peers as URLs: of a Unix socket the one that stands for it. */
function peerUrls(peers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(peers).map(([name, address]) => [
      name,
      address.startsWith(UNIX_PREFIX) ? socketUrl(address.slice(UNIX_PREFIX.length)) : address,
    ]),
  );
}
