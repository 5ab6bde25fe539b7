import { ENGINES } from "../../../plan/engines/index.js";
import { gpuMemory, gpuOfMachine } from "../../../plan/gpus.js";
import type { Model, Unit } from "../../../plan/plan.js";
import { demandOf, poolOf } from "../../../promises/capacity.js";
import { defineRule } from "../../rule.js";
import { size } from "./size.js";

/** The weights of a model do not fit into the memory of its GPUs. See docs/checks.md, Capacity. */
export const gpuMemoryRule = defineRule({
  code: "capacity/gpu-memory",
  severity: "error",
  summary: "the weights of a model do not fit into the memory of its GPUs",
  help: "vLLM loads weights with two bytes per parameter unless they are quantised, and needs memory for the key-value cache of each request besides. A server whose weights do not fit ends with an out-of-memory error at each start.",
  check({ plan }, report) {
    for (const model of plan.models) {
      const unit = model.unit === undefined ? undefined : plan.units.find(({ name }) => name === model.unit);
      if (!unit || model.parameters === undefined || unit.resources.gpu.count === 0) continue;
      const pool = poolOf(plan, unit.pool, demandOf(unit));
      const kind = unit.resources.gpu.kind ?? (pool && gpuOfMachine(pool.type));
      const each = kind === undefined ? undefined : gpuMemory(kind);
      const weights = model.parameters * bytesPerParameter(model);
      if (kind === undefined || each === undefined || weights <= each * unit.resources.gpu.count) continue;
      report(`${model.path}.gpu`, {
        why: `the weights of ${model.name} need ${size(weights)} of GPU memory (${parameters(model)} × ${bytesPerParameter(model)} bytes), but ${gpus(unit, kind)} ${size(each * unit.resources.gpu.count)}`,
        advice: "use a GPU with more memory, more GPUs per replica, or a quantised or smaller model",
      });
    }
  },
});

function bytesPerParameter({ engine }: Model): number {
  return ENGINES[engine].bytesPerParameter.value;
}

function parameters({ parameters = 0 }: Model): string {
  return `${parameters / 1e9} billion parameters`;
}

function gpus({ resources }: Unit, kind: string): string {
  return resources.gpu.count === 1 ? `one ${kind} has` : `${resources.gpu.count} ${kind} have`;
}
