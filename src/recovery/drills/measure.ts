import type { Milliseconds } from "../../plan/plan.js";
import type { Sample } from "./sample.js";

export interface Outage {
  /** The last success before the fault. */
  readonly from: number;
  /** The first success after it that no failure follows; undefined when it never came back. */
  readonly to: number | undefined;
  /** `to - from`: the time without service as a client sees it. */
  readonly rto: Milliseconds | undefined;
  readonly failed: number;
}

/**
 * The outage that a fault caused, as clients saw it: from the last success before the fault to the first success that
 * was asked for after the last failure. Where nothing failed, the longest pause between two successes since the fault.
 * `samples` are of one kind, from the steady time before the fault to before the next one.
 */
export function outage(samples: readonly Sample[], fault: number): Outage {
  const successes = samples.filter((sample) => sample.ok).sort((a, b) => a.ended - b.ended);
  const before = successes.findLast((sample) => sample.ended <= fault);
  const from = before?.ended ?? fault;
  const failures = samples.filter((sample) => !sample.ok && sample.ended > fault);
  if (failures.length === 0) return { ...longestPause(successes, from), failed: 0 };
  const lastFailure = Math.max(...failures.map((sample) => sample.sent));
  const back = successes.find((sample) => sample.sent > lastFailure && sample.ended > fault);
  return { from, to: back?.ended, rto: back && back.ended - from, failed: failures.length };
}

function longestPause(successes: readonly Sample[], from: number): Omit<Outage, "failed"> {
  let longest: { from: number; to: number } | undefined;
  let previous = from;
  for (const { ended } of successes) {
    if (ended <= from) continue;
    if (!longest || ended - previous > longest.to - longest.from) longest = { from: previous, to: ended };
    previous = ended;
  }
  return longest ? { ...longest, rto: longest.to - longest.from } : { from, to: undefined, rto: undefined };
}

export interface Loss {
  readonly acknowledged: number;
  readonly lost: number;
  /** From the last write that survived to the fault; 0 when none was lost. */
  readonly rpo: Milliseconds;
}

/**
 * What a fault cost of what had been acknowledged. The age of the loss is measured as CloudNativePG measures a failover:
 * from the last write that is still there to the fault. Writes are taken in the order of their acknowledgement, and only
 * those before the first lost one count as still there, so that a lucky late one hides nothing.
 * Where every write was lost, `shipped` stands for the last of them: when the newest segment of the log was stored, which
 * holds what was acknowledged before.
 */
export function loss(
  samples: readonly Sample[],
  survived: ReadonlySet<string>,
  fault: number,
  shipped: number | undefined,
): Loss {
  const acknowledged = samples
    .filter((sample) => sample.ok && sample.reference !== undefined)
    .sort((a, b) => a.ended - b.ended);
  const lost = acknowledged.filter((sample) => !survived.has(sample.reference ?? ""));
  const [first] = lost;
  const figures = { acknowledged: acknowledged.length, lost: lost.length };
  if (!first) return { ...figures, rpo: 0 };
  const last = acknowledged.findLast((sample) => sample.ended < first.ended && survived.has(sample.reference ?? ""));
  const since = last?.ended ?? Math.min(first.sent, shipped ?? fault, fault);
  return { ...figures, rpo: Math.max(0, Math.max(fault, first.ended) - since) };
}

/**
 * How many were asked for and acknowledged after service had come back, and are lost all the same: no backup's age
 * excuses these. Between a fault and the recovery it is otherwise: a dying server's last processes still commit.
 */
export function lostAfterRecovery(
  samples: readonly Sample[],
  survived: ReadonlySet<string>,
  recovered: number | undefined,
): number {
  if (recovered === undefined) return 0;
  return samples.filter(({ ok, sent, reference }) => ok && sent >= recovered && !survived.has(reference ?? "")).length;
}
