import { isDeclared } from "../plan/origin.js";
import type { Milliseconds, Objectives, Path, Plan } from "../plan/plan.js";
import type { FaultName } from "../platform-file/faults.js";

/** What a latency objective is about: the whole response, or the first token of an answer. */
export const LATENCY_OBJECTIVES = ["latency", "firstToken"] as const;
export type LatencyObjective = (typeof LATENCY_OBJECTIVES)[number];

/** Objectives of what serves requests, which are evaluated at SLO targets. */
export type SloObjective = "availability" | LatencyObjective;

export type ObjectiveName = "rto" | "rpo" | SloObjective;

/** What an element promises for a fault; undefined: nothing. */
export function promisedRecovery(
  { except, byFault, rto, rpo }: Objectives,
  fault: FaultName,
  of: "rto" | "rpo",
): Milliseconds | undefined {
  if (except.includes(fault)) return undefined;
  const single = byFault.find((each) => each.fault === fault && each.of === of);
  return single ? single.promised : { rto, rpo }[of];
}

/** Whether the file promises something for this fault by its name. */
export function isPromisedByName({ byFault }: Objectives, fault: FaultName): boolean {
  return byFault.some((each) => each.fault === fault && each.promised !== undefined);
}

/** The path that declares a recovery objective: for the fault, or the element's own, otherwise the platform's, which it inherits. */
export function recoveryObjectivePath(plan: Plan, element: Objectives, fault: FaultName, of: "rto" | "rpo"): Path {
  const single = element.byFault.find((each) => each.fault === fault && each.of === of);
  if (single) return single.path;
  const own = `${element.path}.${of}`;
  const inherited = plan.origins[own]?.inheritedFrom ?? `objectives.${of}`;
  const isByFault = element.byFault.some(({ path }) => path.startsWith(`${own}.`));
  const isOwn = !isByFault && isOwnObjective(plan, element, of);
  const paths = [
    `${own}.default`,
    ...(isOwn ? [own] : []),
    `${inherited}.default`,
    inherited,
    `objectives.${of}.default`,
  ];
  return paths.find((path) => isDeclared(plan, path)) ?? `objectives.${of}`;
}

/** The path that declares an objective of an SLO target: the target's own, otherwise the platform's, which it inherits. */
export function sloObjectivePath(plan: Plan, element: Objectives, of: SloObjective): Path {
  return isOwnObjective(plan, element, of) ? `${element.path}.${of}` : `objectives.${of}`;
}

/** Whether an objective is declared on the element itself, and not inherited from the platform's. */
export function isOwnObjective(plan: Plan, element: Objectives, of: ObjectiveName): boolean {
  const own = plan.origins[`${element.path}.${of}`];
  return own !== undefined && own.kind !== "default" && own.inheritedFrom === undefined;
}

/** Whether an element promises an RTO or RPO of its own for a fault, and does not only inherit the platform's. */
export function promisesItself(plan: Plan, element: Objectives, fault: FaultName): boolean {
  return (["rto", "rpo"] as const).some(
    (of) => promisedRecovery(element, fault, of) !== undefined && isOwnObjective(plan, element, of),
  );
}
