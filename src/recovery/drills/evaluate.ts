import type { DrillResult, InjectedFault, MeasuredTerm } from "../../contracts/drills.js";
import type { Plan } from "../../plan/plan.js";
import { formatWorstCase } from "../../promises/format.js";
import type { RestoreRecord } from "../service/auto-restore.js";
import { assess, overall } from "./assess.js";
import { dataLoss, lostAfterRecovery, type Observation, outage, type ReadBack, recoveryTime } from "./measure.js";
import type { Sample } from "./sample.js";
import type { Finding, Injection } from "./target.js";

/** A fault that was injected and observed. */
export interface Injected extends Observation {
  readonly injection: Pick<Injection, "description" | "subjects" | "observedBy">;
  /** When the newest WAL segment before the fault was archived, in epoch milliseconds; undefined if there is none. */
  readonly archivedAt: number | undefined;
}

/** Everything that a drill observed. */
export interface Evidence {
  readonly injected: readonly Injected[];
  /** Samples of the chat requests and the writes. */
  readonly samples: readonly Sample[];
  /** Samples of the probes, by subject. */
  readonly probes: ReadonlyMap<string, readonly Sample[]>;
  readonly readBack: ReadBack;
  readonly findings: readonly Finding[];
}

/** Computes the measurements, findings and verdict of a drill from its evidence. Pure. */
export function evaluate(plan: Plan, fault: string, evidence: Evidence): Partial<DrillResult> {
  const { injected, samples, readBack } = evidence;
  const faults = injected.map((each, n) => injectedFault(each, injected[n - 1]?.injectedAt ?? 0, evidence));
  const survived = readBack.kind === "read" ? readBack.survived : new Set<string>();
  const findings = [
    ...evidence.findings,
    ...injected.flatMap(unrecovered),
    ...unreadable(readBack),
    ...lateLoss(lostAfterRecovery(samples, survived, recoveredAt(injected.at(-1), samples))),
  ];
  const measurements = assess(plan, fault, faults);
  const { verdict, worst } = overall(measurements, findings.length);
  return {
    faults,
    measurements,
    findings,
    verdict,
    ...counts(samples),
    lost: samples.filter(({ ok, reference }) => ok && !survived.has(reference ?? "")).length,
    ...(worst && {
      subject: worst.subject,
      promised: worst.promised,
      predicted: worst.predicted,
      rto: worst.rto,
      rpo: worst.rpo,
    }),
  };
}

function injectedFault(injected: Injected, since: number, { samples, probes, readBack }: Evidence): InjectedFault {
  const { injection, injectedAt, until, archivedAt } = injected;
  const observed = (all: readonly Sample[]) => all.filter(({ sent, ended }) => ended > since && sent <= until);
  const near = observed(samples);
  const byClients = near.filter(({ kind }) => kind === injection.observedBy);
  return {
    description: injection.description,
    injectedAt,
    subjects: [...injection.subjects],
    observedBy: injection.observedBy,
    ...recoveryTime(byClients, injected),
    ...dataLoss(near, readBack, injected, archivedAt),
    ...(archivedAt !== undefined && { sinceArchivedMs: injectedAt - archivedAt }),
    probes: injection.subjects.flatMap((subject) => {
      const probe = probes.get(subject);
      return probe ? [{ subject, rto: recoveryTime(observed(probe), injected).rto }] : [];
    }),
  };
}

function unrecovered({ injection, injectedAt, until, recovered }: Injected): Finding[] {
  if (recovered) return [];
  return [
    {
      what: "the platform did not recover",
      why: `${formatWorstCase(until - injectedAt)} after the fault (${injection.description}) it was not stable`,
    },
  ];
}

function unreadable(readBack: ReadBack): Finding[] {
  return readBack.kind === "read"
    ? []
    : [{ what: "the acknowledged writes cannot be read back", why: readBack.reason }];
}

function lateLoss(lost: number): Finding[] {
  if (lost === 0) return [];
  return [
    {
      what: `${lost} ${lost === 1 ? "write was" : "writes were"} acknowledged after the recovery and lost`,
      why: "the objectives allow a loss only before the recovery",
    },
  ];
}

function recoveredAt(last: Injected | undefined, samples: readonly Sample[]): number | undefined {
  if (!last?.recovered) return undefined;
  const byClients = samples.filter(({ kind }) => kind === last.injection.observedBy);
  return outage(byClients, last.injectedAt).to;
}

/** The steps of the recovery, by the names that the predictions give them. */
export function measuredTerms(restore: RestoreRecord | undefined): MeasuredTerm[] {
  if (restore?.readyAt === undefined) return [];
  const { startedAt, unpackedAt, readyAt, bytes } = restore;
  return [
    { name: "restore of the backup", value: unpackedAt - startedAt, bytes },
    { name: "replay of the log", value: readyAt - unpackedAt },
  ];
}

export function counts(samples: readonly Sample[]): Pick<DrillResult, "acknowledged" | "failed"> {
  const acknowledged = samples.filter((sample) => sample.ok).length;
  return { acknowledged, failed: samples.length - acknowledged };
}
