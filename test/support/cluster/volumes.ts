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
  }),
});

const Node = z.looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }) });

/**
 * Simulates the volume driver of a cloud: the default storage class creates each volume in the zone of the scheduled node and
 * binds it to that zone. On a real node, volumes are folders that belong to the group of the pod.
 */
export async function startVolumes(plane: ControlPlane): Promise<void> {
  await plane.api.apply({
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "folders", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: PROVISIONER,
    volumeBindingMode: "WaitForFirstConsumer",
  });
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
      const node = claim.metadata.annotations?.["volume.kubernetes.io/selected-node"];
      if (node === undefined || claim.spec.volumeName !== undefined || provided.has(claim.metadata.uid)) continue;
      provided.add(claim.metadata.uid);
      await makeVolume(plane, claim, node);
    }
    await sleep(200, undefined, { signal }).catch(() => undefined);
  }
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
      storageClassName: "folders",
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
