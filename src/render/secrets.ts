import type { Plan, Store, Unit } from "../plan/plan.js";
import { INTERNAL_SECRET } from "../plan/secrets.js";
import { type SecretValue, STORES } from "../plan/stores/index.js";
import { runsAsContainers } from "./stores/containers.js";

/** A secret that is made on first use and then never written again: its values are in no rendered file. */
export interface GeneratedSecret {
  readonly name: string;
  readonly keys: Readonly<Record<string, SecretValue>>;
}

/** A secret that somebody else must have put in place, because its provider knows the values. */
export interface ExternalSecret {
  readonly name: string;
  readonly keys: readonly string[];
  readonly from: string;
}

/** A secret as one process sees it: some keys, in a directory below the one of all secrets. */
export interface SecretMount {
  readonly secret: string;
  readonly directory: string;
  readonly keys: readonly string[];
}

export function generatedSecrets(plan: Plan): readonly GeneratedSecret[] {
  const made = new Map<string, Record<string, SecretValue>>();
  const add = (name: string, keys: Record<string, SecretValue>) => made.set(name, { ...keys, ...made.get(name) });
  if (plan.units.some((unit) => unit.modules.length > 0))
    add(INTERNAL_SECRET, { token: { kind: "random", bytes: 32 } });
  for (const store of plan.stores) if (runsAsContainers(store)) add(store.name, storeRecipes(store));
  for (const secret of plan.secrets)
    if (secret.from === "generated" && !isManagedStore(plan, secret.name))
      add(secret.name, Object.fromEntries(secret.keys.map((key) => [key, made.get(secret.name)?.[key] ?? random])));
  return [...made].filter(([, keys]) => Object.keys(keys).length > 0).map(([name, keys]) => ({ name, keys }));
}

export function externalSecrets(plan: Plan): readonly ExternalSecret[] {
  const stores = plan.stores
    .filter((store) => store.provider.kind === "managed")
    .map((store) => ({ name: store.name, keys: callerKeys(store), from: store.provider.product }));
  const named = new Set(stores.map((store) => store.name));
  const others = plan.secrets
    .filter((secret) => secret.from !== "generated" && !named.has(secret.name))
    .map((secret) => ({ name: secret.name, keys: secret.keys, from: secret.from }));
  return [...stores, ...others];
}

/** What a unit may read: what it declares, the way into each store that it calls, and the modules' own token. */
export function mountedSecrets(plan: Plan, unit: Pick<Unit, "name" | "modules" | "secrets">): readonly SecretMount[] {
  const mounts = new Map<string, SecretMount>();
  const add = (mount: SecretMount) => {
    if (!mounts.has(mount.directory)) mounts.set(mount.directory, mount);
  };
  for (const store of calledStores(plan, unit)) {
    if (!runsAsContainers(store) && store.provider.kind !== "managed") continue;
    const usual = STORES[store.kind].secret.directory;
    const directory = unit.modules.length === 0 || mounts.has(usual) ? store.name : usual;
    add({ secret: store.name, directory, keys: callerKeys(store) });
  }
  if (unit.modules.length > 0) add({ secret: INTERNAL_SECRET, directory: INTERNAL_SECRET, keys: ["token"] });
  const mounted = new Set([...mounts.values()].map((mount) => mount.secret));
  for (const name of unit.secrets) {
    const declared = plan.secrets.find((secret) => secret.name === name);
    if (declared && !mounted.has(name)) add({ secret: name, directory: name, keys: declared.keys });
  }
  return [...mounts.values()];
}

/** What a store's own server needs: the passwords, but not the address that is made of one. */
export function storeSecretMount(store: Store): SecretMount {
  const recipes = Object.entries(storeRecipes(store));
  const keys = recipes.flatMap(([key, recipe]) => (recipe.kind === "random" ? key : []));
  return { secret: store.name, directory: store.name, keys };
}

/** What a caller of a store must know. */
function callerKeys(store: Store): readonly string[] {
  return STORES[store.kind].secret.clientKeys;
}

const random: SecretValue = { kind: "random", bytes: 24 };

function storeRecipes(store: Store): Readonly<Record<string, SecretValue>> {
  return STORES[store.kind].secret.values(`${store.name}:${store.port}`);
}

function calledStores(plan: Plan, unit: Pick<Unit, "name">): readonly Store[] {
  const called = new Set(
    plan.edges.filter((edge) => edge.from === unit.name && edge.kind === "store").map((e) => e.to),
  );
  return plan.stores.filter((store) => called.has(store.name));
}

function isManagedStore(plan: Plan, name: string): boolean {
  return plan.stores.some((store) => store.name === name && store.provider.kind === "managed");
}
