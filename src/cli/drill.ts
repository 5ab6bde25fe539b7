import { chmod, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { KeelsonError } from "../errors/keelson-error.js";
import { askControl } from "../local/control/client.js";
import { platformRoutes } from "../local/control/routes.js";
import { dataDirectory, layout, makeRoot } from "../local/layout.js";
import { startPlatform } from "../local/platform.js";
import { freePort } from "../postgres/server.js";
import { executors } from "../recovery/drills/faults/index.js";
import { duration, worstCase } from "../recovery/drills/report/facts.js";
import { type DrillResult, resultSchema } from "../recovery/drills/result.js";
import { drillStore } from "../recovery/drills/results.js";
import { coloursFor } from "./colours.js";
import { type ConnectionOptions, findRunning } from "./connection.js";
import { loadPlan } from "./load.js";
import { ENDING } from "./signals.js";
import { version } from "./version.js";

export interface DrillOptions extends ConnectionOptions {
  /** Milliseconds. */
  readonly duration?: number;
  readonly rate?: number;
  readonly file?: string;
  readonly environment?: string;
  readonly json?: boolean;
}

const paint = coloursFor(process.stderr, process.env);

/** `keelson drill`. */
export async function drill(fault: string, options: DrillOptions): Promise<void> {
  if (!Object.hasOwn(executors, fault))
    throw new KeelsonError("drill/unknown", `there is no drill ${fault}`, {
      hint: `there are: ${Object.keys(executors).join(", ")}`,
    });
  const control = options.file === undefined ? await runningControl(options) : undefined;
  if (control && options.environment !== undefined)
    throw new KeelsonError("usage", "the platform that runs here is drilled as it runs: -e is of a --file", {
      hint: "drill one of its own: --file FILE -e ENVIRONMENT",
    });
  const { result, directory } = control ? await onRunning(control, fault, options) : await onItsOwn(fault, options);
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${summary(result, directory)}\n`);
  process.exitCode = result.state === "failed" || result.verdict === "broken" ? 1 : 0;
}

interface Outcome {
  readonly result: DrillResult;
  /** Where its report lies. */
  readonly directory: string;
}

async function runningControl(options: DrillOptions): Promise<{ socket: string; data: string } | undefined> {
  try {
    const { control, data } = await findRunning(options);
    return { socket: control, data };
  } catch (error) {
    if (error instanceof KeelsonError && error.code === "platform/not-running" && options.data === undefined)
      return undefined;
    throw error;
  }
}

async function onRunning(
  { socket, data }: { socket: string; data: string },
  fault: string,
  options: DrillOptions,
): Promise<Outcome> {
  const body = {
    fault,
    duration: options.duration,
    rate: options.rate,
  };
  let result = await askControl(socket, "/drills", resultSchema, { method: "POST", body });
  const { id } = result;
  const cancel = () =>
    void askControl(socket, `/drills/${id}/cancel`, z.unknown(), { method: "POST" }).catch(() => undefined);
  for (const signal of ENDING) process.on(signal, cancel);
  let shown = 0;
  while (result.state === "running") {
    await sleep(200);
    result = await askControl(socket, `/drills/${id}`, resultSchema);
    for (const event of result.events.slice(shown)) say(event);
    shown = result.events.length;
  }
  for (const signal of ENDING) process.off(signal, cancel);
  result = await askControl(socket, `/drills/${id}/finished`, resultSchema);
  for (const event of result.events.slice(shown)) say(event);
  return { result, directory: drillStore(layout(data).drills).directory(id) };
}

/** No platform runs here: one is started for the drill on a directory of its own, and ended and removed afterwards. */
async function onItsOwn(fault: string, options: DrillOptions): Promise<Outcome> {
  const plan = await loadPlan(options.file ?? "starter", options.environment);
  const data = await mkdtemp(join(tmpdir(), "keelson-drill-"));
  // The server's own user must be able to come as far as its directory.
  await chmod(data, 0o755);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new KeelsonError("drill/cancelled", "the drill was cancelled"));
  for (const signal of ENDING) process.on(signal, interrupt);
  const tell = (what: string) => process.stderr.write(`${paint.dim("·")} ${what}\n`);
  try {
    tell("no platform runs here: starting one for the drill");
    const platform = await startPlatform(
      {
        plan,
        file: options.file ?? "starter",
        data,
        host: "127.0.0.1",
        port: await freePort(),
        split: false,
        onProgress: tell,
        version: version(),
        signal: interrupted.signal,
      },
      (started) => platformRoutes(started, interrupt),
    );
    try {
      const control = { socket: platform.running.control, data };
      const { result } = await onRunning(control, fault, options);
      const kept = layout(dataDirectory(undefined, plan)).drills;
      await makeRoot(dirname(kept));
      await cp(drillStore(platform.layout.drills).directory(result.id), join(kept, result.id), { recursive: true });
      return { result, directory: join(kept, result.id) };
    } finally {
      await platform.stop();
    }
  } finally {
    await rm(data, { recursive: true, force: true });
    for (const signal of ENDING) process.off(signal, interrupt);
  }
}

function say({ t, what }: DrillResult["events"][number]): void {
  process.stderr.write(`${paint.dim(`${(t / 1000).toFixed(1).padStart(6)} s`)}  ${what}\n`);
}

function summary(result: DrillResult, directory: string): string {
  const out = coloursFor(process.stdout, process.env);
  const verdict =
    result.state === "failed"
      ? `not finished: ${result.reason ?? ""}`
      : (result.verdict ?? "unknown").replace("-", " ");
  const mark = verdict === "kept" ? out.green : out.red;
  return [
    "",
    `${out.bold(result.fault)}: ${mark(verdict)}`,
    ...result.findings.map(({ what, why }) => `  ! ${what}: ${why}`),
    ...result.measurements.map(({ subject, rto, rpo, promised, predicted, underestimated }) => {
      const against = (of: "rto" | "rpo", measured: number | undefined, never: string) =>
        `${of.toUpperCase()} ${duration(measured, never)} (predicted ${worstCase(predicted[of])}, promised ${duration(promised[of], "–")})`;
      return `  ${subject.padEnd(12)} ${against("rto", rto, "never")}  ${against("rpo", rpo, "–")}${underestimated ? out.yellow("  worse than predicted") : ""}`;
    }),
    `  ${result.acknowledged} acknowledged, ${result.state === "failed" ? "" : `${result.lost} lost, `}${result.failed} failed`,
    `  report: ${join(directory, "report.html")}`,
  ].join("\n");
}
