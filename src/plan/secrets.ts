import { descriptorsOf, tokensOf } from "../modules/index.js";
import { INTERNAL_SECRET, TOKEN_KEYS } from "../modules/tokens.js";
import type { SecretInput } from "../platform-file/schema/secrets.js";
import { CLOUDS } from "./clouds/index.js";
import type { PlanContext } from "./context.js";
import type { Edge, Model, Secret, SecretMount, Store, Unit } from "./plan.js";
import { hasServer, STORES } from "./stores/index.js";

/** Keys of the tokens that a container with these modules needs: a process that only serves a model has the token of the engines alone. */
export function tokenKeysOf(modules: readonly string[]): readonly string[] {
  return tokensOf(modules).map((audience) => TOKEN_KEYS[audience]);
}

/** A secret that the platform file lists on a container, by name. Its keys are resolved once all secrets are planned. */
export function declaredMounts(names: readonly string[] | undefined): SecretMount[] {
  return (names ?? []).map((name) => ({ secret: name, directory: name, keys: [] }));
}

/**
 * The secrets of a platform: those that the platform file declares, the addresses of the stores that units call, and the
 * internal token of everything that runs modules. Returns the units with the secrets that each of their containers mounts.
 */
export function planSecrets(
  context: PlanContext,
  units: readonly Unit[],
  models: readonly Model[],
  stores: readonly Store[],
  edges: readonly Edge[],
): { readonly secrets: Secret[]; readonly units: Unit[] } {
  const secrets = new Map<string, Secret>();
  for (const [name, input] of Object.entries(context.settings.secrets ?? {}))
    secrets.set(name, declared(context, name, input));
  const add = (name: string, keys: readonly string[], why: string): void => {
    const existing = secrets.get(name);
    if (existing) secrets.set(name, { ...existing, keys: [...new Set([...existing.keys, ...keys])] });
    else {
      const scope = context.provenance.at("secrets");
      scope.recordDefault(name, why);
      secrets.set(name, { name, path: scope.pathOf(name), keys, from: "generated", rotate: undefined });
    }
  };
  const byName = new Map(stores.map((store) => [store.name, store]));
  for (const edge of edges) {
    const store = edge.kind === "store" ? byName.get(edge.to) : undefined;
    if (store)
      add(store.name, STORES[store.kind].secret.clientKeys, `the address of \`${store.name}\`, for its clients`);
  }
  if (units.some(runsModules))
    add(
      INTERNAL_SECRET,
      tokenKeysOf(units.flatMap(modulesOf)),
      "processes of one platform authenticate to each other by its tokens",
    );
  return { secrets: [...secrets.values()], units: mountSecrets({ units, models, stores, edges, secrets }) };
}

export interface MountInputs {
  readonly units: readonly Unit[];
  readonly models: readonly Model[];
  readonly stores: readonly Store[];
  readonly edges: readonly Edge[];
  readonly secrets: ReadonlyMap<string, Secret>;
}

/**
 * The units with the secrets of each container. A container that runs modules mounts the first store of a kind under the
 * kind's directory, where modules read it; everything else is mounted under its own name.
 */
export function mountSecrets({ units, models, stores, edges, secrets }: MountInputs): Unit[] {
  const upstreamKeys = upstreamSecrets(models);
  const calledBy = storesByCaller(stores, edges);
  return units.map((unit) => {
    const called = calledBy.get(unit.name) ?? [];
    const implied = [
      ...called.map(({ name }) => name),
      ...(runsModules(unit) ? [INTERNAL_SECRET] : []),
      ...(descriptorsOf(unit.modules).some(({ callsUpstreams }) => callsUpstreams) ? upstreamKeys : []),
    ];
    return {
      ...unit,
      secrets: mountsOf(unit, called, implied, secrets),
      sidecars: unit.sidecars.map((sidecar) => ({ ...sidecar, secrets: mountsOf(sidecar, called, [], secrets) })),
    };
  });
}

/** The stores that each unit calls, in the order of the platform file. Linear in the number of edges and stores. */
function storesByCaller(stores: readonly Store[], edges: readonly Edge[]): ReadonlyMap<string, readonly Store[]> {
  const callers = new Map<string, Set<string>>();
  for (const { from, to, kind } of edges)
    if (kind === "store") callers.set(to, (callers.get(to) ?? new Set()).add(from));
  const called = new Map<string, Store[]>();
  for (const store of stores)
    for (const caller of callers.get(store.name) ?? []) {
      const list = called.get(caller);
      if (list) list.push(store);
      else called.set(caller, [store]);
    }
  return called;
}

function mountsOf(
  container: Pick<Unit, "modules" | "secrets">,
  called: readonly Store[],
  implied: readonly string[],
  secrets: ReadonlyMap<string, Secret>,
): SecretMount[] {
  const mounts = new Map<string, SecretMount>();
  const add = (mount: SecretMount): void => {
    if (!mounts.has(mount.directory)) mounts.set(mount.directory, mount);
  };
  const modules = container.modules.length > 0;
  for (const store of called.filter(hasServer)) {
    const { directory, clientKeys } = STORES[store.kind].secret;
    add({
      secret: store.name,
      directory: modules && !mounts.has(directory) ? directory : store.name,
      keys: clientKeys,
    });
  }
  if (modules) add({ secret: INTERNAL_SECRET, directory: INTERNAL_SECRET, keys: tokenKeysOf(container.modules) });
  const mounted = new Set([...mounts.values()].map(({ secret }) => secret));
  for (const name of [...container.secrets.map(({ secret }) => secret), ...implied]) {
    const secret = secrets.get(name);
    if (secret && !mounted.has(name)) add({ secret: name, directory: name, keys: secret.keys });
  }
  return [...mounts.values()];
}

function modulesOf({ modules, sidecars }: Unit): readonly string[] {
  return [...modules, ...sidecars.flatMap((sidecar) => sidecar.modules)];
}

function runsModules({ modules, sidecars }: Unit): boolean {
  return modules.length > 0 || sidecars.some((sidecar) => sidecar.modules.length > 0);
}

function declared(context: PlanContext, name: string, input: SecretInput): Secret {
  const scope = context.provenance.at("secrets", name);
  const { from, why } = CLOUDS[context.cloud].secretStore;
  return {
    name,
    path: scope.path,
    keys: input.keys,
    from: scope.pick("from", input.from, from, why),
    rotate: input.rotate,
  };
}

/** Secrets with the API keys of models' upstream servers. */
function upstreamSecrets(models: readonly Model[]): string[] {
  const names = models.flatMap(({ upstreams }) => upstreams.map(({ secret }) => secret?.split("/")[0]));
  return [...new Set(names.filter((name) => name !== undefined))];
}
