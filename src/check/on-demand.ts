import type { NodePool } from "../plan/plan.js";
import type { Edit } from "../platform-file/diagnostic.js";

/** The edits that make the machines of these pools on-demand ones. */
export function onDemand(pools: readonly NodePool[]): readonly Edit[] {
  return pools.map(({ path }) => ({ path: `${path}.spot`, value: false }));
}
