import type { Bounds } from "../../plan/plan.js";
import { formatRatio } from "../../platform-file/format.js";
import { formatPercent, formatResponse, formatSize, formatWorstCase } from "../format.js";
import { CHANGE_KINDS, type ChangeKind, type Objective, type PromiseChange, type Promised } from "./compare.js";
import type { EnvironmentComparison } from "./comparison.js";
import type { PlatformSize } from "./size.js";

/** Changes that are shown as one. */
export interface ChangeGroup {
  readonly kind: ChangeKind;
  /** `orders, accounts`, or the number of promises if only what is promised has changed. */
  readonly subjects: string;
  /** `RTO in database-loss`. */
  readonly promise: string;
  readonly promised: string;
  readonly predicted: string;
  /** Several promises of which only the objective or the prediction differs, kept before and after. */
  readonly allKept: boolean;
  readonly reasons: readonly string[];
}

/**
 * The changes by kind, the most serious first. Subjects of a fault with the same figures are one group, and so are all promises that
 * are kept, before and after, with the same prediction: another objective often changes the promise of every subject in every fault.
 */
export function grouped(changes: readonly PromiseChange[]): readonly ChangeGroup[] {
  const groups = new Map<string, [PromiseChange, ...PromiseChange[]]>();
  for (const change of changes) {
    const { kind, fault, of, before, after, terms } = change;
    const key = JSON.stringify(
      isStillKept(change)
        ? [kind, of, before?.promised, after?.promised]
        : [kind, fault, of, figures(before), figures(after), terms],
    );
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [change]);
    else group.push(change);
  }
  return [...groups.values()].map(groupOf).sort((a, b) => rank(a.kind) - rank(b.kind));
}

function groupOf(group: readonly [PromiseChange, ...PromiseChange[]]): ChangeGroup {
  const [change] = group;
  const { kind, of, fault } = change;
  const objective = objectiveText(of);
  const faults = [...new Set(group.flatMap((each) => each.fault ?? []))];
  const allKept = isStillKept(change) && group.length > 1;
  const common = { kind, promised: promisedText(change), predicted: predictedText(group), allKept };
  if (isStillKept(change) && faults.length > 1)
    return {
      ...common,
      subjects: `${group.length} promises`,
      promise: `${objective} in ${faults.join(", ")}`,
      reasons: [],
    };
  return {
    ...common,
    subjects: group.map(({ subject }) => subject).join(", "),
    promise: fault === undefined ? objective : `${objective} in ${fault}`,
    reasons: reasonsFor(change),
  };
}

/** One line about a group: `orders: RTO in database-loss: 3h promised, 2h → 4h predicted`. */
export function groupText({ subjects, promise, promised, predicted, allKept }: ChangeGroup): string {
  return `${subjects}: ${promise}: ${promised} promised, ${predicted} predicted${allKept ? ", all kept" : ""}`;
}

/** One line about a change, with the terms that differ most. */
export function changeText(change: PromiseChange): string {
  const group = groupOf([change]);
  return group.reasons.length === 0 ? groupText(group) : `${groupText(group)} (${group.reasons.join("; ")})`;
}

/** Whether only what is promised has changed, and a promise in either version is kept. */
function isStillKept({ before, after, terms }: PromiseChange): boolean {
  const sides = [before, after].filter((side) => side !== undefined);
  return terms.length === 0 && sides.length === 2 && sides.every(({ verdict }) => verdict === "kept");
}

function figures(of: Promised | undefined): unknown {
  return of && [of.promised, of.predicted, of.verdict];
}

function rank(kind: ChangeKind): number {
  return CHANGE_KINDS.indexOf(kind);
}

/** What is promised: `5m`, `5m → 30s`, `nothing → 5m`. */
function promisedText({ of, before, after }: PromiseChange): string {
  return arrow(shown(before?.promised, of), shown(after?.promised, of));
}

/** What is predicted: `44s`, `44s → unbounded`; of several promises the range, `2s to 44s → 5m`. */
function predictedText(group: readonly [PromiseChange, ...PromiseChange[]]): string {
  const [{ of }] = group;
  return arrow(
    rangeText(
      group.flatMap(({ before }) => before ?? []),
      of,
    ),
    rangeText(
      group.flatMap(({ after }) => after ?? []),
      of,
    ),
  );
}

