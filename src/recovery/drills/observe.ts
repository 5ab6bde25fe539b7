import { setTimeout as sleep } from "node:timers/promises";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Milliseconds, Objectives, Plan } from "../../plan/plan.js";
import { STABLE_WINDOW_MS } from "./measure.js";
import { failures, type Sample } from "./sample.js";
import type { DrillTarget, Injection, Log } from "./target.js";

const POLL_INTERVAL_MS = 100;
/** No recovery is waited for longer than this, or three times the longest promised RTO. */
const MIN_RECOVERY_TIMEOUT_MS = 120_000;

/** How long a drill waits for the recovery from one fault. */
export function recoveryTimeout({ stores, objectives }: Plan): Milliseconds {
  const promised = Math.max(0, ...[objectives, ...stores.map((store) => store.objectives)].flatMap(rtos));
  return Math.max(MIN_RECOVERY_TIMEOUT_MS, 3 * promised);
}

function rtos({ rto, byFault }: Objectives): readonly Milliseconds[] {
  return [
    rto ?? 0,
    ...byFault.flatMap(({ of, promised }) => (of === "rto" && promised !== undefined ? [promised] : [])),
  ];
}

/** The samples of the clients that observe a fault. */
type Clients = readonly (() => readonly Sample[])[];

/** How often a wait for the recovery is reported. */
const REPORT_INTERVAL_MS = 10_000;

/**
 * Waits until the fault is repaired and the clients that observe it have seen successes and no failure for
 * `STABLE_WINDOW_MS`. Resolves to false after the timeout: a platform that does not recover is a result, not an error.
 */
export async function waitUntilStable(
  injection: Injection,
  injectedAt: number,
  clients: Clients,
  timeout: Milliseconds,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Log },
): Promise<boolean> {
  let report = injectedAt + REPORT_INTERVAL_MS;
  for (; Date.now() - injectedAt < timeout; await sleep(POLL_INTERVAL_MS, undefined, { signal })) {
    if (Date.now() >= report) {
      const left = Math.max(0, Math.round((injectedAt + timeout - Date.now()) / 1000));
      log(`waiting for the recovery: ${recentText(injection, clients)}; the drill waits ${left} s more`);
      report += REPORT_INTERVAL_MS;
    }
    if (Date.now() - injectedAt < STABLE_WINDOW_MS || !(await injection.isRepaired())) continue;
    if (isStable(injection, clients)) return true;
  }
  return false;
}

/** Time for a platform under load to answer its clients before a fault: a model may still be loading. */
const BASELINE_TIMEOUT_MS = 30_000;

/**
 * Waits until the clients that will observe a fault see successes and no failure, as after a recovery. Without that, a drill
 * would measure its own load. Throws `drill/no-baseline`.
 */
export async function requireBaseline(
  injection: Injection,
  clients: Clients,
  options: { readonly signal: AbortSignal; readonly baselineTimeoutMs?: Milliseconds },
): Promise<void> {
  const { signal, baselineTimeoutMs = BASELINE_TIMEOUT_MS } = options;
  for (const end = performance.now() + baselineTimeoutMs; !isStable(injection, clients); ) {
    if (performance.now() >= end) {
      const all = clients.flatMap((samples) => samples()).filter((sample) => isObserved(injection, sample));
      const reasons = failures(all).map(({ reason, count }) => `${count} × ${reason}`);
      throw new KeelsonError(
        "drill/no-baseline",
        `before the fault, ${all.filter(({ ok }) => ok).length} of ${all.length} ${NOUNS[injection.observedBy]} were answered without a failure${reasons.length > 0 ? ` (${reasons.join(", ")})` : ""}: nothing was measured`,
      );
    }
    await sleep(POLL_INTERVAL_MS, undefined, { signal });
  }
}

const NOUNS = { request: "chats", write: "writes" } as const satisfies Record<Injection["observedBy"], string>;

function isObserved({ observedBy }: Injection, { kind }: Sample): boolean {
  return kind === observedBy || kind === "probe";
}

function recent(injection: Injection, samples: readonly Sample[]): readonly Sample[] {
  const since = Date.now() - STABLE_WINDOW_MS;
  return samples.filter((sample) => isObserved(injection, sample) && sample.ended > since);
}

function isStable(injection: Injection, clients: Clients): boolean {
  return clients.every((samples) => {
    const observed = recent(injection, samples());
    return observed.some(({ ok }) => ok) && observed.every(({ ok }) => ok);
  });
}

/** `0 of 30 chats answered in the last 2 s (30 × status 503)` */
function recentText(injection: Injection, clients: Clients): string {
  const observed = clients.flatMap((samples) => recent(injection, samples()));
  const counted = observed.filter(({ kind }) => kind === injection.observedBy);
  const reasons = failures(observed).map(({ reason, count }) => `${count} × ${reason}`);
  return `${counted.filter(({ ok }) => ok).length} of ${counted.length} ${NOUNS[injection.observedBy]} answered in the last ${STABLE_WINDOW_MS / 1000} s${reasons.length > 0 ? ` (${reasons.join(", ")})` : ""}`;
}

/** Waits until every process runs. Resolves to false after the timeout. */
export async function waitUntilHealthy(target: DrillTarget, timeout: Milliseconds): Promise<boolean> {
  for (const end = Date.now() + timeout; Date.now() < end; await sleep(POLL_INTERVAL_MS))
    if ((await target.processes()).every(({ running }) => running)) return true;
  return false;
}
