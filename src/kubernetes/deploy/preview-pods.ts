import { canonicalJson, contentHash } from "../../render/canonical.js";
import type { Manifest } from "../../render/kubernetes/manifest.js";
import type { KubernetesClient } from "../client.js";
import { KubernetesError } from "../errors.js";
import { describe, type ObjectReference } from "../live-object.js";
import type { Refusal, Step } from "./decide.js";
import { type FieldPath, isMap, valueAt } from "./field-set.js";
import { inParallel } from "./parallel.js";
import { isAboutObject } from "./preview.js";

export interface PodPreview {
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
}

/**
 * Creates a pod of each new or changed pod template as a dry run. Admission judges pods, not their workloads: Pod Security,
 * quotas, limit ranges and most webhooks would otherwise reject the pods after everything was applied, in the log of a controller.
 * Without the permission to create pods nothing is found.
 */
export async function previewPods(client: KubernetesClient, steps: readonly Step[]): Promise<PodPreview> {
  const changed = steps.flatMap((step) => {
    if (step.action !== "apply") return [];
    const template = changedTemplate(step);
    return template === undefined ? [] : [{ object: step.object, template }];
  });
  const found = await inParallel(changed, async ({ object, template }) => {
    const error = await tryPod(client, object, template);
    return error && { object, error };
  });
  const failures = found.filter((failure) => failure !== undefined);
  return {
    refusals: failures
      .filter(({ error }) => !isUsedUp(error))
      .map(({ object, error: { reason, hint } }) => ({
        object: describe(object),
        kind: "rejected",
        reasons: [`its pods would be rejected: ${reason}`],
        hint: hint === undefined ? [] : [hint],
      })),
    warnings: failures
      .filter(({ error }) => isUsedUp(error))
      .map(
        ({ object, error: { reason, hint } }) => `${describe(object)}: its pods may have to wait: ${reason}; ${hint}`,
      ),
  };
}

/** A quota that other pods use up: they may be those that the new pod replaces. */
function isUsedUp({ reason }: KubernetesError): boolean {
  return reason.includes("exceeded quota");
}

const TEMPLATES: Readonly<Record<string, FieldPath>> = {
  Deployment: ["f:spec", "f:template"],
  StatefulSet: ["f:spec", "f:template"],
  Job: ["f:spec", "f:template"],
  CronJob: ["f:spec", "f:jobTemplate", "f:spec", "f:template"],
};

function changedTemplate({ object, live, expected }: Step & { readonly action: "apply" }): unknown {
  const path = TEMPLATES[object.kind];
  if (path === undefined) return undefined;
  const isSame =
    live !== undefined && canonicalJson(valueAt(live, path), 0) === canonicalJson(valueAt(expected, path), 0);
  return isSame ? undefined : valueAt(object, path);
}

/** What does not exist before the deploy creates it; the pod is then tried without it. */
const CREATED_WITH_IT = /error looking up service account|no PriorityClass with name/;

async function tryPod(
  client: KubernetesClient,
  owner: Manifest,
  template: unknown,
): Promise<KubernetesError | undefined> {
  const error = await createPod(client, podOf(owner, template, {}));
  if (!error || !CREATED_WITH_IT.test(error.reason)) return error;
  const again = await createPod(
    client,
    podOf(owner, template, { serviceAccountName: "default", priorityClassName: undefined }),
  );
  return again && CREATED_WITH_IT.test(again.reason) ? undefined : again;
}

async function createPod(client: KubernetesClient, pod: ObjectReference): Promise<KubernetesError | undefined> {
  try {
    await client.create(pod, { dryRun: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof KubernetesError) || !isAboutObject(error)) throw error;
    const isAdmission = error.code === "kubernetes/denied" || error.code === "kubernetes/webhook-failed";
    return isAdmission || CREATED_WITH_IT.test(error.reason) ? error : undefined;
  }
}

function podOf(owner: Manifest, template: unknown, fields: object): ObjectReference {
  const { metadata = {}, spec = {} } = isMap(template) ? template : {};
  const name = `${owner.metadata.name.slice(0, 40)}-${contentHash(describe(owner), 10)}`;
  const { volumes = [] } = isMap(spec) ? spec : {};
  const claims = claimVolumes(owner);
  const others = Array.isArray(volumes)
    ? volumes.filter((volume) => !claims.some(({ name }) => name === nameIn(volume)))
    : [];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...(isMap(metadata) && metadata), name, namespace: owner.metadata.namespace },
    ...{
      spec: {
        ...(isMap(spec) && spec),
        volumes: [...others, ...claims],
        ...fields,
      },
    },
  };
}

/** The volumes that a StatefulSet adds to its pods. They replace those of the template with the same names. */
function claimVolumes(owner: Manifest) {
  const claims = owner.kind === "StatefulSet" ? (owner.spec?.volumeClaimTemplates ?? []) : [];
  return claims.map(({ metadata }) => ({
    name: metadata?.name,
    persistentVolumeClaim: { claimName: `${metadata?.name}-${owner.metadata.name}-0` },
  }));
}

function nameIn(volume: unknown): unknown {
  return isMap(volume) ? volume["name"] : undefined;
}
