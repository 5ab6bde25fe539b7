import type { Ratio } from "../../plan/plan.js";
import { type Group, placements } from "./worst-placement.js";

/** The lowest probability, over all placements that the scheduler may choose, that at least `needed` members are available. */
export function lowestAvailability(group: Group, needed: number, node: Ratio): Ratio {
  return Math.min(...placements(group).map((perNode) => atLeast(perNode, needed, node)));
}

/**
 * The probability that at least `needed` members are available, if each node is available with probability `node` and
 * nodes fail independently. `perNode` is how many members each node has.
 */
export function atLeast(perNode: readonly number[], needed: number, node: Ratio): Ratio {
  // distribution[available] is the probability that exactly so many members are available.
  let distribution: readonly number[] = [1];
  for (const members of perNode) {
    const next = new Array<number>(distribution.length + members).fill(0);
    for (const [available, probability] of distribution.entries()) {
      next[available] = (next[available] ?? 0) + probability * (1 - node);
      next[available + members] = (next[available + members] ?? 0) + probability * node;
    }
    distribution = next;
  }
  return distribution.slice(needed).reduce((sum, probability) => sum + probability, 0);
}
