import type { Plan } from "../../plan/plan.js";
import type { RestoreRecord } from "../service.js";
import { assess, overall } from "./assess.js";
import type { Load } from "./load.js";
import { type Loss, loss, lostAfterRecovery, outage } from "./measure.js";
import type { DrillResult, DrillStrike, DrillTerm } from "./result.js";
import type { Sample } from "./sample.js";
import type { Finding, Strike } from "./target.js";

/** A fault that was done; times are epoch milliseconds. */
export interface Struck {
  readonly strike: Strike;
  readonly at: number;
  readonly until: number;
  /** When the newest segment of the log before it was stored; undefined where none was. */
  readonly shipped: number | undefined;
}

/** Holds everything that the clients of a drill saw, and what of it survived, against the promises. Pure. */
export function judge(
  plan: Plan,
  fault: string,
  struck: readonly Struck[],
  samples: readonly Sample[],
  probes: ReadonlyMap<string, Pick<Load, "samples">>,
  survived: ReadonlySet<string>,
  findings: readonly Finding[],
): Partial<DrillResult> {
  const strikes = struck.map(({ strike, at, until, shipped }, n): DrillStrike => {
    const from = n === 0 ? 0 : (struck[n - 1]?.at ?? 0);
    const around = (sample: Sample) => sample.ended > from && sample.sent <= until;
    const near = samples.filter(around);
    const seen = outage(
      near.filter((sample) => sample.kind === strike.seenBy),
      at,
    );
    const cost: Loss = loss(near, survived, at, shipped);
    return {
      what: strike.what,
      at,
      subjects: [...strike.subjects],
      seenBy: strike.seenBy,
      ...(seen.rto !== undefined && { rto: Math.round(seen.rto) }),
      rpo: Math.round(cost.rpo),
      ...(shipped !== undefined && { sinceShipped: at - shipped }),
      probed: strike.subjects.flatMap((subject) => {
        const load = probes.get(subject);
        if (!load) return [];
        const { rto } = outage(load.samples.filter(around), at);
        return [{ subject, ...(rto !== undefined && { rto: Math.round(rto) }) }];
      }),
      failed: seen.failed,
      acknowledged: cost.acknowledged,
      lost: cost.lost,
    };
  });
  const acknowledged = samples.filter((sample) => sample.ok);
  const lost = acknowledged.filter((sample) => !survived.has(sample.reference ?? ""));
  const last = struck.at(-1);
  const recovered =
    last &&
    outage(
      samples.filter((sample) => sample.kind === last.strike.seenBy),
      last.at,
    ).to;
  const lostAfter = lostAfterRecovery(samples, survived, recovered);
  const all = [
    ...findings,
    ...(lostAfter > 0
      ? [
          {
            what: `${lostAfter} writes that were acknowledged after the recovery are lost`,
            why: "no fault excuses these",
          },
        ]
      : []),
  ];
  const measurements = assess(plan, fault, strikes);
  const { verdict, hardest } = overall(measurements, all.length);
  return {
    strikes,
    measurements,
    findings: all,
    verdict,
    ...counts(samples),
    lost: lost.length,
    ...(hardest && {
      subject: hardest.subject,
      promised: hardest.promised,
      predicted: hardest.predicted,
      ...(hardest.rto !== undefined && { rto: hardest.rto }),
      ...(hardest.rpo !== undefined && { rpo: hardest.rpo }),
    }),
  };
}

/** Pieces of the recovery that the promise sheet predicts by these names. */
export function measuredTerms(restore: RestoreRecord | undefined): DrillTerm[] {
  if (restore?.ready === undefined) return [];
  const { begun: from, unpacked, ready, bytes } = restore;
  return [
    { name: "restore of the backup", value: unpacked - from, bytes },
    { name: "replay of the log", value: ready - unpacked },
  ];
}

export function counts(samples: readonly Sample[]): Pick<DrillResult, "acknowledged" | "failed"> {
  const acknowledged = samples.filter((sample) => sample.ok).length;
  return { acknowledged, failed: samples.length - acknowledged };
}
