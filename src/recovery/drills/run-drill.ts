import { randomBytes } from "node:crypto";
import { release, type as systemType } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Milliseconds } from "../../plan/plan.js";
import { backupId } from "../backup/catalogue.js";
import { counts, judge, measuredTerms, type Struck } from "./judge.js";
import { countedIn, postgresVersion } from "./ledger.js";
import { chatLoad, type Load, openWriter, probeLoad, type Writer } from "./load.js";
import { probesOf } from "./probes.js";
import type { DrillResult } from "./result.js";
import { type Sample, series } from "./sample.js";
import type { DrillTarget, FaultExecutor, Strike } from "./target.js";

export interface DrillOptions {
  /** Steady load before the first fault and after each recovery. */
  readonly steady: Milliseconds;
  /** Chat requests and writes each second. */
  readonly rate: number;
  readonly version: string;
  readonly signal: AbortSignal;
  /** Called whenever something is known that was not before. */
  readonly onChange?: (result: DrillResult) => void;
}

function drillId(fault: string, now: number): string {
  return `${backupId(now)}-${fault}-${randomBytes(2).toString("hex")}`;
}

/** An outage is over when nothing has failed for so long. */
const CALM: Milliseconds = 2_000;
/** Probes of one element each second: what they see is right to a fifth of a second. */
const PROBES = 5;
/** No recovery is waited for longer than this, or three times what was promised. */
const LEAST_LIMIT: Milliseconds = 120_000;

/**
 * Runs one drill: steady load, the fault, recovery, comparison of everything that was acknowledged. What it returns is
 * complete also when it was cancelled or failed; nothing that was only broken for the drill stays broken.
 */
export async function runDrill(
  target: DrillTarget,
  fault: FaultExecutor,
  options: DrillOptions,
  initial: DrillResult,
): Promise<DrillResult> {
  const started = initial.startedAt;
  const model = chatModel(target);
  let result = initial;
  const change = (part: Partial<DrillResult>): void => {
    result = { ...result, ...part };
    options.onChange?.(result);
  };
  const say = (what: string): void => change({ events: [...result.events, { t: Date.now() - started, what }] });
  const unlisten = target.onEvent(say);
  let broken = false;
  let writer: Writer | undefined;
  try {
    if (model === undefined) throw new KeelsonError("drill/no-model", "the platform has no chat model to send load to");
    change({ versions: { ...result.versions, postgres: await postgresVersion(target.databaseUrl) } });
    // Before the inspection, which sees the log to the repository: the table is older than the loss of what is in it.
    writer = await openWriter(target.databaseUrl);
    const findings = await fault.inspect(target, say);
    if (findings.length > 0) {
      say("the drill ends here: nothing was destroyed");
      change({ findings: [...findings], verdict: "broken" });
    } else {
      broken = true;
      change(await strikeUnderLoad(target, fault, model, writer, options, started, say, change));
    }
    change({ state: "finished", finishedAt: Date.now() });
  } catch (error) {
    const reason = options.signal.aborted ? "it was cancelled" : messageOf(error);
    say(`the drill did not come to its end: ${reason}`);
    change({ state: "failed", reason, finishedAt: Date.now() });
  } finally {
    if (broken) await untilWhole(target).catch(() => undefined);
    await writer?.close();
    await fault.tidy(target).catch((error: unknown) => say(`could not be tidied up: ${String(error)}`));
    unlisten();
  }
  return result;
}

async function strikeUnderLoad(
  target: DrillTarget,
  fault: FaultExecutor,
  model: string,
  writer: Writer,
  options: DrillOptions,
  started: number,
  say: (what: string) => void,
  change: (part: Partial<DrillResult>) => void,
): Promise<Partial<DrillResult>> {
  const writes = writer.load(options.rate);
  const chats = chatLoad({ url: target.url, key: target.key, model, rate: options.rate });
  const probes = new Map(startProbes(target, model));
  const all = () => [...chats.samples, ...writes.samples];
  const struck: Struck[] = [];
  const seen = () => change({ ...curves(all(), started, Date.now()), ...counts(all()) });
  const watch = setInterval(seen, 1000);
  try {
    say(`steady load: ${options.rate} chats and ${options.rate} writes a second`);
    await sleep(options.steady, undefined, { signal: options.signal });
    for (const strike of await fault.strikes(target)) {
      say(strike.what);
      const shipped = target.recovery.state().archive?.last?.at;
      await strike.strike();
      // Finding the victim takes a moment; only now it is done.
      const at = Date.now();
      const asked = strike.subjects.flatMap((subject) => probes.get(subject) ?? []);
      await untilCalm(target, strike, at, [all, ...asked.map((load) => () => load.samples)], options);
      say("it serves again");
      await sleep(options.steady, undefined, { signal: options.signal });
      struck.push({ strike, at, until: Date.now(), shipped });
    }
  } finally {
    clearInterval(watch);
    await Promise.all([chats, writes, ...probes.values()].map((load) => load.stop()));
    seen();
  }
  const end = Date.now();
  const survived = await survivors(target, chats.samples, writes.samples, writer, say);
  const findings = await fault.conclude(target, say);
  return {
    ...judge(target.plan, fault.id, struck, all(), probes, survived, findings),
    terms: measuredTerms(target.recovery.lastRestore()),
    ...curves(all(), started, end),
  };
}

