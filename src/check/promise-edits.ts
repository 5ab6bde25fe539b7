import { isDeclared } from "../plan/origin.js";
import type { Milliseconds, Path, Plan, Ratio } from "../plan/plan.js";
import type { Edit } from "../platform-file/diagnostic.js";
import { type FaultName, faultNames } from "../platform-file/faults.js";
import { formatDuration } from "../platform-file/format.js";
import { formatPercent, formatResponse, formatWorstCase } from "../promises/format.js";
import type { Prediction } from "../promises/prediction.js";
import type { Row } from "../promises/sheet.js";
import type { Concern } from "./concern.js";
import type { BrokenPromise, CheckContext, RecoveryObjective } from "./context.js";

/** How an element declares what it promises, for edits of it. */
export interface PromisePlace {
  readonly path: Path;
  /** The objective for every fault, if the element declares one and none for single faults. */
  readonly single: Milliseconds | undefined;
  /** Objectives for single faults are declared, by the element or by the platform. */
  readonly isByFault: boolean;
}

/** Where the promise of a row is declared, or where the element's own belongs. */
export function promisePlace(plan: Plan, row: Row, of: RecoveryObjective): PromisePlace {
  const path = row.subjectKind === "platform" ? `objectives.${of}` : `${row.path}.objectives.${of}`;
  const isByFault = [path, `objectives.${of}`].some((place) => namesFaults(plan, place));
  const isOwn = !namesFaults(plan, path) && isDeclared(plan, path) && plan.origins[path]?.inheritedFrom === undefined;
  return { path, single: isOwn ? row[of].promised : undefined, isByFault };
}

function namesFaults(plan: Plan, path: Path): boolean {
  return ["default", ...faultNames].some((name) => isDeclared(plan, `${path}.${name}`));
}

/** The edits that promise other durations for some faults; infinite ones promise nothing. Other faults keep their objective. */
export function promiseEdits(
  { path, single }: Pick<PromisePlace, "path" | "single">,
  values: ReadonlyMap<FaultName, Milliseconds>,
): readonly Edit[] {
  const durations = [...values].map(([fault, total]) => [fault, promisable(total)] as const);
  return single === undefined
    ? durations.map(([fault, value]) => ({ path: `${path}.${fault}`, value }))
    : [{ path, value: { default: formatDuration(single), ...Object.fromEntries(durations) } }];
}

/** A worst case as the file declares it. */
export function promisable(total: Milliseconds): string {
  return Number.isFinite(total) ? formatWorstCase(total) : "none";
}

/** An availability as the file declares it, where 0 is none; or the milliseconds of a percentile, where infinite is none. */
export function sloText(of: Concern["of"], slo: Ratio | Milliseconds): string {
  if (of === "availability") return slo > 0 ? formatPercent(slo) : "none";
  return Number.isFinite(slo) ? formatResponse(slo) : "none";
}

/** The edit that promises `sloText`. The path of a latency ends with its percentile, and one that is not promised has none. */
export function sloEdit(of: Concern["of"], path: Path, slo: Ratio | Milliseconds): Edit {
  const value = sloText(of, slo);
  const hasNoKey = of !== "availability" && value === "none";
  return { path: hasNoKey ? path.slice(0, path.lastIndexOf(".")) : path, value };
}

/** Promises that are kept in place of broken ones, as advice and as edits. */
export interface KeptInstead {
  readonly advice: string;
  readonly edits: readonly Edit[];
}

/**
 * The shortest promises that are kept, in place of those of one finding, which are of one subject. One duration for every
 * fault that the promise covers, where each has a bound and none is promised by itself; otherwise one for each fault of the
 * finding, and nothing where it has no bound.
 */
export function keptInstead(context: CheckContext, ...promises: readonly BrokenPromise[]): KeptInstead {
  const all = (["rto", "rpo"] as const).flatMap((of) => {
    const [first, ...more] = promises.filter((each) => each.of === of);
    return first ? [keptObjective(context, [first, ...more])] : [];
  });
  return {
    advice: all.map(({ advice }) => advice).join(" and "),
    edits: all.flatMap(({ edits }) => edits),
  };
}

function keptObjective(context: CheckContext, promises: readonly [BrokenPromise, ...BrokenPromise[]]): KeptInstead {
  const [first] = promises;
  const { of, row } = first;
  const place = promisePlace(context.plan, row, of);
  const longest = context.shortestKeptPromise(first);
  if (longest !== undefined && !place.isByFault) {
    const value = promisable(longest);
    return { advice: `promise at least ${value}`, edits: [{ path: place.path, value }] };
  }
  const faults = new Set(promises.flatMap((each) => context.concerns(each).flatMap(({ fault }) => fault ?? [])));
  const values = new Map(
    context
      .rows(row.path)
      .filter(({ fault }) => faults.has(fault))
      .map((each) => [each.fault, worstCase(each[of].predicted)] as const),
  );
  const byFault = [...values].map(([fault, total]) => `${fault}: ${promisable(total)}`).join(", ");
  return { advice: `promise \`${of}: { ${byFault} }\``, edits: promiseEdits(place, values) };
}

function worstCase(predicted: Prediction): Milliseconds {
  return predicted.kind === "bounded" ? predicted.total : Number.POSITIVE_INFINITY;
}
