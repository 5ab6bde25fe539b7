import { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Plan } from "../../plan/plan.js";
import { missingValues } from "../../render/realise-secret.js";
import { externalSecrets, type GeneratedSecret, generatedSecrets } from "../../render/secrets.js";
import type { KubernetesClient } from "../client.js";
import type { LiveObject } from "../live-object.js";
import { ownedLabels } from "./live-state.js";

const Data = z.looseObject({ data: z.record(z.string(), z.string()).default({}) });

/** What deploy does with one secret of the platform. */
export interface SecretStep {
  readonly name: string;
  readonly action: "create" | "complete" | "keep";
  readonly missing: readonly string[];
  readonly live: LiveObject | undefined;
  readonly secret: GeneratedSecret;
}

/**
 * Compares the secrets that the platform needs with those in the cluster.
 *
 * @throws KeelsonError `deploy/missing-secret` with every secret that the user must provide and that does not exist.
 */
export async function decideSecrets(client: KubernetesClient, plan: Plan): Promise<readonly SecretStep[]> {
  const read = async (name: string) => {
    const live = await client.get({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: plan.namespace } });
    return { live, keys: live ? Object.keys(Data.parse(live).data) : [] };
  };
  const absent: string[] = [];
  for (const external of externalSecrets(plan)) {
    const { keys } = await read(external.name);
    const missing = external.keys.filter((key) => !keys.includes(key));
    if (missing.length > 0) absent.push(`${external.name} (${external.from}) lacks ${missing.join(", ")}`);
  }
  if (absent.length > 0)
    throw new KeelsonError("deploy/missing-secret", "secrets that you must provide are missing", {
      details: absent,
      hint: `kubectl create secret generic NAME -n ${plan.namespace} --from-file=KEY=FILE`,
    });
  const steps: SecretStep[] = [];
  for (const secret of generatedSecrets(plan)) {
    const { live, keys } = await read(secret.name);
    const missing = Object.keys(secret.keys).filter((key) => !keys.includes(key));
    const action = !live ? "create" : missing.length > 0 ? "complete" : "keep";
    steps.push({ name: secret.name, action, missing, live, secret });
  }
  return steps;
}

/** Creates missing secrets and keys; existing values are not changed. `random(bytes)` must return URL-safe text. */
export async function writeSecret(
  client: KubernetesClient,
  plan: Plan,
  step: SecretStep,
  random: (bytes: number) => string,
  dryRun: boolean,
): Promise<void> {
  if (step.action === "keep") return;
  const existing = step.live ? decoded(Data.parse(step.live).data) : {};
  const object = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: step.name, namespace: plan.namespace, labels: { ...ownedLabels(plan) } },
    // Only missing keys are applied, so other field managers keep the ownership of existing keys.
    data: encoded(missingValues(step.secret, existing, random)),
  };
  // If another deploy creates the secret at the same time, `create` fails, where `apply` would overwrite it.
  if (step.action === "create") await client.create({ ...object, ...typeOf(step.secret) }, { dryRun });
  else await client.apply(object, { dryRun, manager: `keelson-${step.missing.join("-")}` });
}

/** CloudNativePG requires the type `basic-auth` for credentials. The type of a secret is immutable. */
function typeOf(secret: GeneratedSecret): { readonly type: string } {
  const isAccount = "username" in secret.keys && "password" in secret.keys;
  return { type: isAccount ? "kubernetes.io/basic-auth" : "Opaque" };
}

function encoded(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
}

function decoded(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
  );
}
