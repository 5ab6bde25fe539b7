import { KeelsonError } from "../../errors/keelson-error.js";
import type { Plan } from "../../plan/plan.js";
import { isJsonMap, type JsonMap, textsIn } from "../environments/json.js";
import { type ObjectVariants, objectVariants } from "../environments/variants.js";
import { kubernetes } from "../kubernetes/index.js";
import { generatedInAny } from "../secrets.js";
import { definePlatformTarget, type RenderedFile } from "../target.js";
import { stringifyYaml } from "../yaml.js";
import { yamlFile } from "../yaml-file.js";
import { type Change, overlayPatches, type Patch } from "./overlay.js";

const KUSTOMIZATION = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" };

export const kustomize = definePlatformTarget({
  name: "kustomize",
  description: "a Kustomize base with an overlay for each environment",
  writes: kubernetes.writes,
  render(plans) {
    const { objects, notes } = objectVariants(plans);
    objects.forEach(refuseLineSeparators);
    const shared = objects.filter(isShared);
    const base = shared.map((object) => yamlFile(`base/${object.file}.yaml`, baseOf(object)));
    return {
      files: [
        yamlFile("base/kustomization.yaml", { ...KUSTOMIZATION, resources: shared.map(({ file }) => `${file}.yaml`) }),
        ...base,
        ...plans.flatMap((plan, environment) => overlay(plan, environment, objects)),
      ],
      secrets: generatedInAny(plans),
      notes,
    };
  },
});

/**
 * Kustomize writes these characters as they are into quoted texts, where readers of YAML fold them into spaces. Throws
 * `render/line-separator`.
 */
function refuseLineSeparators({ file, objects }: ObjectVariants): void {
  const text = objects
    .flatMap((object) => (object === undefined ? [] : textsIn(object)))
    .find((each) => LINE_SEPARATOR.test(each));
  const code = text && LINE_SEPARATOR.exec(text)?.[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  if (code !== undefined)
    throw new KeelsonError(
      "render/line-separator",
      `${file} contains the line separator U+${code}, which Kustomize changes`,
    );
}

/** Next line, line separator, paragraph separator. */
const LINE_SEPARATOR = /[\u0085\u2028\u2029]/;

/** The overlay of one environment: the base with patches, and the objects that only some environments have. */
function overlay(plan: Plan, environment: number, objects: readonly ObjectVariants[]): readonly RenderedFile[] {
  const folder = `overlays/${plan.environment}`;
  const changes: Change[] = [];
  const own: { readonly file: string; readonly object: JsonMap }[] = [];
  for (const variants of objects) {
    const object = variants.objects[environment];
    if (object === undefined) continue;
    if (isShared(variants)) changes.push({ file: variants.file, base: baseOf(variants), wanted: object });
    else own.push({ file: variants.file, object });
  }
  const patches = overlayPatches(
    changes,
    own.map(({ object }) => object),
  );
  const kustomization = {
    ...KUSTOMIZATION,
    resources: ["../../base", ...own.map(({ file }) => `${file}.yaml`)],
    ...(patches.length > 0 && { patches: patches.map(patchReference) }),
  };
  return [
    yamlFile(`${folder}/kustomization.yaml`, kustomization),
    ...own.map(({ file, object }) => yamlFile(`${folder}/${file}.yaml`, object)),
    ...patches.flatMap(({ file, operations }) =>
      file === undefined ? [] : [yamlFile(`${folder}/${file}.patch.yaml`, operations)],
    ),
  ];
}

/** A patch of several objects is short, and is part of the kustomization. */
function patchReference({ file, operations, target }: Patch) {
  return file === undefined ? { patch: stringifyYaml(operations), target } : { path: `${file}.patch.yaml`, target };
}

/** Whether every environment has the object, under the same name: a patch cannot select it otherwise. */
function isShared({ objects }: ObjectVariants): boolean {
  const names = new Set(objects.map((object) => (object === undefined ? undefined : nameOf(object))));
  return names.size === 1 && !names.has(undefined);
}

/** The base is what the first environment has. */
function baseOf({ objects }: ObjectVariants): JsonMap {
  return objects[0] ?? {};
}

function nameOf({ metadata }: JsonMap): string | undefined {
  return isJsonMap(metadata) && typeof metadata["name"] === "string" ? metadata["name"] : undefined;
}
