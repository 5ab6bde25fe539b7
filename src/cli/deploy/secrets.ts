import { randomBytes } from "node:crypto";
import { createFile } from "../../disk/atomic-file.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import { secretManifest } from "../../render/kubernetes/secret.js";
import { missingValues } from "../../render/realise-secret.js";
import { externalSecrets, generatedSecrets } from "../../render/secrets.js";
import { stringifyYaml } from "../../render/yaml.js";
import { fileOrDefault, loadPlan } from "../platform/load.js";
import { printDocument, printError } from "../terminal/output.js";

export interface SecretsOptions {
  readonly environment?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** `keelson secrets`. */
export async function secrets(given: string | undefined, options: SecretsOptions): Promise<void> {
  const plan = await loadPlan(await fileOrDefault(given, "read"), options.environment);
  const manifests = generatedSecrets(plan).map((secret) =>
    secretManifest(
      plan,
      secret,
      missingValues(secret, {}, (bytes) => randomBytes(bytes).toString("base64url")),
    ),
  );
  const documents = options.json
    ? `${JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests }, null, 2)}\n`
    : manifests.map((manifest) => `---\n${stringifyYaml(manifest)}`).join("");
  if (options.output === undefined) printDocument(documents);
  else await writeNew(options.output, documents);
  printError(
    `${manifests.length} ${manifests.length === 1 ? "Secret" : "Secrets"} of ${plan.platform} (${plan.environment}) with new random values, not encrypted: never commit them. ` +
      "Encrypt them (kubeseal, sops), or pipe them to kubectl create -f -, which does not replace an existing Secret.\n",
  );
  for (const { name, keys, from } of externalSecrets(plan))
    printError(`not included, because you must provide it: Secret ${name} (${keys.join(", ")}) from ${from}\n`);
}

/** Never overwrites: the values of an earlier run may be in use. */
async function writeNew(path: string, text: string): Promise<void> {
  try {
    await createFile(path, text, 0o600);
  } catch (error) {
    throw new KeelsonError("secrets/unwritable", `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}
