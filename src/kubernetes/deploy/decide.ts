import { canonicalJson, contentHash } from "../../render/canonical.js";
import type { Manifest } from "../../render/kubernetes/manifest.js";
import { identity, type LiveObject } from "../live-object.js";
import { differences } from "./differences.js";
import { KINDS, rank } from "./order.js";

/** Hash of the rendered object. It differs also if a field was removed from the rendering, which the live object still has. */
const RENDERED_ANNOTATION = "keelson.dev/rendered";

export type Step =
  | {
      readonly action: "apply";
      readonly object: Manifest;
      readonly reason: string;
      /** The current number of replicas, kept while its ownership passes to the autoscaler; undefined if it does not. */
      readonly handOver: number | undefined;
    }
  | { readonly action: "keep"; readonly object: Manifest | LiveObject; readonly reason: string }
  | { readonly action: "prune"; readonly object: LiveObject; readonly reason: string };

export interface LiveState {
  /** Objects with the labels of this platform and environment, and objects with the name of a rendered object. */
  readonly objects: readonly LiveObject[];
  /** Names of the ConfigMaps that earlier revisions refer to, which a rollback needs. */
  readonly configMapsInUse: ReadonlySet<string>;
}

/** The steps that make the cluster match the rendered objects. Dependencies are applied first and pruned last. Pure. */
export function decide(rendered: readonly Manifest[], live: LiveState): readonly Step[] {
  const found = new Map(live.objects.map((object) => [identity(object), object]));
  const renderedIds = new Set(rendered.map(identity));
  const applied = [...rendered]
    .sort((left, right) => rank(left) - rank(right))
    .map((object) => decideRendered(marked(object), found.get(identity(object))));
  const others = live.objects
    .filter((object) => !renderedIds.has(identity(object)) && !object.metadata.deletionTimestamp)
    .sort((left, right) => rank(right) - rank(left))
    .map((object) => decideLeftOver(object, live.configMapsInUse));
  return [...applied, ...others];
}

function decideRendered(object: Manifest, live: LiveObject | undefined): Step {
  if (!live) return { action: "apply", object, reason: "new", handOver: undefined };
  const handOver = replicasToHandOver(object, live);
  const changed = differences(object, live).filter((path) => !path.endsWith(`.${RENDERED_ANNOTATION}`));
  const sameSource =
    live.metadata.annotations?.[RENDERED_ANNOTATION] === object.metadata.annotations?.[RENDERED_ANNOTATION];
  if (sameSource && changed.length === 0) return { action: "keep", object, reason: "unchanged" };
  const paths = changed.length > 0 ? summary(changed) : "fields removed";
  return { action: "apply", object, reason: `${sameSource ? "drifted" : "changed"}: ${paths}`, handOver };
}

function decideLeftOver(object: LiveObject, configMapsInUse: ReadonlySet<string>): Step {
  const row = KINDS.find((candidate) => candidate.kind === object.kind && candidate.apiVersion === object.apiVersion);
  if (row?.prune !== true) return { action: "keep", object, reason: "contains data: never deleted by deploy" };
  if (object.kind === "ConfigMap" && configMapsInUse.has(object.metadata.name))
    return { action: "keep", object, reason: "in use by an earlier revision, for rollbacks" };
  return { action: "prune", object, reason: "no longer rendered" };
}

function marked(object: Manifest): Manifest {
  const mark = contentHash(canonicalJson(object, 0), 16);
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [RENDERED_ANNOTATION]: mark } },
  };
}

/** When an autoscaler takes ownership of the replicas, their number must not drop to the default of one in between. */
function replicasToHandOver(object: Manifest, live: LiveObject): number | undefined {
  if (object.kind !== "Deployment" && object.kind !== "StatefulSet") return undefined;
  if (object.spec?.replicas !== undefined) return undefined;
  const { spec } = live;
  if (typeof spec !== "object" || spec === null || !("replicas" in spec)) return undefined;
  return typeof spec.replicas === "number" && spec.replicas > 1 ? spec.replicas : undefined;
}

function summary(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(", ");
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}
