import { readFile } from "node:fs/promises";
import type { Connection } from "./connection.js";
import { readToken } from "./token-file.js";

const SERVICE_ACCOUNT_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The connection inside a pod: the address from the environment variables of the API server, the credentials from the mounted
 * service account. Undefined outside of a pod.
 */
export async function inClusterConnection(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Connection | undefined> {
  const host = environment["KUBERNETES_SERVICE_HOST"];
  const port = environment["KUBERNETES_SERVICE_PORT"];
  if (!host || !port) return undefined;
  const read = (name: string) => readFile(`${SERVICE_ACCOUNT_DIRECTORY}/${name}`, "utf8");
  const [authority, namespace] = await Promise.all([read("ca.crt"), read("namespace")]);
  return {
    description: "the pod's service account",
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    authority,
    verify: true,
    serverName: undefined,
    namespace: namespace.trim(),
    // The kubelet renews the token in its file.
    credentials: async () => ({
      client: undefined,
      authorization: `Bearer ${await readToken(`${SERVICE_ACCOUNT_DIRECTORY}/token`)}`,
    }),
  };
}
