import type { IPersistentVolumeClaim, IVolume, IVolumeMount } from "kubernetes-models/v1";
import { DATA_DIRECTORY } from "../../plan/containers.js";
import type { Bytes, SecretMount, Sidecar, Unit, Volume } from "../../plan/plan.js";
import { SECRETS_DIRECTORY } from "../../plan/variables.js";
import { contentHash } from "../canonical.js";
import { planFile } from "../plan-document.js";
import { planConfigMapName } from "./config-map.js";
import { bytesQuantity } from "./quantity.js";
import type { Scope } from "./scope.js";

/** A volume and the mounts of it in one container. */
export interface Mounted {
  readonly volume: IVolume | undefined;
  readonly mounts: readonly IVolumeMount[];
}

/** All that a unit's container sees besides its image: nothing else of its file system can be written. */
export function unitVolumes(scope: Scope, unit: Unit): readonly Mounted[] {
  const ownData = unit.modules.length > 0 && !unit.volumes.some((volume) => volume.mount === DATA_DIRECTORY);
  return [
    ...(unit.modules.length > 0 ? [planVolume(scope)] : []),
    ...unit.secrets.map(secretVolume),
    ...unit.volumes.map(declaredVolume),
    ...(ownData ? [scratchVolume("data", DATA_DIRECTORY, unit.resources.disk)] : []),
    ...(unit.resources.gpu.count > 1 ? [sharedMemory] : []),
    scratchVolume("tmp", "/tmp", undefined),
  ];
}

/** By which processes of several GPUs exchange tensors: a container has 64 MiB of it otherwise, and they do not start. */
const sharedMemory: Mounted = {
  volume: { name: "shared-memory", emptyDir: { medium: "Memory" } },
  mounts: [{ name: "shared-memory", mountPath: "/dev/shm" }],
};

/** The same for a sidecar, whose own volumes go by its name beside those of the unit. */
export function sidecarVolumes(scope: Scope, sidecar: Sidecar): readonly Mounted[] {
  return [
    ...(sidecar.modules.length > 0 ? [planVolume(scope)] : []),
    ...sidecar.secrets.map(secretVolume),
    ...sidecar.volumes.map((volume) => declaredVolume({ ...volume, name: nameBeside(sidecar, volume) })),
    scratchVolume(`${sidecar.name}-tmp`, "/tmp", undefined),
  ];
}

/** Volume names are DNS labels of at most 63 characters: a longer one is cut and gets a hash of the whole name. */
function nameBeside(sidecar: Sidecar, volume: Volume): string {
  const whole = `${sidecar.name}-${volume.name}`;
  return whole.length <= 63 ? whole : `${whole.slice(0, 54)}-${contentHash(whole, 8)}`;
}

/** Each volume once, however many containers mount it. */
export function podVolumes(mounted: readonly Mounted[]): IVolume[] {
  const byName = new Map(mounted.flatMap(({ volume }) => (volume ? [[volume.name, volume] as const] : [])));
  return [...byName.values()];
}

/** Volumes of which each replica has one of its own, under the names that the pod mounts them by. */
export function persistentVolumes(unit: Unit): readonly Volume[] {
  const besides = unit.sidecars.flatMap((sidecar) =>
    sidecar.volumes.map((volume) => ({ ...volume, name: nameBeside(sidecar, volume) })),
  );
  return [...unit.volumes, ...besides].filter((volume) => volume.kind === "persistent");
}

/** As a directory, not by `subPath`: then a Plan whose line numbers moved reaches running pods too. */
function planVolume(scope: Scope): Mounted {
  const directory = planFile.slice(0, planFile.lastIndexOf("/"));
  return {
    volume: { name: "plan", configMap: { name: planConfigMapName(scope) } },
    mounts: [{ name: "plan", mountPath: directory, readOnly: true }],
  };
}

/** Readable by the pod's own user and group, and only the keys that are named. */
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
  };
}

export function scratchVolume(name: string, mountPath: string, limit: Bytes | undefined): Mounted {
  return {
    volume: { name, emptyDir: { ...(limit !== undefined && { sizeLimit: bytesQuantity(limit) }) } },
    mounts: [{ name, mountPath }],
  };
}

function declaredVolume(volume: Volume): Mounted {
  const mounts = [{ name: volume.name, mountPath: volume.mount }];
  return volume.kind === "persistent"
    ? { volume: undefined, mounts }
    : { volume: { name: volume.name, emptyDir: { sizeLimit: bytesQuantity(volume.size) } }, mounts };
}

/** A claim that each replica of a StatefulSet gets of its own, in the cluster's default storage class. */
export function claim(name: string, size: Bytes, labels: Record<string, string>): IPersistentVolumeClaim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, labels },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: bytesQuantity(size) } },
    },
  };
}
