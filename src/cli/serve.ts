import { join } from "node:path";
import { pino } from "pino";
import { requireOwnDirectory } from "../disk/own-directory.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { dataDirectory } from "../local/layout.js";
import type { Plan, Unit } from "../plan/plan.js";
import { drainLimit } from "../promises/facts/supervisor.js";
import { type Kernel, startKernel } from "../runtime/kernel/kernel.js";
import type { Address } from "../runtime/kernel/listener.js";
import { readPlanFile } from "../runtime/kernel/plan-file.js";
import { modules } from "../runtime/modules.js";

/** What lies in the directory of a process by itself; a volume that was just mounted may hold `lost+found`. */
const filled = {
  marks: [join("gateway", "usage"), join("secrets", "internal", "token")],
  known: /^(gateway|secrets|lost\+found)$/,
};

export interface ServeOptions {
  readonly plan?: string;
  readonly environment?: string;
  readonly modules?: readonly string[];
  readonly listen?: Address;
  readonly metricsListen?: Address;
  readonly data?: string;
  readonly secrets?: string;
  readonly peer?: Readonly<Record<string, string>>;
  readonly model?: string;
  readonly unit?: string;
  readonly publicUrl?: string;
}

/** `keelson serve`. */
export async function serve(file: string | undefined, options: ServeOptions): Promise<void> {
  await runModules(await planOf(file, options), options);
}

async function planOf(file: string | undefined, options: ServeOptions): Promise<Plan> {
  if (options.plan !== undefined && file !== undefined)
    throw new KeelsonError("usage", `serve takes ${file} or --plan ${options.plan}, not both`, {
      hint: "give one of them: a plan is of one environment already",
    });
  if (options.plan !== undefined) return readPlanFile(options.plan);
  if (file !== undefined) {
    const { loadPlan } = await import("./load.js");
    return loadPlan(file, options.environment);
  }
  throw new KeelsonError("serve/no-plan", "serve needs a platform file or a plan");
}

async function runModules(plan: Plan, options: ServeOptions): Promise<void> {
  const log = pino({ level: process.env["KEELSON_LOG"] ?? "info", base: { unit: options.unit } });
  // What state is left after an error that nobody expected is unknown: say it, end, and be started anew.
  process.on("uncaughtException", (error) => {
    log.fatal({ error: error.message, stack: error.stack }, "unexpected error");
    process.exit(1);
  });
  const served = endWithParent();
  const unit = unitOf(plan, options.unit);
  const data = dataDirectory(options.data, plan);
  // A supervisor has looked at all of its data already.
  if (!process.connected) await requireOwnDirectory(data, filled);
  const kernel = await startKernel(modules, {
    plan,
    unit: options.unit,
    modules: options.modules ?? unit?.modules ?? Object.keys(modules),
    listen: options.listen ?? { host: "127.0.0.1", port: 8800 },
    metricsListen: options.metricsListen,
    dataDirectory: data,
    secretsDirectory: options.secrets ?? join(data, "secrets"),
    peers: options.peer ?? {},
    model: options.model ?? unit?.model,
    publicUrl: options.publicUrl,
    log,
  });
  process.send?.({ kind: "serving", url: kernel.url });
  served();
  endWith(kernel, plan, unit);
}

function unitOf(plan: Plan, name: string | undefined): Unit | undefined {
  if (name === undefined) return undefined;
  const unit = plan.units.find((candidate) => candidate.name === name);
  if (unit !== undefined) return unit;
  throw new KeelsonError("serve/unknown-unit", `the plan has no unit ${name}`, {
    hint: `it has: ${plan.units.map((candidate) => candidate.name).join(", ")}`,
  });
}

/**
 * Ends at once when the parent that holds the other end of the channel is gone before this process serves: nobody asked it
 * anything yet, and it would hold the port and the data that the next start needs. Returns what takes this back.
 */
function endWithParent(): () => void {
  const end = (): void => {
    process.stderr.write(
      `${new KeelsonError("serve/no-parent", "the process that started this one is gone").report()}\n`,
    );
    process.exit(1);
  };
  // False, and not undefined: there was a channel, and it broke before anybody could listen.
  if (process.connected === false) end();
  process.once("disconnect", end);
  return () => process.off("disconnect", end);
}

/** Ends after a drain on SIGTERM, on SIGINT, and when the parent that holds the other end of the channel is gone. */
function endWith(kernel: Kernel, plan: Plan, unit: Unit | undefined): void {
  const supervised = process.connected;
  const grace = drainLimit(plan, unit?.name);
  const drainDelay = supervised ? 0 : Math.min(unit?.drainDelay ?? 0, grace);
  const end = (): void => {
    // A second of the grace is left for the log and the exit itself.
    kernel.stop({ drainDelay, grace: Math.max(1000, grace - drainDelay - 1000) }).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  if (supervised) process.on("disconnect", end);
}
