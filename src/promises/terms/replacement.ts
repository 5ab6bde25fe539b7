import type { Plan } from "../../plan/plan.js";
import { storeDown } from "../alerts.js";
import type { NodesNeeded } from "../capacity.js";
import type { Domain } from "../placement/worst-placement.js";
import type { Prediction, Term } from "../prediction.js";
import { bounded } from "../prediction.js";
import type { Server } from "../subjects.js";
import { restorableAfterZoneLoss } from "./backup-location.js";
import { capacityElsewhere, withoutRoom } from "./capacity.js";
import { placedServer } from "./server.js";
import {
  backupRestore,
  clientReconnect,
  onCallResponse,
  serverProvisioning,
  storeDetection,
  unnoticed,
} from "./store.js";

/** A person replaces a server that was lost with its node or zone, with the backup if one survives. */
export function replacement(server: Server, plan: Plan, lost: Domain, nodesNeeded: NodesNeeded): Prediction {
  const further = restorableAfterZoneLoss(server, plan) ? [backupRestore(server)] : [];
  return withoutNode(server, plan, lost, nodesNeeded) ?? newServer(server, plan, further);
}

/** Why no node has room for a new server in the cluster; undefined if one has, or a provider runs it. */
export function withoutNode(
  server: Server,
  plan: Plan,
  lost: Domain,
  nodesNeeded: NodesNeeded,
): Prediction | undefined {
  if (server.provider.kind !== "in-cluster") return undefined;
  const room = capacityElsewhere(placedServer(server), plan, { lost, sameZone: false }, nodesNeeded);
  return room.kind === "some" ? undefined : withoutRoom(room, plan, server.path);
}

/** A person provides a new server; `further` is what it needs before clients can use it. */
export function newServer(server: Server, plan: Plan, further: readonly Term[]): Prediction {
  const response = onCallResponse(plan, storeDown(server, plan));
  if (!response) return unnoticed(plan, `of the loss of ${server.name}`);
  return bounded(plan, server.path, [
    ...storeDetection(server, plan),
    ...response,
    serverProvisioning(server),
    ...further,
    clientReconnect(),
  ]);
}
