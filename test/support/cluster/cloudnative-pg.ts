import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { operatorImage } from "../images/images.js";
import { ApiObject } from "./api.js";
import type { RealCluster } from "./real-node.js";

const NAMESPACE = "cnpg-system";

const Deployment = z.looseObject({
  status: z.looseObject({ availableReplicas: z.number().optional() }),
});

/**
 * Installs the operator of CloudNativePG on a real node from its published manifest: its own flags, probes and webhooks. Only the
 * images are made here, so they are not pulled. `manager` is the program that `tools/install.sh` built. Returns its version.
 */
export async function startCloudNativePg(cluster: RealCluster, manager: string): Promise<string> {
  const { api, folder } = cluster.plane;
  const text = await readFile(join(dirname(manager), "manifest.yaml"), "utf8");
  const [, image = ""] = /^ {8}image: (\S+)$/m.exec(text) ?? [];
  await cluster.importImage(await operatorImage(join(folder, "operator-image"), image, manager));
  const local = text.replaceAll("imagePullPolicy: Always", "imagePullPolicy: IfNotPresent");
  for (const document of parseAllDocuments(local)) await api.apply(ApiObject.parse(document.toJS()));
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
  await api.waitFor("the operator is available", 120_000, path, Deployment, ([only]) => {
    return (only?.status.availableReplicas ?? 0) > 0;
  });
  return image.split(":").at(-1) ?? "";
}
