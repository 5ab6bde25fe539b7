import { z } from "zod";
import type { Manifest, StatefulSet } from "../../render/kubernetes/manifest.js";
import type { LiveObject } from "../live-object.js";
import { isMap, valueAt } from "./field-set.js";

/** A volume claim of a StatefulSet that is smaller than its template declares. */
export interface ClaimGrowth {
  readonly claim: LiveObject;
  /** Quantities, such as `1Gi`. */
  readonly from: string;
  readonly to: string;
  /** A replica mounts it, so its file system grows now; that of another one grows when it is mounted. */
  readonly isMounted: boolean;
}

/** How the volumes of a StatefulSet grow. */
export interface VolumeGrowth {
  readonly claims: readonly ClaimGrowth[];
  /** The templates of a StatefulSet cannot change: it is deleted without its pods and created again, and adopts them. */
  readonly recreate: boolean;
}

/** The sizes in the volume claim templates of a StatefulSet, by template. */
export function templateSizes(statefulSet: unknown): ReadonlyMap<string, string> {
  const templates = valueAt(statefulSet, ["f:spec", "f:volumeClaimTemplates"]);
  const sizes = new Map<string, string>();
  for (const template of Array.isArray(templates) ? templates : []) {
    const name = valueAt(template, ["f:metadata", "f:name"]);
    const size = requestedSize(template);
    if (typeof name === "string" && size !== undefined) sizes.set(name, size);
  }
  return sizes;
}

/** The templates that the rendered StatefulSet declares larger, or smaller, than the live one. */
export function resizedTemplates(
  object: Manifest,
  live: LiveObject | undefined,
): { readonly larger: readonly string[]; readonly smaller: readonly string[] } {
  const before = templateSizes(live);
  const compared = [...templateSizes(object)].map(([name, size]) => {
    const old = before.get(name);
    return { name, difference: old === undefined ? 0 : bytesOf(size) - bytesOf(old) };
  });
  return {
    larger: compared.filter(({ difference }) => difference > 0).map(({ name }) => name),
    smaller: compared.filter(({ difference }) => difference < 0).map(({ name }) => name),
  };
}

/** The claims of a StatefulSet (`TEMPLATE-NAME-ORDINAL`) that are smaller than its templates declare. Pure. */
export function smallClaims(object: StatefulSet, claims: readonly LiveObject[]): readonly ClaimGrowth[] {
  const replicas = object.spec?.replicas ?? 1;
  return [...templateSizes(object)].flatMap(([template, to]) => {
    const prefix = `${template}-${object.metadata.name}-`;
    return claims.flatMap((claim) => {
      const { name } = claim.metadata;
      const ordinal = name.startsWith(prefix) ? name.slice(prefix.length) : "";
      const from = requestedSize(claim);
      if (!/^\d+$/.test(ordinal) || from === undefined || bytesOf(from) >= bytesOf(to)) return [];
      return [{ claim, from, to, isMounted: Number(ordinal) < replicas }];
    });
  });
}

/** The rendered StatefulSet with the sizes of the live one in its templates: it differs only in what may change. */
export function withLiveSizes(object: StatefulSet, live: LiveObject): StatefulSet {
  const sizes = templateSizes(live);
  if (object.spec?.volumeClaimTemplates === undefined) return object;
  const volumeClaimTemplates = object.spec.volumeClaimTemplates.map((template) => {
    const storage = sizes.get(template.metadata?.name ?? "");
    const { spec } = template;
    if (storage === undefined || spec === undefined) return template;
    const resources = { ...spec.resources, requests: { ...spec.resources?.requests, storage } };
    return { ...template, spec: { ...spec, resources } };
  });
  return { ...object, spec: { ...object.spec, volumeClaimTemplates } };
}

/** The live StatefulSet with the rendered sizes in its templates. */
export function withRenderedSizes(live: LiveObject, object: StatefulSet): LiveObject {
  const sizes = templateSizes(object);
  const { spec } = live;
  if (!isMap(spec) || !Array.isArray(spec["volumeClaimTemplates"])) return live;
  const volumeClaimTemplates = spec["volumeClaimTemplates"].map((template: unknown) => {
    const storage = sizes.get(String(valueAt(template, ["f:metadata", "f:name"])));
    const claim = valueAt(template, ["f:spec"]);
    const requests = valueAt(claim, ["f:resources", "f:requests"]);
    if (storage === undefined || !isMap(template) || !isMap(claim) || !isMap(requests)) return template;
    const resources = { ...(isMap(claim["resources"]) ? claim["resources"] : {}), requests: { ...requests, storage } };
    return { ...template, spec: { ...claim, resources } };
  });
  return { ...live, spec: { ...spec, volumeClaimTemplates } };
}

function requestedSize(claim: unknown): string | undefined {
  const size = valueAt(claim, ["f:spec", "f:resources", "f:requests", "f:storage"]);
  return typeof size === "string" ? size : undefined;
}

const SUFFIXES: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The value of a quantity of the Kubernetes API (`1Gi`, `1500M`, `1e9`); NaN for another text. */
export function bytesOf(quantity: string): number {
  const [, number = "", suffix = ""] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(quantity) ?? [];
  return Number(number === "" ? Number.NaN : number) * (SUFFIXES[suffix] ?? Number.NaN);
}

const ClaimStatus = z.looseObject({
  status: z
    .looseObject({
      capacity: z.record(z.string(), z.string()).default({}),
      allocatedResourceStatuses: z.record(z.string(), z.string()).default({}),
      conditions: z
        .array(z.looseObject({ type: z.string(), status: z.string(), message: z.string().default("") }))
        .default([]),
    })
    .prefault({}),
});

/** What a claim reports about its growth. */
export interface GrowthState {
  readonly state: "done" | "waiting" | "failed";
  readonly why: string;
}

/** Reads the status of a claim, as the volume driver and the kubelet write it (Kubernetes API, `PersistentVolumeClaimStatus`). */
export function growthOf(claim: LiveObject, size: string): GrowthState {
  const { capacity, allocatedResourceStatuses, conditions } = ClaimStatus.parse(claim).status;
  const current = capacity["storage"] ?? "0";
  if (bytesOf(current) >= bytesOf(size)) return { state: "done", why: "" };
  const message = (type: string) =>
    conditions.find((condition) => condition.type === type && condition.status === "True")?.message;
  const failure = message("ControllerResizeError") ?? message("NodeResizeError");
  const progress = `${current} of ${size}`;
  if (allocatedResourceStatuses["storage"]?.endsWith("Infeasible") === true)
    return { state: "failed", why: `${progress}: the volume driver cannot expand it${failure ? `: ${failure}` : ""}` };
  if (failure !== undefined) return { state: "waiting", why: `${progress}: ${failure}` };
  if (message("FileSystemResizePending") !== undefined)
    return {
      state: "waiting",
      why: `${progress}: its file system is expanded on the node; a driver that cannot do so while it is mounted needs a restart of the pod`,
    };
  return { state: "waiting", why: `${progress}: the volume driver expands it` };
}
