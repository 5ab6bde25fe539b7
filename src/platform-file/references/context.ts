import type { ErrorCode } from "../../errors/catalogue.js";
import { many } from "../one-or-many.js";
import type { Segment } from "../path.js";
import type { ModelInput } from "../schema/models.js";
import type { Settings } from "../schema/platform.js";
import type { ServiceInput } from "../schema/services.js";
import { isBucketInput } from "../schema/stores.js";
import { child, type Mapping } from "../tree.js";

export type SettingPath = readonly Segment[];
export type Workload = ServiceInput | ModelInput;

/** A broken reference or a contradiction. `index.ts` turns it into a diagnostic at the place of `path`. */
export interface ReferenceProblem {
  readonly path: SettingPath;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Instead of a hint: the unknown name, and the valid names to suggest from. */
  readonly candidates?: { readonly name: string; readonly known: Iterable<string> };
  readonly severity?: "error" | "warning";
}

/** One check over the settings of one environment. Pure. */
export type ReferenceCheck = (context: ReferenceContext) => Iterable<ReferenceProblem>;

/** A top-level group whose keys other parts of the file refer to. */
export type Group = "classes" | "entrances" | "models" | "nodes" | "policies" | "secrets" | "services" | "stores";

/** The settings of one environment, and the names that other parts of the file may refer to. */
export interface ReferenceContext {
  readonly settings: Settings;
  readonly services: ReadonlyMap<string, ServiceInput>;
  readonly models: ReadonlyMap<string, ModelInput>;
  /** Services and models with their paths. */
  readonly workloads: readonly { readonly at: SettingPath; readonly name: string; readonly workload: Workload }[];
  /** Names of everything that can be called: services, models and stores. */
  readonly callable: ReadonlySet<string>;
  readonly buckets: ReadonlySet<string>;
  readonly pools: ReadonlySet<string>;
  /** Services that run in another workload's replica, and that workload. They have no address of their own. */
  readonly hostOf: ReadonlyMap<string, string>;
  /** Whether a name is declared in the base; this environment removed it with `null`. */
  isRemoved(name: string, groups: readonly Group[]): boolean;
}

export function referenceContext(settings: Settings, base: Mapping): ReferenceContext {
  const services = new Map(Object.entries(settings.services ?? {}));
  const models = new Map(Object.entries(settings.models ?? {}));
  const stores = Object.entries(settings.stores ?? {});
  const workloads = [
    ...[...services].map(([name, workload]) => ({ at: ["services", name], name, workload })),
    ...[...models].map(([name, workload]) => ({ at: ["models", name], name, workload })),
  ];
  return {
    settings,
    services,
    models,
    workloads,
    callable: new Set([...services.keys(), ...models.keys(), ...stores.map(([name]) => name)]),
    buckets: new Set(stores.filter(([, store]) => isBucketInput(store)).map(([name]) => name)),
    pools: new Set(Object.keys(settings.nodes ?? {})),
    hostOf: new Map(workloads.flatMap(({ name, workload }) => many(workload.beside).map((other) => [other, name]))),
    isRemoved: (name, groups) =>
      groups.some((group) => {
        const declared = child(base, group);
        return declared !== undefined && child(declared, name) !== undefined;
      }),
  };
}

/** A volume with settings of its own, and its path. */
export interface DeclaredVolume {
  readonly at: SettingPath;
  readonly volume: Exclude<NonNullable<Workload["volumes"]>[string], number>;
}

/** The volumes of workloads and of their sidecars, without those that are only a size. */
export function declaredVolumes({ workloads }: ReferenceContext): readonly DeclaredVolume[] {
  const containers = workloads.flatMap(({ at, workload }) => [
    { at, volumes: workload.volumes },
    ...("sidecars" in workload ? Object.entries(workload.sidecars ?? {}) : []).map(([name, { volumes }]) => ({
      at: [...at, "sidecars", name],
      volumes,
    })),
  ]);
  return containers.flatMap(({ at, volumes }) =>
    Object.entries(volumes ?? {}).flatMap(([name, volume]) =>
      typeof volume === "object" ? [{ at: [...at, "volumes", name], volume }] : [],
    ),
  );
}

/** A reference to `name`, a `kind` of component, which is not among the `known` names of `groups`. */
export function unknownReference(
  context: ReferenceContext,
  path: SettingPath,
  {
    kind,
    name,
    known,
    groups,
  }: {
    readonly kind: string;
    readonly name: string;
    readonly known: Iterable<string>;
    readonly groups: readonly Group[];
  },
): ReferenceProblem {
  const problem = { path, code: "spec/unknown-reference", message: `there is no ${kind} \`${name}\`` } as const;
  if (!context.isRemoved(name, groups)) return { ...problem, candidates: { name, known } };
  const hint = `this environment removes \`${name}\` but still refers to it here: set this key in the environment too`;
  return { ...problem, hint };
}

/** The path of one value of a setting that is one value or a list. */
export function listedAt(path: SettingPath, index: number, setting: unknown): SettingPath {
  return Array.isArray(setting) ? [...path, index] : path;
}