/** The least and the most that is predicted; undefined for none. Those of one group are all numbers, or all the same. */
function rangeText(sides: readonly Promised[], of: Objective): string | undefined {
  const [first] = sides;
  const values = sides.flatMap((side) => (typeof side.predicted === "number" ? [side.predicted] : []));
  if (first === undefined || values.length === 0) return first && predicted(first, of);
  const [least, most] = [formatPredicted(Math.min(...values), of), formatPredicted(Math.max(...values), of)];
  return least === most ? least : `${least} to ${most}`;
}

function arrow(before: string | undefined, after: string | undefined): string {
  if (before === after) return after ?? "nothing";
  return `${before ?? "nothing"} → ${after ?? "nothing"}`;
}

function shown(promised: number | undefined, of: Objective): string | undefined {
  if (promised === undefined) return undefined;
  return of === "availability" ? formatRatio(promised) : formatPredicted(promised, of);
}

function predicted({ predicted }: Promised, of: Objective): string {
  return typeof predicted === "number" ? formatPredicted(predicted, of) : predicted;
}

/** A predicted ratio as a percentage, a predicted duration as a worst case or a response time. */
export function formatPredicted(value: number, of: Objective): string {
  switch (of) {
    case "availability":
      return formatPercent(value);
    case "latency":
    case "firstToken":
      return formatResponse(value);
    case "rto":
    case "rpo":
      return formatWorstCase(value);
  }
}

const OBJECTIVE_TEXTS: Readonly<Record<Objective, string>> = {
  rto: "RTO",
  rpo: "RPO",
  availability: "availability",
  latency: "latency",
  firstToken: "latency of the first token",
};

/** `RTO`, `latency of the first token`. */
export function objectiveText(of: Objective): string {
  return OBJECTIVE_TEXTS[of];
}

const MAX_TERMS = 3;

/** The terms that differ most: `restore of the data 4m → 40m`; else why nothing is predicted any more. */
function reasonsFor({ of, terms, after }: PromiseChange): readonly string[] {
  if (after?.why !== undefined) return [after.why];
  const most = terms
    .slice(0, MAX_TERMS)
    .map(({ name, before, after: value }) => `${name} ${arrow(termText(before, of), termText(value, of))}`);
  const rest = terms.length - most.length;
  return rest > 0 ? [...most, `${rest} more ${rest === 1 ? "term" : "terms"}`] : most;
}

function termText(value: number | undefined, of: Objective): string | undefined {
  return value === undefined ? undefined : formatPredicted(value, of);
}

/** `2 promises lost, 1 gained, 3 worse; 40 unchanged` over all environments. */
export function summaryOf(environments: readonly EnvironmentComparison[]): string {
  const changes = environments.flatMap((each) => each.changes);
  const counts = CHANGE_KINDS.map((kind) => [kind, changes.filter((change) => change.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count], index) => `${count} ${index > 0 ? "" : count === 1 ? "promise " : "promises "}${kind}`);
  const unchanged = environments.reduce((sum, each) => sum + each.unchanged, 0);
  return `${counts.length === 0 ? "no promise changes" : counts.join(", ")}; ${unchanged} unchanged`;
}

/** What the platform needs more or less: `m5.xlarge 3–6 → 4–6`, `replicas 12–20 → 13–21`. Nothing that stays the same. */
export function sizeDifferences({ before, after }: EnvironmentComparison): readonly string[] {
  const types = [...new Set([...Object.keys(after?.machines ?? {}), ...Object.keys(before?.machines ?? {})])];
  const lines = types.map((type) => [type, bounds(before?.machines[type]), bounds(after?.machines[type])] as const);
  const value = (size: PlatformSize | undefined, text: (size: PlatformSize) => string) => size && text(size);
  return [
    ...lines,
    ["replicas", bounds(before?.replicas), bounds(after?.replicas)] as const,
    ["requested CPU", value(before, cpu), value(after, cpu)] as const,
    [
      "requested memory",
      value(before, ({ memory }) => formatSize(memory)),
      value(after, ({ memory }) => formatSize(memory)),
    ] as const,
  ]
    .filter(([, was, is]) => was !== is)
    .map(([name, was, is]) => `${name} ${arrow(was, is)}`);
}

function bounds(range: Bounds | undefined): string | undefined {
  if (range === undefined) return undefined;
  return range.min === range.max ? String(range.min) : `${range.min}–${range.max}`;
}

function cpu({ cpu }: PlatformSize): string {
  return `${cpu / 1000} cores`;
}
