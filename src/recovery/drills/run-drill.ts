import { setTimeout as sleep } from "node:timers/promises";
import type { DrillResult } from "../../contracts/drills.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Milliseconds } from "../../plan/plan.js";
import { counts, evaluate, type Injected, measuredTerms } from "./evaluate.js";
import { DEFAULT_RATE_PER_SECOND } from "./limits.js";
import { sustainableRate } from "./load.js";
import { recoveryTimeout, requireBaseline, waitUntilHealthy, waitUntilStable } from "./observe.js";
import { readBackAcknowledged } from "./read-back.js";
import { DrillRecord } from "./record.js";
import { failures, type Sample, series } from "./sample.js";
import type { DrillTarget, FaultExecutor, Finding } from "./target.js";
import { type Rates, startWorkload, type Workload } from "./workload.js";
import type { Writer } from "./writer.js";

export interface DrillOptions {
  /** Steady load before the first fault and after each recovery. */
  readonly steadyMs: Milliseconds;
  /** Chat requests per second, and writes per second; undefined: chats at a rate that the model answers. */
  readonly ratePerSecond: number | undefined;
  readonly signal: AbortSignal;
  /** Called after each change of the result. */
  readonly onChange?: (result: DrillResult) => void;
  /** How long to wait for the recovery from one fault; by default what `recoveryTimeout` derives from the plan. */
  readonly recoveryTimeoutMs?: Milliseconds;
  /** How long to wait before the first fault until the load is answered; 30 s by default. */
  readonly baselineTimeoutMs?: Milliseconds;
}

/** How often the curves and counts of a running drill are updated. */
const UPDATE_INTERVAL_MS = 1000;

/**
 * Runs one drill: preconditions, steady load, each fault with its recovery, read-back of everything that was
 * acknowledged, verification, verdict. The result is complete also if the drill was cancelled or failed. State that only
 * the drill changed is always restored.
 */
export async function runDrill(
  target: DrillTarget,
  fault: FaultExecutor,
  options: DrillOptions,
  initial: DrillResult,
): Promise<DrillResult> {
  const record = new DrillRecord(initial, options.onChange ?? (() => undefined));
  const drill = {
    target,
    fault,
    options,
    record,
    timeoutMs: options.recoveryTimeoutMs ?? recoveryTimeout(target.plan),
  };
  const unsubscribe = target.onEvent(record.log);
  const undo: (() => Promise<void>)[] = [() => fault.restoreState(target)];
  try {
    record.update(await measure(drill, undo));
    record.update({ state: "finished", finishedAt: Date.now() });
  } catch (error) {
    const end = options.signal.aborted ? cancelled() : failed(error);
    record.log(end.reason);
    record.update({ ...end, finishedAt: Date.now() });
  }
  for (const step of undo.reverse())
    await step().catch((error: unknown) => record.log(`restoring the state failed: ${messageOf(error)}`));
  unsubscribe();
  return record.result;
}

interface Drill {
  readonly target: DrillTarget;
  readonly fault: FaultExecutor;
  readonly options: DrillOptions;
  readonly record: DrillRecord;
  readonly timeoutMs: Milliseconds;
}

/** Adds to `undo` what must happen at the end of the drill, in reverse order. */
async function measure(drill: Drill, undo: (() => Promise<void>)[]): Promise<Partial<DrillResult>> {
  const { target, fault, record, timeoutMs } = drill;
  const model = chatModel(target);
  if (model === undefined) throw new KeelsonError("drill/no-model", "the platform has no chat model to send load to");
  record.update({ versions: { ...record.result.versions, postgres: await target.databaseVersion() } });
  // Before the preconditions, which wait until the WAL is archived: so the table itself survives a loss of the database.
  const writer = await target.openWriter();
  undo.push(() => writer.close());
  const findings = await fault.checkPreconditions(target, record.log);
  if (findings.length > 0) {
    record.log("the drill ends before the fault: nothing was destroyed");
    return { findings: [...findings], verdict: "broken" };
  }
  undo.push(async () => {
    if (!(await waitUntilHealthy(target, timeoutMs))) record.log("the platform is not healthy after the drill");
  });
  return injectUnderLoad(drill, model, writer);
}

