import type { Outcome } from "../../contracts/drills.js";
import type { Milliseconds } from "../../plan/plan.js";
import type { Sample } from "./sample.js";

/** Recovery is complete when no request has failed for this long. */
export const STABLE_WINDOW_MS = 2_000;

export interface Outage {
  /** The last success before the fault. */
  readonly from: number;
  /** The first success after it that no failure follows; undefined if there is none. */
  readonly to: number | undefined;
  /** `to - from`: the time without service, as clients observed it. */
  readonly duration: Milliseconds | undefined;
  readonly failed: number;
}

/**
 * The outage that a fault caused, as clients observed it: from the last success before the fault to the first success
 * that was sent after the last failure. If no request failed, the longest gap between two successes since the fault.
 * `samples` are of one kind, from the steady load before the fault until the next fault.
 */
export function outage(samples: readonly Sample[], fault: number): Outage {
  const successes = samples.filter((sample) => sample.ok).sort((a, b) => a.ended - b.ended);
  const before = successes.findLast((sample) => sample.ended <= fault);
  const from = before?.ended ?? fault;
  const failures = samples.filter((sample) => !sample.ok && sample.ended > fault);
  if (failures.length === 0) return { ...longestGap(successes, from), failed: 0 };
  const lastFailure = Math.max(...failures.map((sample) => sample.sent));
  const recovered = successes.find((sample) => sample.sent > lastFailure && sample.ended > fault);
  return { from, to: recovered?.ended, duration: recovered && recovered.ended - from, failed: failures.length };
}

function longestGap(successes: readonly Sample[], from: number): Omit<Outage, "failed"> {
  let longest: { from: number; to: number } | undefined;
  let previous = from;
  for (const { ended } of successes) {
    if (ended <= from) continue;
    if (!longest || ended - previous > longest.to - longest.from) longest = { from: previous, to: ended };
    previous = ended;
  }
  return longest ? { ...longest, duration: longest.to - longest.from } : { from, to: undefined, duration: undefined };
}

/** The time in which one fault was observed; epoch milliseconds. */
export interface Observation {
  readonly injectedAt: number;
  /** The end of the observation: the next fault follows. */
  readonly until: number;
  /** False if the wait for recovery timed out. */
  readonly recovered: boolean;
}

/**
 * The recovery time that one kind of client observed. After a timeout, clients that still failed within the last
 * `STABLE_WINDOW_MS` have not recovered, even if a single success came after the last failure.
 */
export function recoveryTime(
  samples: readonly Sample[],
  { injectedAt, until, recovered }: Observation,
): { readonly rto: Outcome; readonly failed: number } {
  const { duration, failed } = outage(samples, injectedAt);
  if (!samples.some(({ ended }) => ended > injectedAt))
    return { rto: { kind: "not-applicable", reason: "no request was sent after the fault" }, failed };
  const unstable = samples.some(({ ok, ended }) => !ok && ended > until - STABLE_WINDOW_MS);
  if (duration === undefined || (!recovered && unstable))
    return { rto: { kind: "never-recovered", afterMs: until - injectedAt }, failed };
  return { rto: { kind: "measured", ms: Math.round(duration) }, failed };
}

/** What was read back of everything that was acknowledged. */
export type ReadBack =
  | { readonly kind: "read"; readonly survived: ReadonlySet<string> }
  /** The database stayed unavailable. */
  | { readonly kind: "unavailable"; readonly reason: string };

export interface Loss {
  readonly acknowledged: number;
  readonly lost: number;
  /** From the last write that survived to the fault; 0 if none was lost. */
  readonly age: Milliseconds;
}

/**
 * The acknowledged data that a fault destroyed. The age of the loss is measured as CloudNativePG measures a failover:
 * from the last surviving write to the fault. Writes are ordered by their acknowledgement, and only those before the
 * first lost write count as surviving, so that a later write that survived by chance hides nothing.
 * If every write was lost, `archivedAt` takes the place of the last surviving write: the time at which the newest WAL
 * segment was archived, which contains everything acknowledged before.
 */
export function loss(
  samples: readonly Sample[],
  survived: ReadonlySet<string>,
  fault: number,
  archivedAt: number | undefined,
): Loss {
  const acknowledged = samples
    .filter((sample) => sample.ok && sample.reference !== undefined)
    .sort((a, b) => a.ended - b.ended);
  const lost = acknowledged.filter((sample) => !survived.has(sample.reference ?? ""));
  const [first] = lost;
  const counts = { acknowledged: acknowledged.length, lost: lost.length };
  if (!first) return { ...counts, age: 0 };
  const last = acknowledged.findLast((sample) => sample.ended < first.ended && survived.has(sample.reference ?? ""));
  const since = last?.ended ?? Math.min(first.sent, archivedAt ?? fault, fault);
  return { ...counts, age: Math.max(0, Math.max(fault, first.ended) - since) };
}

/** The data loss that one fault caused. While the data cannot be read back, all of it counts as lost. */
export function dataLoss(
  samples: readonly Sample[],
  readBack: ReadBack,
  { injectedAt, until }: Observation,
  archivedAt: number | undefined,
): { readonly rpo: Outcome; readonly acknowledged: number; readonly lost: number } {
  const survived = readBack.kind === "read" ? readBack.survived : new Set<string>();
  const { acknowledged, lost, age } = loss(samples, survived, injectedAt, archivedAt);
  return { rpo: rpo(), acknowledged, lost };

  function rpo(): Outcome {
    if (acknowledged === 0) return { kind: "not-applicable", reason: "nothing was acknowledged" };
    if (readBack.kind === "unavailable") return { kind: "never-recovered", afterMs: until - injectedAt };
    return { kind: "measured", ms: Math.round(age) };
  }
}

/**
 * The number of requests that were sent and acknowledged after the recovery and are lost all the same: no RPO allows
 * these. Between the fault and the recovery a loss is possible, because backends of a dying server still commit.
 */
export function lostAfterRecovery(
  samples: readonly Sample[],
  survived: ReadonlySet<string>,
  recoveredAt: number | undefined,
): number {
  if (recoveredAt === undefined) return 0;
  return samples.filter(({ ok, sent, reference }) => ok && sent >= recoveredAt && !survived.has(reference ?? ""))
    .length;
}
