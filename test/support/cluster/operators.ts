import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { requirement } from "../requirements.js";
import { type Api, ApiObject } from "./api.js";

/** The folders of `tools/install.sh schemas` with the published definitions of operators. */
const FOLDERS = [
  "argo-cd",
  "barman-cloud",
  "cert-manager",
  "cloudnative-pg",
  "gateway-api",
  "prometheus-operator",
  "velero",
  "vertical-pod-autoscaler",
];

const Published = ApiObject.extend({
  kind: z.literal("CustomResourceDefinition"),
  spec: z.looseObject({ group: z.string(), names: z.looseObject({ kind: z.string() }) }),
});
type Published = z.infer<typeof Published>;

const Definition = z.looseObject({
  status: z
    .looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).nullish() })
    .optional(),
});

/** The published definition of a kind; undefined for a kind of Kubernetes itself. */
function published(group: string, kind: string): Published | undefined {
  const answer = requirement("schemas");
  if (!answer.ok) throw new Error(answer.reason);
  for (const folder of FOLDERS)
    for (const file of readdirSync(join(answer.path, folder))) {
      const text = readFileSync(join(answer.path, folder, file), "utf8");
      // Parsing all of them would take seconds.
      if (!text.includes(`  group: ${group}\n`) || !text.includes(`    kind: ${kind}\n`)) continue;
      for (const document of parseAllDocuments(text)) {
        const { success, data } = Published.safeParse(document.toJS());
        if (success && data.spec.group === group && data.spec.names.kind === kind) return data;
      }
    }
  return undefined;
}

/**
 * Creates the published CustomResourceDefinitions of the operators' kinds among `objects`, so that the API server validates them
 * as in a cluster with these operators.
 */
export async function defineOperatorKinds(api: Api, objects: readonly ApiObject[]): Promise<void> {
  const kinds = new Set(objects.map(({ apiVersion, kind }) => `${apiVersion.split("/")[0]} ${kind}`));
  for (const [group = "", kind = ""] of [...kinds].map((name) => name.split(" "))) {
    const definition = published(group, kind);
    if (definition === undefined) continue;
    await api.apply(definition);
    await established(api, await api.pathOf(definition));
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
