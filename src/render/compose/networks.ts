import type { Edge, Plan } from "../../plan/plan.js";
import type { PlanIndex } from "../plan-index.js";
import { runsAsContainers } from "../stores/containers.js";

/**
 * Networks that let through exactly the declared edges: one for each pair that talks, closed to the outside, and one to
 * the outside for each unit that is called from there or calls there. Two callers of one service do not see each other.
 */
export interface Networks {
  /** Names of the networks that a unit or store is attached to. */
  of(name: string): readonly string[];
  readonly all: Readonly<Record<string, { readonly internal?: true }>>;
}

export function networks(plan: Plan, index: PlanIndex): Networks {
  const attached = new Map<string, Set<string>>();
  const all: Record<string, { internal?: true }> = {};
  const attach = (name: string, network: string) => {
    const known = attached.get(name) ?? new Set();
    attached.set(name, known.add(network));
  };
  for (const edge of plan.edges) {
    const callee = containerBehind(index, edge);
    if (callee === undefined) {
      attach(edge.from, outside(edge.from));
      all[outside(edge.from)] = {};
    } else {
      const pair = `${edge.from}-to-${callee}`;
      attach(edge.from, pair);
      attach(callee, pair);
      all[pair] = { internal: true };
    }
  }
  for (const unit of entranceUnits(plan)) {
    attach(unit, outside(unit));
    all[outside(unit)] = {};
  }
  return {
    // Without a network of its own, a service with no edges would join the default network of the project.
    of: (name) => [...(attached.get(name) ?? [alone(name, all)])].sort(),
    all,
  };
}

/** Units behind an entrance, each once, in the order of the entrances' routes. */
export function entranceUnits(plan: Plan): readonly string[] {
  return [...new Set(plan.entrances.flatMap((entrance) => entrance.routes.map((route) => route.unit)))];
}

/** The service at the far end of an edge; undefined when that is no container of this file. */
export function containerBehind(index: PlanIndex, edge: Edge): string | undefined {
  if (edge.kind === "outside") return undefined;
  const store = index.store(edge.to);
  if (store) return runsAsContainers(store) ? store.name : undefined;
  return index.servedBy(edge.to);
}

function outside(name: string): string {
  return `${name}-outside`;
}

function alone(name: string, all: Record<string, { internal?: true }>): string {
  all[`${name}-alone`] = { internal: true };
  return `${name}-alone`;
}
