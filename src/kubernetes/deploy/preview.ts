import { contentHash } from "../../render/canonical.js";
import type { Manifest } from "../../render/kubernetes/manifest.js";
import type { KubernetesClient } from "../client.js";
import { KubernetesError } from "../errors.js";
import type { LiveObject } from "../live-object.js";
import { withoutAdditions } from "./overlay.js";
import { inParallel } from "./parallel.js";
import type { VolumeGrowth } from "./volume-growth.js";

/** A rendered object, the live one, and what a server-side dry run of its apply gives. */
export interface Preview {
  readonly object: Manifest;
  readonly live: LiveObject | undefined;
  readonly result: PreviewResult;
  /** Volumes that grow with the object. */
  readonly growth?: VolumeGrowth;
}

export type PreviewResult =
  | { readonly kind: "accepted"; readonly applied: LiveObject; readonly warnings?: readonly string[] }
  | { readonly kind: "rejected"; readonly error: KubernetesError }
  /** What belongs to the object cannot change with it. */
  | { readonly kind: "refused"; readonly reasons: readonly string[]; readonly hint: readonly string[] }
  /** The credentials may not apply the object. */
  | { readonly kind: "forbidden"; readonly error: KubernetesError }
  /** Its namespace does not exist yet, and the credentials may not use another one for the dry run. */
  | { readonly kind: "unverified" };

export interface PreviewOptions {
  /** The live objects; `undefined` for one that does not exist. */
  readonly live: (object: Manifest) => LiveObject | undefined;
  /** The namespace of the dry run, if the namespace of the objects does not exist yet. */
  readonly elsewhere: string | undefined;
  readonly progress: (done: number, total: number) => void;
}

/**
 * Applies every object as a dry run of the API server, with its validation, defaults, admission and immutable fields. Forced:
 * owners of fields are compared in `compare`, all at once, and not by the first refusal.
 *
 * @throws KubernetesError if the API server does not answer or does not accept the credentials at all.
 */
export async function preview(
  client: KubernetesClient,
  objects: readonly Manifest[],
  options: PreviewOptions,
): Promise<readonly Preview[]> {
  let done = 0;
  return inParallel(objects, async (object) => {
    const previewed = await ofOneRevision(client, object, options);
    done += 1;
    options.progress(done, objects.length);
    return previewed;
  });
}

/** Writers such as an autoscaler change an object between two requests; few of them do so this often. */
const MAX_ATTEMPTS = 5;

/** The live object and its dry run, of the same revision: what another writer changed in between is not a drift. */
async function ofOneRevision(
  client: KubernetesClient,
  object: Manifest,
  { live: liveOf, elsewhere }: PreviewOptions,
): Promise<Preview> {
  let live = liveOf(object);
  for (let attempt = 1; ; attempt += 1) {
    const { result, isStale = false } = await dryRunOver(client, object, live, elsewhere);
    const isCurrent =
      result.kind !== "accepted"
        ? !isStale
        : elsewhere !== undefined || live?.metadata.resourceVersion === result.applied.metadata.resourceVersion;
    if (isCurrent || live === undefined || attempt === MAX_ATTEMPTS) return { object, live, result };
    live = await client.get(object);
  }
}

/**
 * The dry run; if the API server rejects the object beside what others added to it, the dry run without these additions.
 * Stale: the live object has changed since it was read.
 */
async function dryRunOver(
  client: KubernetesClient,
  object: Manifest,
  live: LiveObject | undefined,
  elsewhere: string | undefined,
): Promise<{ readonly result: PreviewResult; readonly isStale?: boolean }> {
  const result = await dryRun(client, object, elsewhere);
  if (result.kind !== "rejected" || !isAboutContent(result.error) || !live || elsewhere !== undefined)
    return { result };
  try {
    const applied = await client.replace(withoutAdditions(object, live), { dryRun: true });
    return { result: { kind: "accepted", applied } };
  } catch (error) {
    if (!(error instanceof KubernetesError) || !isAboutObject(error)) throw error;
    return { result, isStale: error.status === 409 };
  }
}

async function dryRun(
  client: KubernetesClient,
  object: Manifest,
  elsewhere: string | undefined,
): Promise<PreviewResult> {
  try {
    const target = elsewhere === undefined ? object : await movedTo(client, object, elsewhere);
    const warnings: string[] = [];
    const warn = (warning: string) => warnings.push(warning);
    const applied = await client.apply(target, { dryRun: true, force: true, warn });
    return { kind: "accepted", applied, warnings };
  } catch (error) {
    if (!(error instanceof KubernetesError) || !isAboutObject(error)) throw error;
    if (error.code !== "kubernetes/forbidden") return { kind: "rejected", error };
    const isMoved = elsewhere !== undefined && object.metadata.namespace !== undefined;
    return isMoved ? { kind: "unverified" } : { kind: "forbidden", error };
  }
}

/** The object in another namespace, under a name that no unrelated object there has. */
async function movedTo(client: KubernetesClient, object: Manifest, namespace: string): Promise<Manifest> {
  if (object.metadata.namespace === undefined) return object;
  const moved = { ...object, metadata: { ...object.metadata, namespace } };
  if ((await client.get(moved)) === undefined) return moved;
  const name = `dry-run-${contentHash(object.metadata.name, 16)}`;
  return { ...moved, metadata: { ...moved.metadata, name } };
}

/** Another content of the object may be accepted: what others added may be what is rejected. */
function isAboutContent({ code, status }: KubernetesError): boolean {
  return status === 422 || code === "kubernetes/denied";
}

/** Any other error is of the connection or the credentials, and would be the same for every object. */
export function isAboutObject({ code, status, reason }: KubernetesError): boolean {
  if (code === "kubernetes/unknown-kind" || code === "kubernetes/denied" || code === "kubernetes/webhook-failed")
    return true;
  // An unknown field in a server-side apply is an internal error (500) of the API server.
  if (status === 500) return /not declared in schema|typed patch object/.test(reason);
  return status !== undefined && status !== 401 && status !== 429 && status < 500;
}
