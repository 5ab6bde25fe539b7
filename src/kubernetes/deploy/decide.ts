import { canonicalJson, contentHash } from "../../render/canonical.js";
import type { Manifest } from "../../render/kubernetes/manifest.js";
import type { KubernetesError } from "../errors.js";
import { describe, type LiveObject } from "../live-object.js";
import { type Comparison, compare, type FieldChange, RENDERED_ANNOTATION, unequalFields } from "./compare.js";
import { ownersOf } from "./field-owner.js";
import { covers, type FieldPath, valueAt } from "./field-set.js";
import { hintFor } from "./hint.js";
import { KINDS, rank } from "./order.js";
import { controllerOf } from "./owner.js";
import type { Preview } from "./preview.js";
import type { VolumeGrowth } from "./volume-growth.js";

export type Step =
  | {
      readonly action: "apply";
      readonly object: Manifest;
      readonly reason: string;
      readonly live: LiveObject | undefined;
      /** The object after the step, as far as it can be known before. */
      readonly expected: LiveObject | undefined;
      readonly changes: readonly FieldChange[];
      /** Overwrite fields of other owners. */
      readonly force: boolean;
      /** Fields that others added. Deploy becomes their owner first, so that the apply removes them. */
      readonly added: readonly FieldPath[];
      /** The current number of replicas, kept while its ownership passes to the autoscaler; undefined if it does not. */
      readonly handOver: number | undefined;
      /** The volumes that grow before the object is applied. */
      readonly growth: VolumeGrowth | undefined;
    }
  | { readonly action: "keep"; readonly object: Manifest | LiveObject; readonly reason: string }
  | { readonly action: "prune"; readonly object: LiveObject; readonly reason: string };

/** Why an object cannot be applied. */
export interface Refusal {
  readonly object: string;
  readonly kind: "conflict" | "rejected";
  readonly reasons: readonly string[];
  /** Lines that describe what to do. */
  readonly hint: readonly string[];
}

export interface DecideInput {
  readonly previews: readonly Preview[];
  /** Live objects with the labels of this platform and environment that are not rendered. */
  readonly leftOver: readonly LiveObject[];
  /** Names of the ConfigMaps that earlier revisions refer to, which a rollback needs. */
  readonly configMapsInUse: ReadonlySet<string>;
  /** Workloads whose replicas an autoscaler of another owner writes, as `Deployment gateway`. */
  readonly autoscaled: ReadonlySet<string>;
  /** Take fields over from other owners. */
  readonly force: boolean;
}

export interface Decision {
  readonly steps: readonly Step[];
  /** All reasons why the platform cannot be applied. If there are any, no step may be executed. */
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
}

type Outcome = { readonly step: Step; readonly warnings: readonly string[] } | { readonly refusal: Refusal };

/** The steps that make the cluster match the rendered objects. Dependencies are applied first and pruned last. Pure. */
export function decide(input: DecideInput): Decision {
  const outcomes = [...input.previews]
    .sort((left, right) => rank(left.object) - rank(right.object))
    .map((preview) => decideRendered(preview, input));
  const others = input.leftOver
    .filter((object) => !object.metadata.deletionTimestamp)
    .sort((left, right) => rank(right) - rank(left))
    .map((object) => decideLeftOver(object, input.configMapsInUse));
  return {
    steps: [...outcomes.flatMap((outcome) => ("step" in outcome ? [outcome.step] : [])), ...others],
    refusals: outcomes.flatMap((outcome) => ("refusal" in outcome ? [outcome.refusal] : [])),
    warnings: outcomes.flatMap((outcome) => ("step" in outcome ? outcome.warnings : [])),
  };
}

/** The rendered object with the hash of its content. */
export function marked(object: Manifest): Manifest {
  const mark = contentHash(canonicalJson(object, 0), 16);
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [RENDERED_ANNOTATION]: mark } },
  };
}

function decideRendered(preview: Preview, input: DecideInput): Outcome {
  const { object, live, result } = preview;
  if (result.kind === "rejected") return { refusal: rejection(preview, result.error) };
  if (result.kind === "refused")
    return { refusal: { object: describe(object), kind: "rejected", reasons: result.reasons, hint: result.hint } };
  if (result.kind === "forbidden") return forbidden(preview, result.error);
  if (result.kind === "unverified")
    return {
      step: creation(object, undefined, undefined),
      warnings: [`${describe(object)} cannot be validated before its namespace exists`],
    };
  const { applied, warnings = [] } = result;
  const outcome: Outcome = live
    ? decideExisting({ ...preview, live, applied }, input)
    : {
        step: creation(object, applied, growing(preview.growth)),
        warnings: injected(object, compare(object, applied, applied)),
      };
  if ("refusal" in outcome) return outcome;
  return { ...outcome, warnings: [...warnings.map((text) => `${describe(object)}: ${text}`), ...outcome.warnings] };
}

function creation(object: Manifest, expected: LiveObject | undefined, growth: VolumeGrowth | undefined): Step {
  const nothing = { changes: [], force: false, added: [], handOver: undefined };
  const reason = ["new", ...growthReasons(growth)].join("; ");
  return { action: "apply", object, reason, live: undefined, expected, ...nothing, growth };
}

interface Existing {
  readonly object: Manifest;
  readonly live: LiveObject;
  readonly applied: LiveObject;
  readonly growth?: VolumeGrowth;
}

