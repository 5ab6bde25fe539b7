import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import {
  type DrillFaultEstimate,
  type DrillResult,
  drillFaultEstimatesSchema,
  drillResultSchema,
} from "../../contracts/drills.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { singleLine } from "../../errors/terminal-text.js";
import { callControl } from "../../local/control/client.js";
import { layout } from "../../local/layout.js";
import { executors, isDrillFault } from "../../recovery/drills/faults/index.js";
import { drillStore } from "../../recovery/drills/store.js";
import { type ConnectionOptions, findRunning } from "../platform/connection.js";
import { coloursFor } from "../terminal/colours.js";
import { printError, printResult } from "../terminal/output.js";
import { confirm } from "../terminal/questions.js";
import { ENDING } from "../terminal/signals.js";
import { copiedPlatform, withCopy } from "./drill-copy.js";
import { summary } from "./drill-summary.js";

export interface DrillOptions extends ConnectionOptions {
  /** Milliseconds. */
  readonly duration?: number;
  readonly rate?: number;
  readonly file?: string;
  /** Drill the running platform itself, not a copy. */
  readonly running?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const paint = coloursFor(process.stderr, process.env);

/** `keelson drill`. */
export async function drill(fault: string, options: DrillOptions): Promise<void> {
  if (!isDrillFault(fault))
    throw new KeelsonError("drill/unknown", `there is no drill ${fault}`, {
      hint: `available drills: ${Object.keys(executors).join(", ")}`,
    });
  const { result, directory } = options.running ? await drillPlatform(fault, options) : await drillCopy(fault, options);
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

/** The drill of the running platform itself. */
async function drillPlatform(fault: string, options: DrillOptions): Promise<Completed> {
  const { control, data, platform } = await findRunning(options);
  const { faults } = await callControl(control, "/drills/faults", drillFaultEstimatesSchema);
  const estimate = faults.find((each) => each.fault === fault);
  // A drill that loses no acknowledged data only interrupts the platform, as `--running` states.
  if (estimate?.dataLoss) await confirm({ consequences: consequencesOf(estimate), name: platform, yes: options.yes });
  const result = await runDrill(control, fault, options);
  return { result, directory: drillStore(layout(data).drills).directory(result.id) };
}

function consequencesOf({ title, unavailableSeconds, dataLoss }: DrillFaultEstimate): string[] {
  const outage = unavailableSeconds === undefined ? "for an unknown time" : `for up to ${unavailableSeconds} s`;
  const records = dataLoss?.estimatedRecords;
  return [
    `The drill ${title} destroys data of the running platform, and makes it unavailable ${outage}.`,
    ...(dataLoss === undefined
      ? []
      : [
          `Lost: ${dataLoss.loses}: those of up to ${dataLoss.estimatedSeconds} s${records === undefined ? "" : `, about ${records} usage records`}.`,
        ]),
    "A drill without --running uses a temporary copy and destroys nothing.",
  ];
}

/** The drill of a temporary copy, which is removed afterwards. */
async function drillCopy(fault: string, options: DrillOptions): Promise<Completed> {
  const copied = await copiedPlatform(options);
  const progress = (what: string) => printError(`${paint.dim("·")} ${singleLine(what)}\n`);
  progress(`starting a temporary copy of ${copied.source}: no running platform is changed`);
  const result = await withCopy(copied, progress, ({ running }) => runDrill(running.control, fault, options));
  return { result, directory: join(copied.drills, result.id) };
}

/** Starts a drill over a control socket and follows it to its end. An ending signal cancels it. */
async function runDrill(socket: string, fault: string, options: DrillOptions): Promise<DrillResult> {
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
  return result;
}

function printEvent({ t, what }: DrillResult["events"][number]): void {
  printError(`${paint.dim(`${(t / 1000).toFixed(1).padStart(6)} s`)}  ${singleLine(what)}\n`);
}
