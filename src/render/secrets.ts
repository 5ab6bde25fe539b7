import { INTERNAL_SECRET } from "../modules/tokens.js";
import type { Plan, Store } from "../plan/plan.js";
import { tokenKeysOf } from "../plan/secrets.js";
import { type SecretValue, STORES } from "../plan/stores/index.js";
import { runsAsContainers } from "./stores/containers.js";

/** A secret that is generated once and never overwritten. No rendered file contains its values. */
export interface GeneratedSecret {
  readonly name: string;
  readonly keys: Readonly<Record<string, SecretValue>>;
}

/** A secret that the user must create, because its values come from a provider. */
export interface ExternalSecret {
  readonly name: string;
  readonly keys: readonly string[];
  readonly from: string;
}

export function generatedSecrets(plan: Plan): readonly GeneratedSecret[] {
  const made = new Map<string, Record<string, SecretValue>>();
  const add = (name: string, keys: Record<string, SecretValue>) => made.set(name, { ...keys, ...made.get(name) });
  const tokens = tokenKeysOf(plan.units.flatMap(({ modules }) => modules));
  if (tokens.length > 0)
    add(INTERNAL_SECRET, Object.fromEntries(tokens.map((key) => [key, { kind: "random", bytes: 32 } as const])));
  for (const store of plan.stores) if (runsAsContainers(store)) add(store.name, storeRecipes(store));
  const managed = new Set(plan.stores.filter(({ provider }) => provider.kind === "managed").map(({ name }) => name));
  for (const secret of plan.secrets)
    if (secret.from === "generated" && !managed.has(secret.name))
      add(secret.name, Object.fromEntries(secret.keys.map((key) => [key, made.get(secret.name)?.[key] ?? random])));
  return [...made].filter(([, keys]) => Object.keys(keys).length > 0).map(([name, keys]) => ({ name, keys }));
}

/** The generated secrets of several environments of a platform, each name once. */
export function generatedInAny(plans: readonly Plan[]): readonly GeneratedSecret[] {
  return [...new Map(plans.flatMap(generatedSecrets).map((secret) => [secret.name, secret])).values()];
}

export function externalSecrets(plan: Plan): readonly ExternalSecret[] {
  const stores = plan.stores
    .filter((store) => store.provider.kind === "managed")
    .map((store) => ({ name: store.name, keys: STORES[store.kind].secret.clientKeys, from: store.provider.product }));
  const named = new Set(stores.map((store) => store.name));
  const others = plan.secrets
    .filter((secret) => secret.from !== "generated" && !named.has(secret.name))
    .map((secret) => ({ name: secret.name, keys: secret.keys, from: secret.from }));
  return [...stores, ...others];
}

const random: SecretValue = { kind: "random", bytes: 24 };

function storeRecipes(store: Store): Readonly<Record<string, SecretValue>> {
  return STORES[store.kind].secret.values(`${store.name}:${store.port}`);
}