function decideExisting({ object, live, applied, growth: found }: Existing, input: DecideInput): Outcome {
  const growth = growing(found);
  const handOver = replicasToHandOver(object, live);
  const comparison = withoutReplicas(compare(object, live, applied), handOver !== undefined);
  const { changes, added } = comparison;
  // An autoscaler that no longer exists still owns the replicas that it wrote.
  const conflicts = comparison.conflicts.filter(
    ({ path, writer }) => path !== ".spec.replicas" || writer === "applier" || input.autoscaled.has(describe(object)),
  );
  if (conflicts.length > 0 && !input.force)
    return {
      refusal: {
        object: describe(object),
        kind: "conflict",
        reasons: conflicts.map(({ path, owner }) => `${path} is owned by ${owner ?? "another manager"}`),
        hint: [],
      },
    };
  const warnings = [...injected(object, comparison), ...held(object, comparison)];
  const previous = live.metadata.annotations?.[RENDERED_ANNOTATION];
  const sameSource = previous === object.metadata.annotations?.[RENDERED_ANNOTATION];
  if (sameSource && changes.length === 0 && growth === undefined)
    return { step: { action: "keep", object, reason: "unchanged" }, warnings };
  return {
    step: {
      action: "apply",
      object,
      reason: [reasonFor(changes, sameSource, previous), ...growthReasons(growth)].join("; "),
      live,
      expected: comparison.expected,
      changes,
      force: input.force || changes.some(({ owner }) => owner !== undefined),
      added,
      handOver,
      growth,
    },
    warnings,
  };
}

function injected(object: Manifest, comparison: Comparison): readonly string[] {
  return comparison.injected.map(
    (container) =>
      `${describe(object)}: ${container} is not rendered and has no field owner; kept, because an admission webhook would add it again`,
  );
}

function held(object: Manifest, comparison: Comparison): readonly string[] {
  return comparison.held.map(
    ({ path, owner }) => `${describe(object)}: ${path} is set by ${owner} and decides when the object is deleted; kept`,
  );
}

function growing(growth: VolumeGrowth | undefined): VolumeGrowth | undefined {
  return growth && (growth.recreate || growth.claims.length > 0) ? growth : undefined;
}

function growthReasons(growth: VolumeGrowth | undefined): readonly string[] {
  if (growth === undefined) return [];
  const claims = growth.claims.map(({ claim, from, to }) => `${claim.metadata.name} grows from ${from} to ${to}`);
  return growth.recreate ? [...claims, "created again, and adopts its pods"] : claims;
}

function reasonFor(changes: readonly FieldChange[], sameSource: boolean, previous: string | undefined): string {
  const shown = summary(changes);
  if (sameSource) return changes.length > 0 ? `drifted: ${shown}` : "drifted: volumes are smaller than declared";
  if (changes.length > 0) return `changed: ${shown}`;
  return previous === undefined
    ? "not deployed by Keelson before"
    : "changed: only fields that are equal to the defaults";
}

function rejection({ object, live }: Preview, { code, reason, hint }: KubernetesError): Refusal {
  return {
    object: describe(object),
    kind: "rejected",
    reasons: [reason],
    hint: code === "kubernetes/invalid" ? hintFor(object, live, reason) : hint === undefined ? [] : [hint],
  };
}

/**
 * Rights for one namespace do not include its Namespace object and cluster-scoped objects. They are compared with what can be
 * read; an administrator applies them.
 */
function forbidden(preview: Preview, error: KubernetesError): Outcome {
  const { object, live } = preview;
  if (object.metadata.namespace !== undefined) return { refusal: rejection(preview, error) };
  const differing = live ? unequalFields(object, live) : [];
  const problem = !live
    ? "cannot be read with these permissions"
    : differing.length > 0
      ? `differs at ${differing.join(", ")}, and these permissions do not allow the change`
      : undefined;
  return {
    step: { action: "keep", object, reason: problem ?? "unchanged" },
    warnings:
      problem === undefined ? [] : [`${describe(object)} ${problem}: an administrator of the cluster must apply it`],
  };
}

function decideLeftOver(object: LiveObject, configMapsInUse: ReadonlySet<string>): Step {
  const row = KINDS.find((candidate) => candidate.kind === object.kind && candidate.apiVersion === object.apiVersion);
  if (row?.prune !== true) return { action: "keep", object, reason: "contains data: never deleted by deploy" };
  const controller = controllerOf(object);
  if (controller !== undefined) return { action: "keep", object, reason: `belongs to ${controller}` };
  if (object.kind === "ConfigMap" && configMapsInUse.has(object.metadata.name))
    return { action: "keep", object, reason: "in use by an earlier revision, for rollbacks" };
  return { action: "prune", object, reason: "no longer rendered" };
}

/**
 * When an autoscaler takes ownership of the replicas, their number must not drop to the default of one in between. Undefined
 * if deploy does not own the replicas.
 */
function replicasToHandOver(object: Manifest, live: LiveObject): number | undefined {
  if (object.kind !== "Deployment" && object.kind !== "StatefulSet") return undefined;
  if (object.spec?.replicas !== undefined) return undefined;
  const isOwner = ownersOf(live).some(
    ({ name, fields }) => name === "keelson" && covers(fields, ["f:spec", "f:replicas"]),
  );
  const replicas = valueAt(live, ["f:spec", "f:replicas"]);
  return isOwner && typeof replicas === "number" && replicas > 1 ? replicas : undefined;
}

function withoutReplicas(comparison: Comparison, handedOver: boolean): Comparison {
  if (!handedOver) return comparison;
  return { ...comparison, changes: comparison.changes.filter(({ path }) => path !== ".spec.replicas") };
}

function summary(changes: readonly FieldChange[]): string {
  const shown = changes.slice(0, 3).map(({ path, owner }) => (owner === undefined ? path : `${path} (by ${owner})`));
  return changes.length > 3 ? `${shown.join(", ")} and ${changes.length - 3} more` : shown.join(", ");
}
