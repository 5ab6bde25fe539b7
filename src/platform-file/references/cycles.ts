import { findCycles } from "../cycles.js";
import { many } from "../one-or-many.js";
import type { ReferenceContext, ReferenceProblem, SettingPath, Workload } from "./context.js";

/** Longest cycle that is printed in full; of a longer one the first four names and the last. */
const MAX_PRINTED_NAMES = 6;

/** Models may not fall back to each other. */
export function* checkFallbackCycles({ models }: ReferenceContext): Iterable<ReferenceProblem> {
  for (const cycle of findCycles(new Map([...models].map(([name, { fallback }]) => [name, many(fallback)]))))
    yield {
      path: ["models", cycle[0] ?? "", "fallback"],
      code: "spec/cycle",
      message: `models fall back to each other in a cycle: ${formatCycle(cycle)}`,
      hint: "remove the fallback of one of them",
    };
}

/** A workload may not run in a replica of one that runs in its own. */
export function* checkBesideCycles(context: ReferenceContext): Iterable<ReferenceProblem> {
  for (const cycle of cyclesOf(context, ({ beside }) => many(beside)))
    yield {
      path: pathOf(context, cycle, "beside"),
      code: "spec/cycle",
      message: `workloads run beside each other in a cycle: ${formatCycle(cycle)}`,
      hint: "let one of them run on its own",
    };
}

/** Calls in a cycle work, but a fault in one service affects all: a warning. A call to itself is an error of `calls`. */
export function* checkCallCycles(context: ReferenceContext): Iterable<ReferenceProblem> {
  const called = ({ calls = [] }: Workload) => calls.map((call) => (typeof call === "string" ? call : call.to));
  for (const cycle of cyclesOf(context, called))
    if (cycle.length > 1)
      yield {
        path: pathOf(context, cycle, "calls"),
        code: "spec/call-cycle",
        message: `services call each other in a cycle: ${formatCycle(cycle)}; a fault in one affects all of them`,
        hint: "replace one call by a queue or a callback",
        severity: "warning",
      };
}

function cyclesOf({ workloads }: ReferenceContext, targets: (workload: Workload) => readonly string[]): string[][] {
  return findCycles(new Map(workloads.map(({ name, workload }) => [name, targets(workload)])));
}

function pathOf({ services }: ReferenceContext, [name = ""]: readonly string[], key: string): SettingPath {
  return [services.has(name) ? "services" : "models", name, key];
}

function formatCycle(cycle: readonly string[]): string {
  const names = cycle.map((name) => `\`${name}\``);
  const printed =
    names.length > MAX_PRINTED_NAMES
      ? [...names.slice(0, 4), `… ${names.length - 5} more …`, ...names.slice(-1)]
      : names;
  return [...printed, ...names.slice(0, 1)].join(" → ");
}
