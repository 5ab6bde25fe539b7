import { gpuOfMachine, isSameGpu } from "../../../plan/gpus.js";
import { demandOf, eligiblePools } from "../../../promises/capacity.js";
import { defineRule } from "../../rule.js";

/** The machines of a component have other GPUs than it declares. See docs/checks.md, Capacity. */
export const gpuKindRule = defineRule({
  code: "capacity/gpu-kind",
  severity: "error",
  summary: "a component declares a kind of GPU that its machines do not have",
  help: "The node pool decides which GPU a replica gets: no target selects one by its kind. Memory and speed are then those of the machine, and not those that the model was chosen for.",
  check({ plan }, report) {
    for (const unit of plan.units) {
      const { count, kind } = unit.resources.gpu;
      if (count === 0 || kind === undefined) continue;
      const machines = eligiblePools(plan, unit.pool, demandOf(unit)).map(({ name, type }) => ({
        text: `${type} of pool ${name}`,
        gpu: gpuOfMachine(type),
      }));
      const [first] = machines;
      if (first?.gpu === undefined || machines.some(({ gpu }) => gpu === undefined || isSameGpu(gpu, kind))) continue;
      report(`${unit.path}.gpu`, {
        why: `${unit.name} declares GPUs of kind ${kind}, but a ${machines.map(({ text, gpu }) => `${text} has ${gpu}`).join(", and a ")}`,
        advice: `use a pool of machines with that GPU, or declare what runs: \`gpu: { kind: ${first.gpu} }\``,
        fix: { edits: [{ path: `${unit.path}.gpu`, value: { count, kind: first.gpu } }], safe: false },
      });
    }
  },
});
