import { parse } from "yaml";
import { z } from "zod";
import type { Plan } from "../../../src/plan/plan.js";
import { VELERO_NAMESPACE } from "../../../src/plan/velero.js";
import { targets } from "../../../src/render/targets.js";
import { type Api, ApiObject } from "./api.js";
import { defineOperatorKinds } from "./operators.js";

/** The objects of a plan, parsed from the rendered files. */
export function renderedObjects(plan: Plan): readonly ApiObject[] {
  const { files } = targets.kubernetes.render(plan);
  return files.map(({ text }) => ApiObject.parse(parse(text)));
}

/**
 * Applies all objects with strict validation. Only the CustomResourceDefinitions of operators are created besides: any other
 * missing prerequisite is a defect of the renderer.
 */
export async function applyAll(api: Api, objects: readonly ApiObject[]): Promise<void> {
  await defineOperatorKinds(api, objects);
  await createNamespaceOfVelero(api, objects);
  for (const object of objects) await api.apply(object);
}

/** The namespace of Velero exists with its installation. */
export async function createNamespaceOfVelero(api: Api, objects: readonly ApiObject[]): Promise<void> {
  if (objects.some(({ metadata }) => metadata.namespace === VELERO_NAMESPACE))
    await api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: VELERO_NAMESPACE } });
}

const Named = z.looseObject({ name: z.string() });
const Container = z.looseObject({ image: z.string() });
const PodSpec = z.looseObject({
  containers: z.array(Container),
  initContainers: z.array(Container).optional(),
  volumes: z.array(Named).optional(),
});
const PodTemplate = z.looseObject({ metadata: z.looseObject({}).optional(), spec: PodSpec });
const Templated = z.looseObject({
  spec: z.looseObject({
    template: PodTemplate,
    volumeClaimTemplates: z.array(z.looseObject({ metadata: Named })).optional(),
  }),
});
const Cron = z.looseObject({ spec: z.looseObject({ jobTemplate: Templated }) });

/**
 * The pod of a workload object; undefined for other kinds. The volume claim templates of a StatefulSet become claims with the
 * names of the templates.
 */
export function podTemplate(object: ApiObject): z.infer<typeof PodTemplate> | undefined {
  const cron = Cron.safeParse(object);
  const templated = Templated.safeParse(cron.success ? cron.data.spec.jobTemplate : object);
  if (!templated.success) return undefined;
  const { template, volumeClaimTemplates = [] } = templated.data.spec;
  const claims = volumeClaimTemplates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }));
  return { ...template, spec: { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...claims] } };
}

/** The images that the objects' pods run, each once. */
export function imagesOf(objects: readonly ApiObject[]): readonly string[] {
  const specs = objects.flatMap((object) => podTemplate(object)?.spec ?? []);
  return [
    ...new Set(specs.flatMap((spec) => [...spec.containers, ...(spec.initContainers ?? [])]).map(({ image }) => image)),
  ];
}
