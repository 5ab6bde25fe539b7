import type { IPersistentVolumeClaim, IVolume, IVolumeMount } from "kubernetes-models/v1";
import { MODULE_DATA } from "../../plan/containers.js";
import { DATA_DIRECTORY } from "../../plan/directories.js";
import type { Bytes, PersistentVolume, SecretMount, Sidecar, Unit, Volume } from "../../plan/plan.js";
import { SECRETS_DIRECTORY } from "../../plan/variables.js";
import { contentHash } from "../canonical.js";
import { PLAN_FILE } from "../plan-document.js";
import { sharedMemoryBytes, usesSharedMemory } from "../shared-memory.js";
import { planConfigMapName } from "./config-map.js";
import { bytesQuantity } from "./quantity.js";
import type { Scope } from "./scope.js";

/** A volume and the mounts of it in one container. */
export interface Mounted {
  readonly volume: IVolume | undefined;
  readonly mounts: readonly IVolumeMount[];
  /** Maximum bytes that its files occupy on the disk of the node: the size limit of an `emptyDir`, 0 for all others. */
  readonly nodeDisk: Bytes;
}

const MEBIBYTE = 1024 * 1024;

/** Size limit of a directory for temporary files, such as `/tmp`. */
const SCRATCH_LIMIT = 256 * MEBIBYTE;

/** Logs that the kubelet retains of one container: five files of 10 MiB (`containerLogMaxSize`, `containerLogMaxFiles`). */
const LOGS = 64 * MEBIBYTE;

/** Request and limit of ephemeral storage of a container: its logs, and everything that its volumes may hold. */
export function ephemeralStorage(mounted: readonly Mounted[]): { readonly request: Bytes; readonly limit: Bytes } {
  return { request: LOGS, limit: LOGS + mounted.reduce((total, { nodeDisk }) => total + nodeDisk, 0) };
}

/** The volumes of a unit's container. The rest of its file system is read-only. */
export function unitVolumes(scope: Scope, unit: Unit): readonly Mounted[] {
  const ownData = unit.modules.length > 0 && !unit.volumes.some((volume) => volume.mount === DATA_DIRECTORY);
  const beside = besideDeclared(unit);
  return [
    ...(unit.modules.length > 0 ? [beside(planVolume(scope))] : []),
    ...unit.secrets.map(secretVolume).map(beside),
    ...unit.volumes.map(declaredVolume),
    ...(ownData ? [beside(scratchVolume("data", DATA_DIRECTORY, unit.resources.disk ?? MODULE_DATA))] : []),
    ...(usesSharedMemory(unit) ? [beside(sharedMemoryVolume(sharedMemoryBytes(unit.resources.memory)))] : []),
    beside(scratchVolume("tmp", "/tmp")),
  ];
}

/** Gives a generated volume another name than the declared volumes of the pod, which may have any. */
function besideDeclared(unit: Unit): (generated: Mounted) => Mounted {
  const declared = new Set([
    ...unit.volumes.map(({ name }) => name),
    ...unit.sidecars.flatMap((sidecar) => sidecar.volumes.map((volume) => nameBeside(sidecar, volume))),
  ]);
  return ({ volume, mounts, nodeDisk }) => {
    let name = volume?.name ?? "";
    while (declared.has(name)) name = `keelson-${name}`;
    return { volume: volume && { ...volume, name }, mounts: mounts.map((mount) => ({ ...mount, name })), nodeDisk };
  };
}

/** A tmpfs at `/dev/shm`. Its files count towards the memory of the container, not towards the disk of the node. */
export function sharedMemoryVolume(size: Bytes): Mounted {
  return {
    volume: { name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: bytesQuantity(size) } },
    mounts: [{ name: "shared-memory", mountPath: "/dev/shm" }],
    nodeDisk: 0,
  };
}

