import { chmod, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type DrillResult, drillResultSchema } from "../contracts/drills.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { singleLine } from "../errors/terminal-text.js";
import { callControl } from "../local/control/client.js";
import { platformRoutes } from "../local/control/routes.js";
import { dataDirectory, layout, makeRoot } from "../local/layout.js";
import { startPlatform } from "../local/platform.js";
import { freePort } from "../postgres/server.js";
import { formatOutcome } from "../promises/format.js";
import { executors, isDrillFault } from "../recovery/drills/faults/index.js";
import { promisedText, worstCase } from "../recovery/drills/report/facts.js";
import { drillStore } from "../recovery/drills/store.js";
import { coloursFor } from "./colours.js";
import { type ConnectionOptions, findRunning } from "./connection.js";
import { loadPlan } from "./load.js";
import { printError, printResult } from "./output.js";
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
  if (!isDrillFault(fault))
    throw new KeelsonError("drill/unknown", `there is no drill ${fault}`, {
      hint: `available drills: ${Object.keys(executors).join(", ")}`,
    });
  const control = options.file === undefined ? await runningControl(options) : undefined;
  if (control && options.environment !== undefined)
    throw new KeelsonError("usage", "-e requires --file: the drill uses the running platform in its own environment", {
      hint: "to start a platform for the drill: --file FILE -e ENVIRONMENT",
    });
  const { result, directory } = control
    ? await drillRunning(control, fault, options)
    : await drillTemporary(fault, options);
  printResult(options.json, result, () => summary(result, directory));
  process.exitCode = isKept(result) ? 0 : 1;
}

/** A drill proves a promise only if it finished; `unknown` is not kept. */
function isKept({ state, verdict }: DrillResult): boolean {
  return state === "finished" && (verdict === "kept" || verdict === "not-promised");
}

interface Completed {
  readonly result: DrillResult;
  /** The directory of its report. */
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

async function drillRunning(
  { socket, data }: { socket: string; data: string },
  fault: string,
  options: DrillOptions,
): Promise<Completed> {
  const body = {
    fault,
    duration: options.duration,
    rate: options.rate,
  };
  let result = await callControl(socket, "/drills", drillResultSchema, { method: "POST", body });
  const { id } = result;
  const cancel = () =>
    void callControl(socket, `/drills/${id}/cancel`, z.unknown(), { method: "POST" }).catch(() => undefined);
  for (const signal of ENDING) process.on(signal, cancel);
  let shown = 0;
  while (result.state === "running") {
    await sleep(200);
    result = await callControl(socket, `/drills/${id}`, drillResultSchema);
    for (const event of result.events.slice(shown)) printEvent(event);
    shown = result.events.length;
  }
  for (const signal of ENDING) process.off(signal, cancel);
  result = await callControl(socket, `/drills/${id}/finished`, drillResultSchema);
  for (const event of result.events.slice(shown)) printEvent(event);
  return { result, directory: drillStore(layout(data).drills).directory(id) };
}

/** No platform is running: starts one for the drill in a directory of its own, and removes it afterwards. */
async function drillTemporary(fault: string, options: DrillOptions): Promise<Completed> {
  const plan = await loadPlan(options.file ?? "starter", options.environment);
  const data = await mkdtemp(join(tmpdir(), "keelson-drill-"));
  // PostgreSQL may run as another user, which must be able to enter this directory.
  await chmod(data, 0o755);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new KeelsonError("drill/cancelled", "the drill was cancelled"));
  for (const signal of ENDING) process.on(signal, interrupt);
  const progress = (what: string) => printError(`${paint.dim("·")} ${singleLine(what)}\n`);
  try {
    progress("no platform is running: starting one for the drill");
    const platform = await startPlatform(
      {
        plan,
        file: options.file ?? "starter",
        data,
        host: "127.0.0.1",
        port: await freePort(),
        split: false,
        onProgress: progress,
        version: version(),
        signal: interrupted.signal,
      },
      (started) => platformRoutes(started, interrupt),
    );
    try {
      const control = { socket: platform.running.control, data };
      const { result } = await drillRunning(control, fault, options);
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

function printEvent({ t, what }: DrillResult["events"][number]): void {
  printError(`${paint.dim(`${(t / 1000).toFixed(1).padStart(6)} s`)}  ${singleLine(what)}\n`);
}

function summary(result: DrillResult, directory: string): string {
  const out = coloursFor(process.stdout, process.env);
  const verdict =
    result.state === "finished"
      ? (result.verdict ?? "unknown").replace("-", " ")
      : `${result.state}${result.state === "failed" ? `: ${result.reason ?? ""}` : ""}`;
  const mark = verdict === "kept" ? out.green : out.red;
  return [
    "",
    `${out.bold(result.fault)}: ${mark(verdict)}`,
    ...result.findings.map(({ what, why }) => `  ! ${what}: ${why}`),
    ...result.measurements.map((measurement) => {
      const { subject, promised, predicted, underestimated } = measurement;
      const compared = (of: "rto" | "rpo") =>
        `${of.toUpperCase()} ${formatOutcome(measurement[of])} (predicted ${worstCase(predicted[of])}, promised ${promisedText(promised[of])})`;
      return `  ${subject.padEnd(12)} ${compared("rto")}  ${compared("rpo")}${underestimated ? out.yellow("  worse than predicted") : ""}`;
    }),
    `  ${result.acknowledged} acknowledged, ${result.state === "finished" ? `${result.lost} lost, ` : ""}${result.failed} failed`,
    `  report: ${join(directory, "report.html")}`,
  ].join("\n");
}
