import type { Plan } from "../../plan/plan.js";
import type { Manifest } from "../../render/kubernetes/manifest.js";
import { OWNERSHIP_LABELS } from "../../render/kubernetes/metadata.js";
import type { KubernetesClient } from "../client.js";
import { KubernetesError } from "../errors.js";
import { identity, type LiveObject } from "../live-object.js";
import { isMap } from "./field-set.js";
import { FOREIGN_KINDS } from "./foreign-objects.js";
import { KINDS, type KindRow } from "./order.js";
import { inParallel } from "./parallel.js";

export interface LiveState {
  /** The live objects of the rendered ones, by identity. */
  readonly rendered: ReadonlyMap<string, LiveObject>;
  /** Objects with the labels of this platform and environment that are not rendered. */
  readonly leftOver: readonly LiveObject[];
  /** Objects of other owners, of the kinds that open connections or scale. */
  readonly others: readonly LiveObject[];
  /** Names of the ConfigMaps that earlier revisions refer to, which a rollback needs. */
  readonly configMapsInUse: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

/**
 * Reads what one environment has in the cluster. Rendered objects are read by name. Objects to prune are listed, by label, for
 * the rendered kinds and the kinds of earlier deploys (`deployedKinds`); if these were never recorded, for every kind that the
 * credentials may list.
 */
export async function readLiveState(
  client: KubernetesClient,
  plan: Plan,
  rendered: readonly Manifest[],
  deployedKinds: readonly string[] | undefined,
): Promise<LiveState> {
  const owned = ownedLabels(plan);
  const warnings: string[] = [];
  const needed = new Set([...rendered.map(kindOf), ...(deployedKinds ?? [])]);
  const listed = await inParallel(KINDS, async (row) => {
    const isNeeded = needed.has(kindOf(row));
    if (!isNeeded && deployedKinds !== undefined) return [];
    const items = await listIfAllowed(client, row, row.namespace ?? plan.namespace, owned);
    // A Namespace is read by name, and other cluster-scoped objects need rights that a namespace's deployer may lack.
    if (items === undefined && isNeeded && row.namespaced)
      warnings.push(`${row.kind} objects cannot be listed with these permissions, so none of them is pruned`);
    return items ?? [];
  });
  const objects = new Map(listed.flat().map((object) => [identity(object), object]));
  const ids = new Set(rendered.map(identity));
  const missing = rendered.filter((object) => !objects.has(identity(object)));
  for (const object of await inParallel(missing, (reference) => getIfAllowed(client, reference)))
    if (object) objects.set(identity(object), object);
  return {
    rendered: new Map([...objects].filter(([id]) => ids.has(id))),
    leftOver: [...objects].filter(([id]) => !ids.has(id)).map(([, object]) => object),
    others: (await inParallel(FOREIGN_KINDS, (row) => listIfAllowed(client, row, plan.namespace, {}))).flatMap(
      (items) => items ?? [],
    ),
    configMapsInUse: await configMapsOfRevisions(client, plan),
    warnings,
  };
}

export function ownedLabels(plan: Plan): Readonly<Record<string, string>> {
  return {
    "app.kubernetes.io/managed-by": "keelson",
    [OWNERSHIP_LABELS.environment]: plan.environment,
    [OWNERSHIP_LABELS.platform]: plan.platform,
  };
}

/** A kind with its group and version, as it is recorded: `apps/v1/Deployment`. */
export function kindOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): string {
  return `${apiVersion}/${kind}`;
}

/** Undefined if the credentials may not list the kind; empty if the cluster does not serve it. */
async function listIfAllowed(
  client: KubernetesClient,
  row: Pick<KindRow, "apiVersion" | "kind"> & { readonly namespaced?: boolean },
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Promise<readonly LiveObject[] | undefined> {
  if (!(await client.hasKind(row.apiVersion, row.kind))) return [];
  try {
    return (await client.list(row.apiVersion, row.kind, row.namespaced === false ? undefined : namespace, labels))
      .items;
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 403) return undefined;
    throw error;
  }
}

/** Undefined also for a cluster-scoped object that the credentials may not read. */
async function getIfAllowed(client: KubernetesClient, object: Manifest): Promise<LiveObject | undefined> {
  try {
    return (await client.hasKind(object.apiVersion, object.kind)) ? await client.get(object) : undefined;
  } catch (error) {
    const isClusterScoped = object.metadata.namespace === undefined;
    if (isClusterScoped && error instanceof KubernetesError && error.status === 403) return undefined;
    throw error;
  }
}

/** Where the earlier revisions of workloads are stored: of Deployments, and of StatefulSets and DaemonSets. */
const REVISION_KINDS = ["ReplicaSet", "ControllerRevision"] as const;

/** The ConfigMaps that any revision refers to: `kubectl rollout undo` to it needs them. */
async function configMapsOfRevisions(client: KubernetesClient, plan: Plan): Promise<ReadonlySet<string>> {
  const revisions = await inParallel(REVISION_KINDS, (kind) => client.list("apps/v1", kind, plan.namespace, {}));
  return new Set(revisions.flatMap(({ items }) => items.flatMap(configMapsIn)));
}

/** The names in every reference to a ConfigMap: of volumes, projected volumes and environment variables. */
function configMapsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(configMapsIn);
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const isReference = name === "configMap" || name === "configMapRef" || name === "configMapKeyRef";
    if (isReference && isMap(child) && typeof child["name"] === "string") return [child["name"]];
    return configMapsIn(child);
  });
}