/** The volumes of a sidecar; the names of its declared volumes are prefixed with its name. */
export function sidecarVolumes(scope: Scope, unit: Unit, sidecar: Sidecar): readonly Mounted[] {
  const beside = besideDeclared(unit);
  return [
    ...(sidecar.modules.length > 0 ? [beside(planVolume(scope))] : []),
    ...sidecar.secrets.map(secretVolume).map(beside),
    ...sidecar.volumes.map((volume) => declaredVolume({ ...volume, name: nameBeside(sidecar, volume) })),
    beside(scratchVolume(`${sidecar.name}-tmp`, "/tmp")),
  ];
}

/** Volume names are DNS labels of at most 63 characters: a longer name is truncated and gets a hash of the full name. */
function nameBeside(sidecar: Sidecar, volume: Volume): string {
  const name = `${sidecar.name}-${volume.name}`;
  return name.length <= 63 ? name : `${name.slice(0, 54)}-${contentHash(name, 8)}`;
}

/** The volumes of a pod, without duplicates of those that several containers mount. */
export function podVolumes(mounted: readonly Mounted[]): IVolume[] {
  const byName = new Map(mounted.flatMap(({ volume }) => (volume ? [[volume.name, volume] as const] : [])));
  return [...byName.values()];
}

/** The persistent volumes of a unit and its sidecars, of which each replica has its own, by their names in the pod. */
export function persistentVolumes(unit: Unit): readonly PersistentVolume[] {
  const ofSidecars = unit.sidecars.flatMap((sidecar) =>
    sidecar.volumes.map((volume) => ({ ...volume, name: nameBeside(sidecar, volume) })),
  );
  return [...unit.volumes, ...ofSidecars].filter((volume): volume is PersistentVolume => volume.kind === "persistent");
}

/** Mounted as a directory: the kubelet does not update a `subPath` mount when only reasons in the Plan change. */
function planVolume(scope: Scope): Mounted {
  const directory = PLAN_FILE.slice(0, PLAN_FILE.lastIndexOf("/"));
  return {
    volume: { name: "plan", configMap: { name: planConfigMapName(scope) } },
    mounts: [{ name: "plan", mountPath: directory, readOnly: true }],
    nodeDisk: 0,
  };
}

/** Only the listed keys, readable by the pod's user and group. */
export function secretVolume(mount: SecretMount): Mounted {
  const name = `secret-${mount.directory}`;
  return {
    volume: {
      name,
      secret: {
        secretName: mount.secret,
        defaultMode: 0o440,
        items: [...mount.keys].sort().map((key) => ({ key, path: key })),
      },
    },
    mounts: [{ name, mountPath: `${SECRETS_DIRECTORY}/${mount.directory}`, readOnly: true }],
    nodeDisk: 0,
  };
}

/** An empty directory on the disk of the node, deleted with the pod. */
export function scratchVolume(name: string, mountPath: string, limit: Bytes = SCRATCH_LIMIT): Mounted {
  return {
    volume: { name, emptyDir: { sizeLimit: bytesQuantity(limit) } },
    mounts: [{ name, mountPath }],
    nodeDisk: limit,
  };
}

function declaredVolume(volume: Volume): Mounted {
  const mounts = [{ name: volume.name, mountPath: volume.mount }];
  return volume.kind === "persistent"
    ? { volume: undefined, mounts, nodeDisk: 0 }
    : {
        volume: { name: volume.name, emptyDir: { sizeLimit: bytesQuantity(volume.size) } },
        mounts,
        nodeDisk: volume.size,
      };
}

/** A volume claim template; each replica of a StatefulSet gets its own claim. `storageClass` undefined: the cluster's default. */
export function claim(
  name: string,
  size: Bytes,
  labels: Record<string, string>,
  storageClass: string | undefined,
): IPersistentVolumeClaim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, labels },
    spec: {
      accessModes: ["ReadWriteOnce"],
      ...(storageClass !== undefined && { storageClassName: storageClass }),
      resources: { requests: { storage: bytesQuantity(size) } },
    },
  };
}
