import { ENGINES } from "../../../plan/engines/index.js";
import type { Bytes, Model, Unit } from "../../../plan/plan.js";
import { GiB } from "../../../plan/sizes.js";
import { bytesPerParameter } from "../../../plan/weights.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";
import { size } from "./size.js";

/** The weights of a model do not fit on its disk, or into its memory. See docs/checks.md, Capacity. */
export const modelSize = defineRule({
  code: "capacity/model-size",
  severity: "error",
  summary: "the weights of a model are larger than its disk, or than its memory without a GPU",
  help: "The weights are downloaded to the disk of the replica: if it is too small, the pod is evicted at each start. Without a GPU all weights are read for every token, and what does not fit into memory is read from the disk each time.",
  check(context, report) {
    if (onOneMachine(context.plan)) return;
    for (const model of context.plan.models) {
      const unit = model.unit === undefined ? undefined : context.unit(model.unit);
      const weights = weightsOf(model);
      if (!unit || weights === undefined) continue;
      for (const { key, has } of limitsOf(unit)) {
        if (weights <= has) continue;
        const least = `${Math.ceil(weights / GiB)}Gi`;
        report(`${model.path}.${key}`, {
          why: `the weights of ${model.name} need ${size(weights)} of ${key}, but it has ${size(has)}`,
          advice: `declare at least \`${key}: ${least}\`, or use a quantised or smaller model`,
          fix: { edits: [{ path: `${model.path}.${key}`, value: least }], safe: false },
        });
      }
    }
  },
});

/** The simulator and models at other servers load none. */
function weightsOf({ parameters, sources, engine }: Model): Bytes | undefined {
  const descriptor = ENGINES[engine];
  if (parameters === undefined || descriptor.simulator || sources.length === 0) return undefined;
  return parameters * bytesPerParameter(sources, descriptor).value;
}

function limitsOf({ resources }: Unit): readonly { readonly key: "disk" | "memory"; readonly has: Bytes }[] {
  const { disk, memory, gpu } = resources;
  return [
    ...(disk === undefined ? [] : [{ key: "disk" as const, has: disk }]),
    ...(memory.limit === undefined || gpu.count > 0 ? [] : [{ key: "memory" as const, has: memory.limit }]),
  ];
}
