import type { Bounds, NodePool, Plan, Unit } from "../plan/plan.js";
import type { Edit } from "../platform-file/diagnostic.js";
import { formatRange } from "../platform-file/format.js";
import { demandOf, poolOf } from "../promises/capacity.js";
import { unitSurvival } from "../promises/placement/survival.js";
import type { Domain } from "../promises/placement/worst-placement.js";
import { type Remedy, sum } from "../promises/prediction.js";
import { zones } from "../promises/terms/machine.js";
import { nodeFailureDetection } from "../promises/terms/unit.js";
import { formatEdits } from "./edit-text.js";

/** How many replicas more than it has a unit is suggested at most. */
const MAX_MORE_REPLICAS = 3;

/**
 * The fewest replicas and nodes with which the loss of a node or zone leaves enough of the unit; undefined if none does, or if
 * Kubernetes notices the loss later than promised.
 */
export function redundancy(unit: Unit, plan: Plan, promised: number, domain: Domain): Remedy | undefined {
  if (sum(nodeFailureDetection(plan)) > promised) return undefined;
  const pool = poolOf(plan, unit.pool, demandOf(unit));
  const fewest = Math.max(2, unit.replicas.min);
  const found = Array.from({ length: MAX_MORE_REPLICAS + 1 }, (_, more) => fewest + more)
    .flatMap((replicas) => [
      candidate(unit, plan, domain, replicas, undefined),
      ...(pool && pool.count.min < replicas ? [candidate(unit, plan, domain, replicas, pool)] : []),
    ])
    .find((each) => unitSurvival(each.unit, each.plan, domain).enough);
  if (!found) return undefined;
  const advice = `${unit.replicas.min < 2 ? "run at least two replicas on" : "require replicas on"} different ${domain}s`;
  return { advice: `${advice}: ${formatEdits(found.edits)}`, edits: found.edits };
}

interface Candidate extends ChangedUnit {
  readonly plan: Plan;
}

/** The unit with at least `replicas` replicas that are required in different domains, on a pool that has as many nodes. */
function candidate(unit: Unit, plan: Plan, domain: Domain, replicas: number, pool: NodePool | undefined): Candidate {
  const isZonal = zones(plan).length > 1;
  const isSpread = unit.replicas.max > 1 && isZonal;
  // With a second replica, the default spread over several zones applies.
  const current = isSpread || !isZonal ? unit.spread : { ...unit.spread, zones: "require" as const };
  const spread = { ...current, [`${domain}s`]: "require" as const };
  const declared = domain === "zone" ? { zones: spread.zones } : isSpread ? spread : { nodes: spread.nodes };
  const more = moreReplicas(unit, replicas);
  const edits = [...more.edits, { path: `${unit.path}.spread`, value: declared }];
  const changed = { ...more.unit, spread };
  if (!pool) return { unit: changed, plan, edits };
  const count = atLeast(pool.count, replicas);
  return {
    unit: changed,
    plan: { ...plan, pools: plan.pools.map((each) => (each === pool ? { ...each, count } : each)) },
    edits: [...edits, { path: `${pool.path}.count`, value: declaredBounds(count) }],
  };
}

/** A unit as it would be, and the edits that declare it so. */
export interface ChangedUnit {
  readonly unit: Unit;
  readonly edits: readonly Edit[];
}

/** The unit with a minimum of at least `replicas`. */
export function moreReplicas(unit: Unit, replicas: number): ChangedUnit {
  if (unit.replicas.min >= replicas) return { unit, edits: [] };
  const grown = atLeast(unit.replicas, replicas);
  return {
    unit: { ...unit, replicas: grown },
    edits: [{ path: `${unit.path}.replicas`, value: declaredBounds(grown) }],
  };
}

function atLeast({ min, max }: Bounds, count: number): Bounds {
  return { min: Math.max(min, count), max: Math.max(max, count) };
}

/** As the file declares it: a number, or a range. */
export function declaredBounds(bounds: Bounds): number | string {
  return bounds.min === bounds.max ? bounds.min : formatRange(bounds, String);
}
