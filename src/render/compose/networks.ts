import type { Edge, Plan } from "../../plan/plan.js";
import type { PlanIndex } from "../plan-index.js";
import { runsAsContainers } from "../stores/containers.js";

/**
 * Networks that allow exactly the declared edges: an internal network for each caller and its callee, and an external one
 * for each unit that is behind an entrance or calls an externalNetwork host. Two callers of one service cannot reach each other.
 */
export interface Networks {
  /** Names of the networks that a unit or store is attached to. */
  of(name: string): readonly string[];
  readonly all: Readonly<Record<string, { readonly internal?: true }>>;
}

/** A connection of a container that the Plan has no edge for; `to` undefined: from and to other machines. */
export interface Connection {
  readonly from: string;
  readonly to: string | undefined;
}

export function networks(plan: Plan, index: PlanIndex, further: readonly Connection[] = []): Networks {
  const attached = new Map<string, Set<string>>();
  const all: Record<string, { internal?: true }> = {};
  const attach = (name: string, network: string) => {
    const known = attached.get(name) ?? new Set();
    attached.set(name, known.add(network));
  };
  const edges = plan.edges.map((edge) => ({ from: edge.from, to: containerBehind(index, edge) }));
  for (const { from, to } of [...edges, ...further]) {
    if (to === undefined) {
      attach(from, externalNetwork(from));
      all[externalNetwork(from)] = {};
    } else {
      const pair = pairNetwork(from, to);
      attach(from, pair);
      attach(to, pair);
      all[pair] = { internal: true };
    }
  }
  for (const unit of entranceUnits(plan)) {
    attach(unit, externalNetwork(unit));
    all[externalNetwork(unit)] = {};
  }
  return {
    // Without a network of its own, a service with no edges would join the default network of the project.
    of: (name) => [...(attached.get(name) ?? [isolatedNetwork(name, all)])].sort(),
    all,
  };
}

/** Units behind an entrance, each once, in the order of the entrances' routes. */
export function entranceUnits(plan: Plan): readonly string[] {
  return [...new Set(plan.entrances.flatMap((entrance) => entrance.routes.map((route) => route.unit)))];
}

/** The service that an edge calls; undefined if it is not a container of this file. */
export function containerBehind(index: PlanIndex, edge: Edge): string | undefined {
  if (edge.kind === "outside") return undefined;
  const store = index.store(edge.to);
  if (store) return runsAsContainers(store) ? store.name : undefined;
  return index.servedBy(edge.to);
}

/** What the names of networks contain besides those of components. */
const RESERVED = /-to-|-(outside|alone)$/;

/**
 * The network of a caller and its callee. Names of components have no underscores, so two pairs never share a network: with
 * hyphens, `a` to `b-to-c` would be `a-to-b` to `c`.
 */
function pairNetwork(caller: string, callee: string): string {
  return RESERVED.test(caller) || RESERVED.test(callee) ? `${caller}_to_${callee}` : `${caller}-to-${callee}`;
}

function externalNetwork(name: string): string {
  return `${name}-outside`;
}

function isolatedNetwork(name: string, all: Record<string, { internal?: true }>): string {
  all[`${name}-alone`] = { internal: true };
  return `${name}-alone`;
}
