import type { NodePoolInput } from "../platform-file/schema/nodes.js";
import { machineType } from "./clouds/index.js";
import type { PlanContext } from "./context.js";
import type { ProvenanceRecorder } from "./origin.js";
import type { NodePool } from "./plan.js";

/** The declared pool; undefined in an environment that removes it, such as a laptop without node pools. */
export function planPool(context: PlanContext, input: string | undefined): string | undefined {
  return input !== undefined && Object.hasOwn(context.settings.nodes ?? {}, input) ? input : undefined;
}

/** Node pools, with the allocatable resources of one node. */
export function planPools(provenance: ProvenanceRecorder, input: Readonly<Record<string, NodePoolInput>>): NodePool[] {
  return Object.entries(input).map(([name, pool]): NodePool => {
    const scope = provenance.at("nodes", name);
    const known = machineType(pool.type);
    const declared = pool.allocatable;
    if (!declared && known) scope.recordDefault("allocatable", `${pool.type}: ${known.source}`);
    return {
      name,
      path: scope.path,
      type: pool.type,
      count: pool.count,
      allocatable: declared
        ? { cpu: declared.cpu.min, memory: declared.memory, gpu: declared.gpu ?? 0 }
        : known && { cpu: known.cpu, memory: known.memory, gpu: known.gpu },
      labels: pool.labels ?? {},
      spot: scope.pick("spot", pool.spot, false, "on-demand machines, which are not reclaimed"),
    };
  });
}
