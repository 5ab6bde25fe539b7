import type { StatefulSet } from "../../render/kubernetes/manifest.js";
import type { KubernetesClient } from "../client.js";
import { KubernetesError } from "../errors.js";
import type { LiveObject } from "../live-object.js";
import { valueAt } from "./field-set.js";
import { inParallel } from "./parallel.js";
import type { Preview } from "./preview.js";
import {
  type ClaimGrowth,
  resizedTemplates,
  smallClaims,
  templateSizes,
  type VolumeGrowth,
  withLiveSizes,
  withRenderedSizes,
} from "./volume-growth.js";

/**
 * Finds the volumes that are smaller than declared, and tries their growth as a dry run: the API server accepts it only for a
 * bound claim whose storage class allows expansion. Other previews are returned as they are.
 */
export async function previewGrowth(
  client: KubernetesClient,
  namespace: string,
  previews: readonly Preview[],
): Promise<readonly Preview[]> {
  if (!previews.some(({ object }) => templateSizes(object).size > 0)) return previews;
  const claims = await claimsIn(client, namespace);
  return inParallel(previews, async (preview) =>
    preview.object.kind === "StatefulSet" ? withGrowth(client, preview, preview.object, claims) : preview,
  );
}

/** The volume claims of the namespace; the error if the credentials may not list them. */
async function claimsIn(client: KubernetesClient, namespace: string): Promise<readonly LiveObject[] | KubernetesError> {
  try {
    return (await client.list("v1", "PersistentVolumeClaim", namespace, {})).items;
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 403) return error;
    throw error;
  }
}

async function withGrowth(
  client: KubernetesClient,
  preview: Preview,
  object: StatefulSet,
  claims: readonly LiveObject[] | KubernetesError,
): Promise<Preview> {
  const { live } = preview;
  const { larger, smaller } = resizedTemplates(object, live);
  let { result } = preview;
  const isRejected = result.kind === "rejected" && result.error.status === 422;
  const recreate = isRejected && larger.length > 0 && smaller.length === 0;
  if (recreate && live) {
    const applied = await client
      .apply(withLiveSizes(object, live), { dryRun: true, force: true })
      .catch((error: unknown) => {
        if (error instanceof KubernetesError && error.status === 422) return undefined;
        throw error;
      });
    // Another immutable field differs as well.
    if (applied === undefined) return preview;
    result = { kind: "accepted", applied: withRenderedSizes(applied, object) };
  }
  if (result.kind !== "accepted") return preview;
  if (claims instanceof KubernetesError) return recreate ? refused(preview, claims.reason, []) : preview;
  const growth: VolumeGrowth = { claims: smallClaims(object, claims), recreate };
  const [failed] = (await inParallel(growth.claims, (claim) => tryGrowth(client, claim))).filter(
    (failure) => failure !== undefined,
  );
  if (failed) return refused(preview, failed.reason, fixFor(failed.claim));
  return { ...preview, result, growth };
}

interface FailedGrowth {
  readonly claim: ClaimGrowth;
  readonly reason: string;
}

async function tryGrowth(client: KubernetesClient, growth: ClaimGrowth): Promise<FailedGrowth | undefined> {
  try {
    await client.merge(growth.claim, sizePatch(growth.to), { dryRun: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.status === undefined || error.status === 401) throw error;
    const { name } = growth.claim.metadata;
    return {
      claim: growth,
      reason: `PersistentVolumeClaim ${name} cannot grow from ${growth.from} to ${growth.to}: ${error.reason}`,
    };
  }
}

/** A merge patch of a volume claim. */
export function sizePatch(size: string): object {
  return { spec: { resources: { requests: { storage: size } } } };
}

function refused(preview: Preview, reason: string, hint: readonly string[]): Preview {
  return { ...preview, result: { kind: "refused", reasons: [reason], hint } };
}

function fixFor({ claim, from }: ClaimGrowth): readonly string[] {
  const { name, namespace } = claim.metadata;
  if (valueAt(claim, ["f:status", "f:phase"]) !== "Bound")
    return [
      `no volume is bound to it, so it holds no data: kubectl -n ${namespace} delete pvc ${name}, and the StatefulSet creates it again with the new size`,
    ];
  const storageClass = valueAt(claim, ["f:spec", "f:storageClassName"]);
  return [
    `if the driver of the storage class supports expansion: kubectl patch storageclass ${String(storageClass)} -p '{"allowVolumeExpansion":true}'`,
    `otherwise keep the size of ${from} in the platform file, or restore a backup into a new store of the new size`,
  ];
}
