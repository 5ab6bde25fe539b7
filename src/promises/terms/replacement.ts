import type { Plan } from "../../plan/plan.js";
import type { Prediction, Term } from "../prediction.js";
import { bounded } from "../prediction.js";
import type { Server } from "../subjects.js";
import { restorableAfterZoneLoss } from "./backup-location.js";
import {
  backupRestore,
  clientReconnect,
  onCallResponse,
  serverProvisioning,
  storeDetection,
  unnoticed,
} from "./store.js";

/** A person replaces a lost server with a new one, with the backup if one survives. */
export function replacement(server: Server, plan: Plan): Prediction {
  return newServer(server, plan, restorableAfterZoneLoss(server, plan) ? [backupRestore(server)] : []);
}

/** A person provides a new server; `further` is what it needs before clients can use it. */
export function newServer(server: Server, plan: Plan, further: readonly Term[]): Prediction {
  const response = onCallResponse(plan);
  if (!response) return unnoticed(plan, `of the loss of ${server.name}`);
  return bounded(plan, server.path, [
    ...storeDetection(server, plan),
    ...response,
    serverProvisioning(server),
    ...further,
    clientReconnect(),
  ]);
}
