import { setTimeout as sleep } from "node:timers/promises";
import type { Milliseconds, Plan } from "../../plan/plan.js";
import { STABLE_WINDOW_MS } from "./measure.js";
import type { Sample } from "./sample.js";
import type { DrillTarget, Injection } from "./target.js";

const POLL_INTERVAL_MS = 100;
/** No recovery is waited for longer than this, or three times the longest promised RTO. */
const MIN_RECOVERY_TIMEOUT_MS = 120_000;

/** How long a drill waits for the recovery from one fault. */
export function recoveryTimeout({ stores, objectives }: Plan): Milliseconds {
  const promised = Math.max(0, objectives.rto ?? 0, ...stores.map((store) => store.objectives.rto ?? 0));
  return Math.max(MIN_RECOVERY_TIMEOUT_MS, 3 * promised);
}

/**
 * Waits until the fault is repaired and the clients that observe it have seen successes and no failure for
 * `STABLE_WINDOW_MS`. Resolves to false after the timeout: a platform that does not recover is a result, not an error.
 */
export async function waitUntilStable(
  injection: Injection,
  injectedAt: number,
  clients: readonly (() => readonly Sample[])[],
  timeout: Milliseconds,
  signal: AbortSignal,
): Promise<boolean> {
  for (; Date.now() - injectedAt < timeout; await sleep(POLL_INTERVAL_MS, undefined, { signal })) {
    if (Date.now() - injectedAt < STABLE_WINDOW_MS || !(await injection.isRepaired())) continue;
    const stable = clients.every((samples) => {
      const observed = samples().filter(
        ({ kind, ended }) =>
          (kind === injection.observedBy || kind === "probe") && ended > Date.now() - STABLE_WINDOW_MS,
      );
      return observed.some(({ ok }) => ok) && observed.every(({ ok }) => ok);
    });
    if (stable) return true;
  }
  return false;
}

/** Waits until every process runs. Resolves to false after the timeout. */
export async function waitUntilHealthy(target: DrillTarget, timeout: Milliseconds): Promise<boolean> {
  for (const end = Date.now() + timeout; Date.now() < end; await sleep(POLL_INTERVAL_MS))
    if ((await target.processes()).every(({ running }) => running)) return true;
  return false;
}