async function injectUnderLoad(drill: Drill, model: string, writer: Writer): Promise<Partial<DrillResult>> {
  const { target, fault, options, record } = drill;
  const { startedAt } = record.result;
  const rates = await ratesOf(drill, model);
  record.update({ load: { ...record.result.load, requests: rates.chats, writes: rates.writes } });
  const workload = startWorkload(target, model, writer, rates);
  const update = () => {
    const samples = workload.samples();
    record.update({ ...curves(samples, startedAt, Date.now()), ...counts(samples), failures: failures(samples) });
  };
  const timer = setInterval(update, UPDATE_INTERVAL_MS);
  let injected: readonly Injected[];
  try {
    record.log(`steady load per second: ${rates.chats} chat requests and ${rates.writes} writes`);
    await sleep(options.steadyMs, undefined, { signal: options.signal });
    injected = await injectAll(drill, workload);
  } finally {
    clearInterval(timer);
    await workload.stop();
    update();
  }
  const endedAt = Date.now();
  const readBack = await readBackAcknowledged(target, workload.chats, workload.writes, writer, record.log);
  const findings = await verify(fault, target, record);
  const samples = workload.samples();
  return {
    ...evaluate(target.plan, fault.id, { injected, samples, probes: workload.probes, readBack, findings }),
    terms: measuredTerms(target.backups.lastRestore()),
    ...curves(samples, startedAt, endedAt),
  };
}

/** The requested rate, otherwise one that the model of this machine answers: a drill must not measure its own load. */
async function ratesOf({ target, options }: Drill, model: string): Promise<Rates> {
  const { ratePerSecond } = options;
  if (ratePerSecond !== undefined) return { chats: ratePerSecond, writes: ratePerSecond };
  const { url, apiKey } = target.clients;
  const chats = await sustainableRate({ url, apiKey, model }, DEFAULT_RATE_PER_SECOND);
  return { chats, writes: DEFAULT_RATE_PER_SECOND };
}

/** Injects one fault after the other. It stops after a fault from which the platform does not recover. */
async function injectAll(
  { target, fault, options, record, timeoutMs }: Drill,
  workload: Workload,
): Promise<Injected[]> {
  const all: Injected[] = [];
  for (const injection of await fault.injections(target)) {
    const clients = [workload.samples, ...injection.subjects.flatMap((subject) => probesOf(workload, subject))];
    // After a recovery the platform is stable already.
    if (all.length === 0) await requireBaseline(injection, clients, options);
    record.log(injection.description);
    const archivedAt = target.backups.state().archive?.last?.at;
    await injection.inject();
    // After the injection, which first has to look up its process.
    const injectedAt = Date.now();
    const { signal } = options;
    const recovered = await waitUntilStable(injection, injectedAt, clients, timeoutMs, { signal, log: record.log });
    if (recovered) {
      record.log("recovered");
      await sleep(options.steadyMs, undefined, { signal: options.signal });
    } else record.log(`no recovery within ${timeoutMs / 1000} s`);
    all.push({ injection, injectedAt, until: Date.now(), archivedAt, recovered });
    if (!recovered) break;
  }
  return all;
}

function probesOf({ probes }: Workload, subject: string): (() => readonly Sample[])[] {
  const samples = probes.get(subject);
  return samples ? [() => samples] : [];
}

/** A verification that fails does not discard what was measured: it is a finding. */
async function verify(fault: FaultExecutor, target: DrillTarget, { log }: DrillRecord): Promise<readonly Finding[]> {
  try {
    return await fault.verify(target, log);
  } catch (error) {
    return [{ what: "the verification failed", why: messageOf(error) }];
  }
}

function cancelled() {
  return { state: "cancelled", reason: "the drill was cancelled" } as const;
}

function failed(error: unknown) {
  return { state: "failed", reason: messageOf(error) } as const;
}

function curves(samples: readonly Sample[], startedAt: number, end: number): Pick<DrillResult, "series" | "writes"> {
  return { series: series(samples, "request", startedAt, end), writes: series(samples, "write", startedAt, end) };
}

/** The model that the drill's chats go to. */
export function chatModel({ plan }: Pick<DrillTarget, "plan">): string | undefined {
  return plan.models.find((candidate) => !candidate.embeddings)?.name;
}
