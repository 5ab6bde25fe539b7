import { z } from "zod";
import type { Api, ApiObject } from "./api.js";

/** Custom resources of operators that are not installed in the control plane of the tests. */
const KINDS = [
  { group: "postgresql.cnpg.io", version: "v1", kind: "Cluster", plural: "clusters" },
  { group: "postgresql.cnpg.io", version: "v1", kind: "ScheduledBackup", plural: "scheduledbackups" },
  { group: "barmancloud.cnpg.io", version: "v1", kind: "ObjectStore", plural: "objectstores" },
  { group: "gateway.networking.k8s.io", version: "v1", kind: "Gateway", plural: "gateways" },
  { group: "gateway.networking.k8s.io", version: "v1", kind: "HTTPRoute", plural: "httproutes" },
];

const Definition = z.looseObject({
  status: z
    .looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).nullish() })
    .optional(),
});

/**
 * Creates CustomResourceDefinitions for the operators' kinds among `objects`. The schemas of the operators are not available
 * without a network, so the API server validates only the identity and metadata of these objects; TypeScript checks their
 * fields in the renderer.
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
        // Required for groups below k8s.io; the value says that these are not the published definitions.
        metadata: { name, annotations: { "api-approved.kubernetes.io": "unapproved, for tests" } },
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
