import { formatBytes } from "../platform-file/format.js";
import { many } from "../platform-file/one-or-many.js";
import type { VolumeBackupsInput } from "../platform-file/schema/backups.js";
import type { SidecarInput } from "../platform-file/schema/services.js";
import { planSchedule } from "./backups.js";
import { CLOUDS } from "./clouds/index.js";
import { onCluster, type PlanContext } from "./context.js";
import { DATA_DIRECTORY } from "./directories.js";
import { elementObjectives } from "./objectives.js";
import type { Scope } from "./origin.js";
import type { BackupTaker, Objectives, Volume, VolumeBackups } from "./plan.js";
import { requestedProvider } from "./stores/base.js";

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
    taker: takerOf(context, input, to),
  };
}

function takerOf(context: PlanContext, input: VolumeBackupsInput | undefined, to: readonly string[]): BackupTaker {
  if (!input?.files && !input?.snapshot) return { kind: "none", why: "no backup is declared" };
  if (!onCluster(context))
    return { kind: "none", why: "on one machine nothing takes backups of volumes; in a cluster Velero does" };
  const sendsTo = to.filter((name) => {
    const bucket = context.settings.stores?.[name];
    return bucket !== undefined && requestedProvider(context, bucket) !== "embedded";
  });
  if (input.snapshot && context.cloud !== "none" && CLOUDS[context.cloud].volumes?.snapshots === undefined)
    return { kind: "none", why: `the volumes of ${context.cloud} have no snapshots` };
  if (input.files && sendsTo.length === 0)
    return {
      kind: "none",
      why:
        to.length > 0
          ? `${to.join(" and ")} is a folder of one machine`
          : "Velero copies files to a bucket, and `to` names none",
    };
  return { kind: "velero", sendsTo };
}
