import { nodeCount } from "./nodes.js";
import { type Group, type MinDomains, NO_MINIMUM } from "./worst-placement.js";

/**
 * How many zones and nodes must exist before the scheduler places more than one member in each, so that the loss of one leaves enough
 * whichever of them existed when the members were placed. Without a minimum all are placed in the only zone that is up, and stay
 * there.
 *
 * It is the smallest number that does, and no larger than what the loss of one zone or node leaves of the declared pools at their
 * minimum: with fewer than the minimum, replacements, rollouts and the autoscaler would wait for the end of the outage.
 */
export function minDomains(
  { members, nodes, requires }: Omit<Group, "minDomains">,
  isEnough: (lost: number) => boolean,
): MinDomains {
  const { byZone, reclaimable } = nodes;
  if (reclaimable) return NO_MINIMUM;
  const smallest = (left: number): number => {
    for (let domains = 2; domains <= Math.min(members, left); domains += 1)
      if (isEnough(Math.ceil(members / domains))) return domains;
    return 1;
  };
  const total = nodeCount(nodes);
  const lostTogether = byZone.length > 1 ? Math.max(...byZone) : 1;
  return {
    zones: requires.zones ? smallest(byZone.filter((count) => count > 0).length - 1) : 1,
    // Without declared pools the number of nodes is not known.
    nodes: requires.nodes && Number.isFinite(total) ? smallest(total - lostTogether) : 1,
  };
}
