import type { Plan } from "../../plan/plan.js";
import type { PlanIndex } from "../plan-index.js";
import { containerBehind } from "./networks.js";

/**
 * The services that each unit depends on: those that it calls. Compose rejects a cycle of dependencies, so the call that
 * closes a cycle is omitted, in the order of the Plan.
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
