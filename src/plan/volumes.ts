import { formatBytes } from "../platform-file/format.js";
import { many } from "../platform-file/one-or-many.js";
import type { VolumeBackupsInput } from "../platform-file/schema/backups.js";
import type { SidecarInput } from "../platform-file/schema/services.js";
import { veleroOf } from "./backup-taker.js";
import { planSchedule } from "./backups.js";
import { onCluster, type PlanContext } from "./context.js";
import { DATA_DIRECTORY } from "./directories.js";
import { elementObjectives } from "./objectives.js";
import type { Scope } from "./origin.js";
import type { Objectives, Volume, VolumeBackups } from "./plan.js";

/** The declared volumes of a container, and the data directory of Keelson modules. `owner`: the objectives of its unit. */
export function planVolumes(
  context: PlanContext,
  scope: Scope,
  input: SidecarInput["volumes"],
  data: number | undefined,
  owner: Objectives,
): Volume[] {
  const volumes = Object.entries(input ?? {}).map(([name, volume]): Volume => {
    const volumeScope = scope.at("volumes", name);
    const given = typeof volume === "object" ? volume : { size: volume };
    const usual = name === "data" && data !== undefined ? DATA_DIRECTORY : `/data/${name}`;
    const mount = volumeScope.pick(
      "mount",
      "mount" in given ? given.mount : undefined,
      usual,
      "a volume is mounted under its name",
    );
    const persistent = volumeScope.pick(
      "persistent",
      "persistent" in given ? given.persistent : undefined,
      false,
      "files of a replica are deleted with it by default",
    );
    if (!persistent) return { kind: "ephemeral", name, mount, size: given.size };
    return {
      kind: "persistent",
      name,
      path: volumeScope.path,
      mount,
      size: given.size,
      backups: planVolumeBackups(context, volumeScope, "backups" in given ? given.backups : undefined),
      objectives: elementObjectives(volumeScope, "objectives" in given ? given.objectives : undefined, owner),
    };
  });
  if (data === undefined || volumes.some(({ name }) => name === "data")) return volumes;
  scope
    .at("volumes")
    .recordDefault("data", "Keelson modules write files, and their root file system is read-only", formatBytes(data));
  return [...volumes, { kind: "ephemeral", name: "data", mount: DATA_DIRECTORY, size: data }];
}

/** Only declared backups are taken, by Velero in a cluster. */
function planVolumeBackups(context: PlanContext, volume: Scope, input: VolumeBackupsInput | undefined): VolumeBackups {
  const scope = volume.at("backups");
  if (!input) volume.recordDefault("backups", "no backup is declared");
  const to = many(input?.to);
  return {
    path: scope.path,
    files: planSchedule(scope, "files", input?.files),
    snapshot: planSchedule(scope, "snapshot", input?.snapshot),
    to,
    taker: onCluster(context)
      ? veleroOf(context, { files: input?.files, snapshot: input?.snapshot, to })
      : { kind: "none", why: notOnOneMachine(input) },
  };
}

function notOnOneMachine(input: VolumeBackupsInput | undefined): string {
  return input?.files || input?.snapshot
    ? "on one machine nothing takes backups of volumes; in a cluster Velero does"
    : "no backup is declared";
}
