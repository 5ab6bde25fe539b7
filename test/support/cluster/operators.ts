import { z } from "zod";
import type { Api, ApiObject } from "./api.js";

/** Kinds that an operator brings, which the control plane of the tests does not have by itself. */
const KINDS = [
  { group: "postgresql.cnpg.io", version: "v1", kind: "Cluster", plural: "clusters" },
  { group: "postgresql.cnpg.io", version: "v1", kind: "ScheduledBackup", plural: "scheduledbackups" },
];

const Definition = z.looseObject({
  status: z
    .looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).nullish() })
    .optional(),
});

/**
 * Defines the operators' kinds that some of `objects` are of. The operators' own schemas are not to be had where tests run
 * without a network, so the server judges these objects' identity and metadata; their fields are held by the types that
 * the renderer writes them with.
 */
export async function defineOperatorKinds(api: Api, objects: readonly ApiObject[]): Promise<void> {
  const used = KINDS.filter(({ group, kind }) =>
    objects.some((of) => of.kind === kind && of.apiVersion.startsWith(group)),
  );
  for (const { group, version, kind, plural } of used) {
    const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const name = `${plural}.${group}`;
    const known = await api.call("GET", `${path}/${name}`);
    if (known.status !== 200)
      await api.create(path, {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name },
        spec: {
          group,
          scope: "Namespaced",
          names: { kind, plural, singular: kind.toLowerCase() },
          versions: [
            {
              name: version,
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: {
                  type: "object",
                  properties: {
                    spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                    status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                  },
                },
              },
            },
          ],
        },
      });
    await established(api, `${path}/${name}`);
  }
}

async function established(api: Api, path: string): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (performance.now() < deadline) {
    const { status } = await api.get(path, Definition);
    if (status?.conditions?.some((condition) => condition.type === "Established" && condition.status === "True"))
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${path} was not established within 15 s`);
}
