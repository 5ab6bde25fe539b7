import type { Plan } from "../../plan/plan.js";
import type { Note } from "../note.js";
import { type GeneratedSecret, generatedSecrets } from "../secrets.js";
import { ownership } from "./metadata.js";

/** A Secret with generated values. It is in no rendered file: rendered files are kept in Git. */
export interface SecretManifest {
  readonly apiVersion: "v1";
  readonly kind: "Secret";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly type: "Opaque" | "kubernetes.io/basic-auth";
  /** Base64. */
  readonly data: Readonly<Record<string, string>>;
}

export function secretManifest(
  plan: Plan,
  secret: GeneratedSecret,
  values: Readonly<Record<string, string>>,
): SecretManifest {
  // CloudNativePG requires the type `basic-auth` for credentials. The type of a secret is immutable.
  const isAccount = "username" in secret.keys && "password" in secret.keys;
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: secret.name, namespace: plan.namespace, labels: ownership(plan) },
    type: isAccount ? "kubernetes.io/basic-auth" : "Opaque",
    data: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
    ),
  };
}

/** What is needed besides the rendered files when they are applied without `keelson deploy`. */
export function secretNotes(plan: Plan): readonly Note[] {
  const paths = new Map([...plan.secrets, ...plan.stores].map(({ name, path }) => [name, path]));
  return generatedSecrets(plan).map(({ name, keys }) => ({
    path: paths.get(name) ?? "platform",
    message: `the Secret ${name} (${Object.keys(keys).join(", ")}) is in no rendered file: keelson deploy generates it, and keelson secrets prints it for other tools`,
  }));
}
