import type { Plan } from "../../plan/plan.js";
import { restoreBase, type Server } from "../subjects.js";

/**
 * Whether the backups of a store survive the loss of its zone or cluster: the provider stores them, or a bucket that a
 * provider runs. A bucket that runs in the cluster itself has its volumes there too.
 */
export function backupsSurviveZoneLoss({ provider }: Server, plan: Plan): boolean {
  switch (provider.copies) {
    case "provider":
      return true;
    case "folder":
    case "volume":
      return false;
    case "bucket":
      return plan.stores.some((store) => store.provider.kind === "managed" && provider.sendsTo.includes(store.name));
  }
}

/** Where the backups of a store are, to follow `stored`. */
export function backupLocation({ provider }: Server): string {
  switch (provider.copies) {
    case "provider":
      return `by ${provider.product}`;
    case "folder":
      return "in a folder of the same machine";
    case "volume":
      return "on a volume of the same cluster";
    case "bucket":
      return `in ${provider.sendsTo.join(" and ")}`;
  }
}

/** Whether a store can be restored after everything in its zone is lost. */
export function restorableAfterZoneLoss(server: Server, plan: Plan): boolean {
  return restoreBase(server) !== undefined && backupsSurviveZoneLoss(server, plan);
}
