import type { Schedule } from "../platform-file/schedule.js";
import { CLOUDS } from "./clouds/index.js";
import type { PlanContext } from "./context.js";
import type { BackupTaker } from "./plan.js";
import { requestedProvider } from "./stores/base.js";

/** The declared backups of a volume in a cluster: `files` are copied to the buckets of `to`. */
export interface DeclaredBackups {
  readonly files: Schedule | undefined;
  readonly snapshot: Schedule | undefined;
  readonly to: readonly string[];
}

/** Velero, which takes the declared backups of a volume in a cluster; or why nothing takes them. */
export function veleroOf(context: PlanContext, { files, snapshot, to }: DeclaredBackups): BackupTaker {
  if (!files && !snapshot) return { kind: "none", why: "no backup is declared" };
  if (files && snapshot) return { kind: "none", why: "Velero takes one kind of backup of a volume" };
  if ((files ?? snapshot)?.every === 0)
    return { kind: "none", why: "Velero takes backups at intervals, not on change" };
  const sendsTo = to.filter((name) => {
    const bucket = context.settings.stores?.[name];
    return bucket !== undefined && requestedProvider(context, bucket) !== "embedded";
  });
  if (snapshot && context.cloud !== "none" && CLOUDS[context.cloud].volumes?.snapshots === undefined)
    return { kind: "none", why: `the volumes of ${context.cloud} have no snapshots` };
  if (files && sendsTo.length === 0)
    return {
      kind: "none",
      why:
        to.length > 0
          ? `${to.join(" and ")} is a folder of one machine`
          : "Velero copies files to a bucket, and `to` names none",
    };
  return { kind: "velero", sendsTo };
}
