import type { SecretInput } from "../platform-file/schema/secrets.js";
import type { PlanContext } from "./context.js";
import type { Edge, Model, Secret, Store, Unit } from "./plan.js";
import { STORES } from "./stores/index.js";

/** The token by which a platform's own modules know each other: `internal/token`. */
export const INTERNAL_SECRET = "internal";

/**
 * Declared secrets, and those that follow from the calls: a store's address for whoever calls it, the keys of a model's
 * upstreams for whoever calls the model, the internal token for everything that runs modules. The units given back
 * mount them.
 */
export function planSecrets(
  context: PlanContext,
  units: readonly Unit[],
  models: readonly Model[],
  stores: readonly Store[],
  edges: readonly Edge[],
): { readonly secrets: Secret[]; readonly units: Unit[] } {
  const secrets = new Map<string, Secret>();
  for (const [name, written] of Object.entries(context.settings.secrets ?? {}))
    secrets.set(name, declared(context, name, written));
  const follow = (name: string, keys: readonly string[], why: string): void => {
    const standing = secrets.get(name);
    if (standing) secrets.set(name, { ...standing, keys: [...new Set([...standing.keys, ...keys])] });
    else {
      const scope = context.provenance.at("secrets");
      scope.recordDefault(name, why);
      secrets.set(name, { name, path: scope.pathOf(name), keys, from: "generated", rotate: undefined });
    }
  };

  const byStore = new Map(stores.map((store) => [store.name, store]));
  const mounts = new Map<string, Set<string>>();
  const mount = (unit: string, secret: string): void => {
    const set = mounts.get(unit);
    if (set) set.add(secret);
    else mounts.set(unit, new Set([secret]));
  };
  for (const edge of edges) {
    const store = edge.kind === "store" ? byStore.get(edge.to) : undefined;
    if (!store) continue;
    follow(store.name, STORES[store.kind].secret.clientKeys, `the address of \`${store.name}\`, for whoever calls it`);
    mount(edge.from, store.name);
  }
  const keys = upstreamSecrets(models);
  for (const unit of units) {
    if (unit.modules.length > 0 || unit.sidecars.some(({ modules }) => modules.length > 0)) {
      follow(INTERNAL_SECRET, ["token"], "modules prove to each other that they are of one platform");
      mount(unit.name, INTERNAL_SECRET);
    }
    if (unit.modules.includes("gateway")) for (const secret of keys) mount(unit.name, secret);
  }
  return {
    secrets: [...secrets.values()],
    units: units.map((unit) => {
      const implied = mounts.get(unit.name);
      return implied ? { ...unit, secrets: [...new Set([...unit.secrets, ...implied])] } : unit;
    }),
  };
}

function declared(context: PlanContext, name: string, written: SecretInput): Secret {
  const scope = context.provenance.at("secrets", name);
  const { cloud } = context;
  const managed = cloud === "aws" ? "aws-secrets-manager" : cloud === "linode" ? "linode-secret-manager" : undefined;
  const why = managed ? "the cloud's own secret store" : "values are files that a person puts there";
  return {
    name,
    path: scope.path,
    keys: written.keys,
    from: scope.pick("from", written.from, managed ?? "file", why),
    rotate: written.rotate,
  };
}

function upstreamSecrets(models: readonly Model[]): Set<string> {
  const names = models.flatMap(({ upstreams }) => upstreams.map(({ secret }) => secret?.split("/")[0]));
  return new Set(names.filter((name) => name !== undefined));
}
