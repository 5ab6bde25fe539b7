import type { NodePoolInput } from "../platform-file/schema/nodes.js";
import { machineType } from "./clouds/index.js";
import type { PlanContext } from "./context.js";
import type { ProvenanceRecorder } from "./origin.js";
import type { NodePool } from "./plan.js";

/** The pool that is written; none where the environment has no pools at all. */
export function planPool(context: PlanContext, input: string | undefined): string | undefined {
  return input !== undefined && Object.hasOwn(context.settings.nodes ?? {}, input) ? input : undefined;
}

/** Node pools, with what a pod can use on one of their machines. */
export function planPools(provenance: ProvenanceRecorder, input: Readonly<Record<string, NodePoolInput>>): NodePool[] {
  return Object.entries(input).map(([name, pool]): NodePool => {
    const scope = provenance.at("nodes", name);
    const known = machineType(pool.type);
    const stated = pool.allocatable;
    if (!stated && known) scope.recordDefault("allocatable", `${pool.type}: ${known.source}`);
    return {
      name,
      path: scope.path,
      type: pool.type,
      count: pool.count,
      allocatable: stated
        ? { cpu: stated.cpu.min, memory: stated.memory, gpu: stated.gpu ?? 0 }
        : known && { cpu: known.cpu, memory: known.memory, gpu: known.gpu },
      labels: pool.labels ?? {},
      spot: scope.pick("spot", pool.spot, false, "on-demand machines, which are not reclaimed"),
    };
  });
}
