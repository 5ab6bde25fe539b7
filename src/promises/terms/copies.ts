import type { Plan } from "../../plan/plan.js";
import { restoreBase, type Server } from "../subjects.js";

/**
 * Whether the copies of a store outlive what destroys its zone or its cluster: they lie with a provider, or in a bucket
 * that one keeps. Where a plan's own servers keep them, they stand on volumes of the same place.
 */
export function copiesApart({ provider }: Server, plan: Plan): boolean {
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

/** Where the copies of a store lie, in words that follow `lie`. */
export function copyPlace({ provider }: Server): string {
  switch (provider.copies) {
    case "provider":
      return `with ${provider.product}`;
    case "folder":
      return "in a folder of the same machine";
    case "volume":
      return "on a volume of the same cluster";
    case "bucket":
      return `in ${provider.sendsTo.join(" and ")}`;
  }
}

/** Whether a store can be restored when everything that stood with it is gone. */
export function restorableElsewhere(server: Server, plan: Plan): boolean {
  return restoreBase(server) !== undefined && copiesApart(server, plan);
}
