import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { ControlPlane } from "./control-plane.js";

const PROVISIONER = "keelson.test/folders";

const Claim = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.looseObject({
    accessModes: z.array(z.string()),
    resources: z.looseObject({ requests: z.looseObject({ storage: z.string() }) }),
    volumeName: z.string().optional(),
    storageClassName: z.string().optional(),
  }),
  status: z.looseObject({ capacity: z.looseObject({ storage: z.string() }).optional() }).prefault({}),
});

const Node = z.looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }) });

/** The storage class whose volumes cannot grow. */
export const FIXED_CLASS = "fixed-folders";

/**
 * Simulates the volume driver of a cloud: the default storage class creates each volume in the zone of the scheduled node and
 * binds it to that zone, and its volumes can grow. `classes`: others that
 * a platform names. On a real node, volumes are folders that belong to the group of the pod.
 */
export async function startVolumes(plane: ControlPlane, classes: readonly string[] = []): Promise<void> {
  const common = {
    ...{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", provisioner: PROVISIONER },
    volumeBindingMode: "WaitForFirstConsumer",
  };
  const isDefault = { "storageclass.kubernetes.io/is-default-class": "true" };
  await plane.api.apply({
    ...common,
    metadata: { name: "folders", annotations: isDefault },
    allowVolumeExpansion: true,
  });
  for (const name of [FIXED_CLASS, ...classes]) await plane.api.apply({ ...common, metadata: { name } });
  const abort = new AbortController();
  const loop = provide(plane, abort.signal);
  // Handled here, so that it is not an unhandled rejection; a test that needs the volume fails at its timeout.
  let failure: unknown;
  loop.catch((error: unknown) => {
    failure = error;
  });
  plane.beforeStop(async () => {
    abort.abort();
    await loop.catch(() => undefined);
    if (failure !== undefined) throw failure;
  });
}

async function provide(plane: ControlPlane, signal: AbortSignal): Promise<void> {
  const provided = new Set<string>();
  while (!signal.aborted) {
    for (const claim of await plane.api.list("/api/v1/persistentvolumeclaims", Claim)) {
      if (claim.spec.volumeName !== undefined) await expand(plane, claim, claim.spec.volumeName);
      const node = claim.metadata.annotations?.["volume.kubernetes.io/selected-node"];
      if (node === undefined || claim.spec.volumeName !== undefined || provided.has(claim.metadata.uid)) continue;
      provided.add(claim.metadata.uid);
      await makeVolume(plane, claim, node);
    }
    await sleep(200, undefined, { signal }).catch(() => undefined);
  }
}

/** Grows a bound volume to the requested size. */
async function expand(plane: ControlPlane, claim: z.infer<typeof Claim>, volume: string): Promise<void> {
  const { storage } = claim.spec.resources.requests;
  if (claim.status.capacity === undefined || claim.status.capacity.storage === storage) return;
  const { namespace, name } = claim.metadata;
  await plane.api.merge(`/api/v1/persistentvolumes/${volume}`, { spec: { capacity: { storage } } });
  await plane.api.merge(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}/status`, {
    status: { capacity: { storage } },
  });
}

async function makeVolume(plane: ControlPlane, claim: z.infer<typeof Claim>, nodeName: string): Promise<void> {
  const name = `volume-${claim.metadata.uid}`;
  const folder = join(plane.folder, "volumes", name);
  await mkdir(folder, { recursive: true });
  const { labels } = (await plane.api.get(`/api/v1/nodes/${nodeName}`, Node)).metadata;
  const zone = "topology.kubernetes.io/zone";
  await plane.api.create("/api/v1/persistentvolumes", {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, annotations: { "pv.kubernetes.io/provisioned-by": PROVISIONER } },
    spec: {
      capacity: { storage: claim.spec.resources.requests.storage },
      accessModes: claim.spec.accessModes,
      storageClassName: claim.spec.storageClassName ?? "folders",
      persistentVolumeReclaimPolicy: "Retain",
      claimRef: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        namespace: claim.metadata.namespace,
        name: claim.metadata.name,
        uid: claim.metadata.uid,
      },
      local: { path: folder },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: "In", values: [labels[zone] ?? ""] }] }],
        },
      },
    },
  });
}
