import type { Plan } from "../../plan/plan.js";
import type { PlanIndex } from "../plan-index.js";
import { containerBehind } from "./networks.js";

/**
 * What each unit waits for at its start: the services that it calls. Of a cycle of calls one is omitted, in the order of the Plan,
 * because no container of the cycle would start otherwise.
 */
export function dependencies(plan: Plan, index: PlanIndex): ReadonlyMap<string, readonly string[]> {
  const calls = new Map<string, string[]>();
  for (const edge of plan.edges) {
    const callee = containerBehind(index, edge);
    if (callee === undefined || callee === edge.from) continue;
    const known = calls.get(edge.from) ?? [];
    if (known.includes(callee) || reaches(calls, callee, edge.from)) continue;
    calls.set(edge.from, [...known, callee]);
  }
  return calls;
}

function reaches(calls: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === to) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...(calls.get(name) ?? []));
  }
  return false;
}