/** Probes of the elements that the chats do not ask, by the element's name. */
function startProbes(target: DrillTarget, model: string): (readonly [string, Load])[] {
  return probesOf(target.plan, model).flatMap((probe) => {
    const url = target.unitUrl(probe.unit);
    const credential = probe.as === "operator" ? target.internalToken : target.key;
    return url === undefined ? [] : [[probe.subject, probeLoad({ url, credential, probe, rate: PROBES })] as const];
  });
}

/** Waits until the fault is repaired and clients have seen no failure for a while. */
async function untilCalm(
  target: DrillTarget,
  strike: Strike,
  at: number,
  clients: readonly (() => readonly Sample[])[],
  options: DrillOptions,
): Promise<void> {
  const promised = Math.max(
    0,
    ...target.plan.stores.map((store) => store.objectives.rto ?? 0),
    target.plan.objectives.rto ?? 0,
  );
  const limit = Math.max(LEAST_LIMIT, 3 * promised);
  for (; Date.now() - at < limit; await sleep(100, undefined, { signal: options.signal })) {
    if (Date.now() - at < CALM || !(await strike.repaired())) continue;
    const calm = clients.every((samples) => {
      const recent = samples().filter(({ kind, ended }) => isSeenBy(strike, kind) && ended > Date.now() - CALM);
      return recent.some(({ ok }) => ok) && recent.every(({ ok }) => ok);
    });
    if (calm) return;
  }
  // Not thrown: a platform that does not come back is a result, and the worst one.
}

function isSeenBy(strike: Strike, kind: Sample["kind"]): boolean {
  return kind === strike.seenBy || kind === "probe";
}

/** Gives usage events the time to reach the ledger, then reads what is there of all that was acknowledged. */
async function survivors(
  target: DrillTarget,
  chats: readonly Sample[],
  writes: readonly Sample[],
  writer: Writer,
  say: (what: string) => void,
): Promise<Set<string>> {
  const ids = chats.flatMap((sample) => (sample.ok && sample.reference !== undefined ? [sample.reference] : []));
  let counted = new Set<string>();
  let changed = Date.now();
  for (const end = Date.now() + 60_000; Date.now() < end && Date.now() - changed < 8_000; await sleep(250)) {
    const now = await countedIn(target.databaseUrl, ids).catch(() => counted);
    if (now.size !== counted.size) changed = Date.now();
    counted = now;
    if (counted.size === ids.length) break;
  }
  const written = await writer.survivors().catch(() => new Set<string>());
  const committed = writes.filter((sample) => sample.ok);
  const found = committed.filter((sample) => written.has(sample.reference ?? "")).length;
  say(
    `compared: ${counted.size} of ${ids.length} chats are in the ledger, ${found} of ${committed.length} writes in the database`,
  );
  return new Set([...counted, ...written]);
}

/** After the drill, also a cancelled one, the platform is given the time to be whole again. */
async function untilWhole(target: DrillTarget): Promise<void> {
  for (const end = Date.now() + LEAST_LIMIT; Date.now() < end; await sleep(100))
    if ((await target.processes()).every((process) => process.phase === "running")) return;
}

function curves(samples: readonly Sample[], started: number, end: number): Pick<DrillResult, "series" | "writes"> {
  return { series: series(samples, "request", started, end), writes: series(samples, "write", started, end) };
}

function chatModel({ plan }: DrillTarget): string | undefined {
  return plan.models.find((candidate) => !candidate.embeddings)?.name;
}

/** A drill as it stands before anything is done. */
export function newDrill(
  target: DrillTarget,
  fault: FaultExecutor,
  options: Omit<DrillOptions, "signal">,
): DrillResult {
  const started = Date.now();
  return {
    id: drillId(fault.id, started),
    fault: fault.id,
    title: fault.title,
    platform: target.plan.platform,
    environment: target.plan.environment,
    state: "running",
    startedAt: started,
    measurements: [],
    strikes: [],
    findings: [],
    terms: [],
    acknowledged: 0,
    lost: 0,
    failed: 0,
    load: { requests: options.rate, writes: options.rate, steadyMs: options.steady, model: chatModel(target) ?? "" },
    series: [],
    writes: [],
    events: [],
    versions: { keelson: options.version, postgres: "", node: process.version, system: `${systemType()} ${release()}` },
  };
}
