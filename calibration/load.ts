import { setTimeout as sleep } from "node:timers/promises";
import type { Outcome } from "../src/contracts/drills.js";
import { recoveryTime, STABLE_WINDOW_MS } from "../src/recovery/drills/measure.js";
import type { Sample } from "../src/recovery/drills/sample.js";

/** How often the client sends a request. */
const EVERY_MS = 100;
/** A client of a platform gives up on one request, and counts it as failed. */
export const REQUEST_TIMEOUT_MS = 2_000;
/** The steady load before the fault: this long without a failure, within the limit. */
const BEFORE_MS = 1_000;
const BASELINE_LIMIT_MS = 30_000;
/** More requests without an answer are not sent: a client has a bounded number of connections. */
const MAX_IN_FLIGHT = 40;
/** A request that waits longer may be one of a server that hangs: whether it fails is not known before its timeout. */
const SLOW_MS = 1_000;

export interface Observed {
  readonly outcome: Outcome;
  readonly samples: readonly Sample[];
  /** Epoch milliseconds. */
  readonly injectedAt: number;
}

export interface Experiment {
  /** One request; rejects if it fails. Resolves with what identifies it, if it is read back later. */
  readonly request: (signal: AbortSignal) => Promise<string | undefined>;
  readonly inject: () => Promise<unknown> | unknown;
  /** Whether the fault is repaired as far as clients cannot see; the outage can begin and end before that. */
  readonly repaired?: () => Promise<boolean> | boolean;
  /** Milliseconds after which the system counts as never recovered. */
  readonly limitMs: number;
}

/**
 * Sends requests by the clock, injects a fault, and observes until nothing has failed for `STABLE_WINDOW_MS`. The outage is
 * computed as in a drill: from the last success before the fault to the first success that no failure follows.
 */
export async function observe({ request, inject, repaired, limitMs }: Experiment): Promise<Observed> {
  const samples: Sample[] = [];
  /** When each request without an answer was sent. */
  const inFlight: number[] = [];
  const send = async (): Promise<void> => {
    const sent = Date.now();
    inFlight.push(sent);
    const result = await request(AbortSignal.timeout(REQUEST_TIMEOUT_MS)).then(
      (reference) => ({ ok: true, reference }),
      (error: unknown) => ({ ok: false, reference: undefined, reason: String(error) }),
    );
    inFlight.splice(inFlight.indexOf(sent), 1);
    samples.push({ kind: "request", sent, ended: Date.now(), ...result });
  };
  const clock = setInterval(() => {
    if (inFlight.length < MAX_IN_FLIGHT) void send();
  }, EVERY_MS);
  try {
    const steady = () => {
      const recent = samples.filter(({ ended }) => ended > Date.now() - BEFORE_MS);
      return recent.length > 0 && recent.every(({ ok }) => ok) && (samples[0]?.ended ?? 0) < Date.now() - BEFORE_MS;
    };
    for (const end = Date.now() + BASELINE_LIMIT_MS; !steady(); await sleep(EVERY_MS))
      if (Date.now() > end) throw new Error(`no request succeeds: ${samples.at(-1)?.reason ?? "none was answered"}`);
    const injectedAt = Date.now();
    await inject();
    const injected = Date.now();
    let recovered = false;
    while (!recovered && Date.now() - injectedAt < limitMs) {
      await sleep(EVERY_MS);
      recovered = isStable(samples, inFlight, injected) && ((await repaired?.()) ?? true);
    }
    const { rto } = recoveryTime(samples, { injectedAt, until: Date.now(), recovered });
    return { outcome: rto, samples, injectedAt };
  } finally {
    clearInterval(clock);
  }
}

/** The outage from `from` (epoch milliseconds) on, which ends the wait for a person. `over`: what is true if it ended before. */
export function outageFrom({ outcome, injectedAt }: Observed, from: number, over: string): Outcome {
  if (outcome.kind !== "measured") return outcome;
  const left = outcome.ms - (from - injectedAt);
  return left > 0 ? { kind: "measured", ms: left } : { kind: "not-applicable", reason: over };
}

/** Requests that were sent after the fault succeed, none has failed lately, and none waits that may fail. */
function isStable(samples: readonly Sample[], inFlight: readonly number[], injected: number): boolean {
  const now = Date.now();
  const recent = samples.filter(({ ended }) => ended > now - STABLE_WINDOW_MS);
  return (
    now - injected > STABLE_WINDOW_MS &&
    inFlight.every((sent) => sent > now - SLOW_MS) &&
    recent.every(({ ok }) => ok) &&
    recent.some(({ sent, ended }) => sent > injected && ended > now - STABLE_WINDOW_MS / 2)
  );
}
