import { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Plan, Store } from "../../plan/plan.js";
import { contentHash } from "../../render/canonical.js";
import { FIRST_UNPRIVILEGED_PORT } from "../../render/kubernetes/network-policy.js";
import { type SecretManifest, secretManifest } from "../../render/kubernetes/secret.js";
import { missingValues } from "../../render/realise-secret.js";
import { externalSecrets, type GeneratedSecret, generatedSecrets } from "../../render/secrets.js";
import { FIELD_MANAGER, type KubernetesClient } from "../client.js";
import type { LiveObject, ObjectReference } from "../live-object.js";
import { ownersOf } from "./field-owner.js";
import { covers } from "./field-set.js";

const Data = z.looseObject({ data: z.record(z.string(), z.string()).default({}) });

/** What deploy does with one secret of the platform. */
export interface SecretStep {
  readonly name: string;
  readonly action: "create" | "complete" | "keep";
  readonly missing: readonly string[];
  readonly warnings: readonly string[];
  readonly live: LiveObject | undefined;
  readonly secret: GeneratedSecret;
  readonly reference: ObjectReference;
}

/**
 * Compares the secrets that the platform needs with those in the cluster.
 *
 * @throws KeelsonError `deploy/missing-secret` with every secret that the user must provide and that does not exist, and
 *   `deploy/port-mismatch` with every managed store whose address has another port than planned.
 */
export async function decideSecrets(client: KubernetesClient, plan: Plan): Promise<readonly SecretStep[]> {
  const referenceOf = (name: string): ObjectReference => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: plan.namespace },
  });
  const read = async (name: string) => {
    const live = await client.get(referenceOf(name));
    const data = live ? Data.parse(live).data : {};
    return { live, data, keys: Object.keys(data) };
  };
  const absent: string[] = [];
  const misdirected: string[] = [];
  for (const external of externalSecrets(plan)) {
    const { keys, data } = await read(external.name);
    const store = plan.stores.find(({ name }) => name === external.name);
    const { url } = decoded(data);
    const problem = store && url !== undefined ? portProblem(plan, store, url) : undefined;
    if (problem !== undefined) misdirected.push(problem);
    const missing = external.keys.filter((key) => !keys.includes(key));
    if (missing.length > 0) absent.push(`${external.name} (${external.from}) lacks ${missing.join(", ")}`);
  }
  if (absent.length > 0)
    throw new KeelsonError("deploy/missing-secret", "secrets that you must provide are missing", {
      details: absent,
      hint: `kubectl create secret generic NAME -n ${plan.namespace} --from-file=KEY=FILE`,
    });
  if (misdirected.length > 0)
    throw new KeelsonError(
      "deploy/port-mismatch",
      "the network policies would block the connections to managed stores",
      {
        details: misdirected,
        hint: "set the port of the address in the platform file, or correct the secret",
      },
    );
  const steps: SecretStep[] = [];
  for (const secret of generatedSecrets(plan)) {
    const { live, keys } = await read(secret.name);
    const missing = Object.keys(secret.keys).filter((key) => !keys.includes(key));
    const action = !live ? "create" : missing.length > 0 ? "complete" : "keep";
    const extra = keys.filter((key) => !Object.hasOwn(secret.keys, key));
    const warnings = extra.map((key) => extraKey(secret.name, key, live));
    steps.push({ name: secret.name, action, missing, warnings, live, secret, reference: referenceOf(secret.name) });
  }
  return steps;
}

/** The ports of URLs that state none. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "postgres:": 5432,
  "postgresql:": 5432,
  "redis:": 6379,
  "rediss:": 6379,
  "amqp:": 5672,
  "amqps:": 5671,
};

function opens({ port, portUnknown }: Store, used: number): boolean {
  return portUnknown ? used >= FIRST_UNPRIVILEGED_PORT : used === port;
}

/**
 * Network policies open the planned port only, or every unprivileged one if the provider assigns it; the provider's address is known
 * from the secret alone.
 */
function portProblem({ security }: Plan, store: Store, url: string): string | undefined {
  if (security.network === "open") return undefined;
  const address = URL.canParse(url.trim()) ? new URL(url.trim()) : undefined;
  const port = address && (address.port === "" ? DEFAULT_PORTS[address.protocol] : Number(address.port));
  if (port === undefined || opens(store, port)) return undefined;
  const open = store.portUnknown ? `ports from ${FIRST_UNPRIVILEGED_PORT}` : `port ${store.port}`;
  return `secret ${store.name} (url) connects to port ${port}, and the network policies open ${open}: set "port: ${port}" at ${store.path}`;
}

/** A key that deploy did not generate may be the only copy of a value, so it is reported and kept. */
function extraKey(name: string, key: string, live: LiveObject | undefined): string {
  const owner = live && ownersOf(live).find(({ fields }) => covers(fields, ["f:data", `f:${key}`]));
  return `Secret ${name}: .data.${key} is not declared${owner ? ` (by ${owner.name})` : ""}; kept, because deploy deletes no secret values`;
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
  const values = missingValues(step.secret, existing, random);
  const manifest = secretManifest(plan, step.secret, values);
  // If another deploy creates the secret at the same time, `create` fails, where `apply` would overwrite it.
  if (step.action === "create") await client.create(manifest, { dryRun });
  // Only missing keys are applied, so other field managers keep the ownership of existing keys.
  else await client.apply(withoutType(manifest), { dryRun, manager: managerOf(step.missing) });
}

/** The longest name of a field manager (apimachinery, `FieldManagerMaxLength`). */
const MAX_MANAGER_LENGTH = 128;

/** A field manager for these keys, so that their apply does not remove the keys of an earlier one. */
function managerOf(keys: readonly string[]): string {
  const name = `${FIELD_MANAGER}-${keys.join("-")}`;
  return name.length <= MAX_MANAGER_LENGTH ? name : `${FIELD_MANAGER}-${contentHash(name, 16)}`;
}

/** The type of an existing secret cannot change. */
function withoutType({ type: _, ...secret }: SecretManifest): ObjectReference {
  return secret;
}

function decoded(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
  );
}
