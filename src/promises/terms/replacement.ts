import type { Plan } from "../../plan/plan.js";
import type { Prediction } from "../prediction.js";
import { bounded, unknown } from "../prediction.js";
import type { Server } from "../subjects.js";
import { restorableAfterZoneLoss } from "./backup-location.js";
import { backupRestore, clientReconnect, onCallResponse, serverProvisioning, storeDetection } from "./store.js";

/** A person replaces a lost server with a new one, with the backup if one survives. */
export function replacement(server: Server, plan: Plan): Prediction {
  const response = onCallResponse(plan);
  if (!response) {
    const why = `no metrics are stored, so no one is notified of the loss of ${server.name}`;
    return unknown(plan, "observe.metrics", why);
  }
  return bounded(plan, server.path, [
    ...storeDetection(server, plan),
    ...response,
    serverProvisioning(server),
    ...(restorableAfterZoneLoss(server, plan) ? [backupRestore(server)] : []),
    clientReconnect(),
  ]);
}
