import { ENGINES } from "../../../plan/engines/index.js";
import { gpuMemory, gpuOfMachine } from "../../../plan/gpus.js";
import { DEFAULT_CONTEXT_TOKENS } from "../../../plan/model/model.js";
import type { Bytes, Model, Plan, Unit } from "../../../plan/plan.js";
import { bytesPerParameter } from "../../../plan/weights.js";
import { demandOf, poolOf } from "../../../promises/capacity.js";
import type { CheckContext } from "../../context.js";
import { defineRule, type Found } from "../../rule.js";
import { size } from "./size.js";

/** The weights of a model do not fit into the memory of its GPUs. See docs/checks.md, Capacity. */
export const gpuMemoryRule = defineRule({
  code: "capacity/gpu-memory",
  severity: "error",
  summary: "the weights of a model, or one request of its context, do not fit into the memory of its GPUs",
  help: "vLLM loads weights with two bytes per parameter unless they are quantised, which the name of the file or repository states (`AWQ`, `Q4_K_M`). It uses 92 % of the memory, and ends with an error at each start if the weights, or the key-value cache of one request with the whole context, do not fit.",
  check(context, report) {
    for (const model of context.plan.models) {
      const unit = model.unit === undefined ? undefined : context.unit(model.unit);
      const found = unit && memoryShortage(context, model, unit);
      if (found) report(`${model.path}.${found.key}`, found);
    }
  },
});

interface Shortage extends Found {
  readonly key: "gpu" | "context";
}

function memoryShortage({ plan }: CheckContext, model: Model, unit: Unit): Shortage | undefined {
  const { count } = unit.resources.gpu;
  const kind = gpuKind(plan, unit);
  const each = kind === undefined ? undefined : gpuMemory(kind);
  if (model.parameters === undefined || kind === undefined || each === undefined || count === 0) return undefined;
  const engine = ENGINES[model.engine];
  const perParameter = bytesPerParameter(model.sources, engine);
  const weights = model.parameters * perParameter.value;
  const usable = each * count * engine.gpuShare.value;
  const share = engine.gpuShare.value < 1 ? ` × ${engine.gpuShare.value}` : "";
  const gpus = `${count === 1 ? `one ${kind} has` : `${count} ${kind} have`} ${size(each * count)}${share}`;
  const billions = `${model.parameters / 1e9} billion parameters × ${Number(perParameter.value.toPrecision(2))} bytes`;
  if (weights > usable)
    return {
      key: "gpu",
      why: `the weights of ${model.name} need ${size(weights)} of GPU memory (${billions}), but ${gpus}`,
      advice: "use a GPU with more memory, more GPUs per replica, or a quantised or smaller model",
    };
  return engine.cachePerToken && cacheShortage(model, usable - weights, model.parameters * engine.cachePerToken.value);
}

/** Models differ in what a token takes: this is the least that is known, and a warning. */
function cacheShortage(model: Model, left: Bytes, perToken: Bytes): Shortage | undefined {
  const context = model.context ?? DEFAULT_CONTEXT_TOKENS;
  if (context * perToken <= left) return undefined;
  const tokens = 2 ** Math.floor(Math.log2(left / perToken));
  return {
    key: "context",
    severity: "warning",
    why: `one request of ${model.name} with its context of ${context} tokens needs a key-value cache of at least ${size(context * perToken)}, but beside the weights ${size(left)} of GPU memory are left`,
    advice: `declare a shorter context (\`context: ${tokens}\`), or use more GPU memory`,
    fix: { edits: [{ path: `${model.path}.context`, value: tokens }], safe: false },
  };
}

/** The GPU of the machine that the unit runs on, if both are known; otherwise the declared kind. */
function gpuKind(plan: Plan, unit: Unit): string | undefined {
  const pool = poolOf(plan, unit.pool, demandOf(unit));
  return (pool && gpuOfMachine(pool.type)) ?? unit.resources.gpu.kind;
}
