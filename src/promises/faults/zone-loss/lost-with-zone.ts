import type { Plan } from "../../../plan/plan.js";
import type { Prediction, Remedy } from "../../prediction.js";
import { unbounded } from "../../prediction.js";
import type { Server } from "../../subjects.js";
import { backupLocation, backupsSurviveZoneLoss } from "../../terms/backup-location.js";
import { lostSinceBackup } from "../database-loss.js";

/** What is lost when every server of a store was in the failed zone. Backups in the same zone are lost too. */
export function lostWithZone(server: Server, plan: Plan): Prediction {
  const lost = lostSinceBackup(server, plan);
  if (lost.kind === "unknown" || backupsSurviveZoneLoss(server, plan)) return lost;
  if (lost.kind === "bounded") return backupsInSameZone(server, plan);
  // To declare backups, as after the loss of the storage alone, does not help if they are on a volume.
  return server.provider.copies === "volume" && lost.fix?.edits ? { ...lost, fix: storeInAnotherZone } : lost;
}

const storeInAnotherZone: Remedy = {
  advice: "send backups to a bucket that a cloud provides, or run a standby in another zone",
};

export function backupsInSameZone(server: Server, plan: Plan): Prediction {
  const why = `the backups of ${server.name} are stored ${backupLocation(server)} and may be lost with the zone`;
  return unbounded(plan, server.backups.path, why, storeInAnotherZone);
}
