import type { Plan, Store, Unit } from "../../plan/plan.js";
import { runsAsContainers } from "../stores/containers.js";
import { brokerNotes } from "../stores/rabbitmq.js";
import type { Note } from "../target.js";
import { backupNotes, managedBackupNotes } from "./stores/backup.js";

/** What the Plan asks for and these objects do not carry out, said once and with its place. */
export function notesOn(plan: Plan): readonly Note[] {
  return [...plan.units.flatMap(unitNotes), ...storeNotes(plan)];
}

function unitNotes(unit: Unit): readonly Note[] {
  const notes: Note[] = [];
  const { rollout, scale } = unit;
  if (rollout.strategy === "canary" || rollout.strategy === "blue-green")
    notes.push({ path: rollout.path, message: `${unit.name}: ${rollout.strategy} is rendered as a rolling update` });
  if (scale && unit.replicas.max > unit.replicas.min) {
    const unserved = (["queue", "response", "gpu"] as const).filter((signal) => scale[signal] !== undefined);
    if (unserved.length > 0)
      notes.push({
        path: scale.path,
        message: `${unit.name}: the autoscaler of Kubernetes does not know ${unserved.join(", ")}; it scales on ${
          scale.cpu !== undefined || scale.memory !== undefined ? "CPU and memory" : "nothing"
        }`,
      });
  }
  return notes;
}

function storeNotes(plan: Plan): readonly Note[] {
  return plan.stores.flatMap((store) => {
    if (store.provider.kind === "managed") {
      const keys = store.kind === "bucket" ? "endpoint, access-key, secret-key" : "url";
      return [
        {
          path: store.path,
          message: `${store.name} is ${store.provider.product}: provide secret ${store.name} (${keys})`,
        },
        ...managedBackupNotes(store),
      ];
    }
    if (!runsAsContainers(store))
      return [
        { path: store.path, message: `${store.name} is a ${store.provider.product} of one machine: not in a cluster` },
      ];
    return [...failoverNotes(store), ...(store.kind === "rabbitmq" ? brokerNotes(store) : []), ...backupNotes(store)];
  });
}

/** Replicas that a reader may take for a failover. */
function failoverNotes(store: Store): readonly Note[] {
  if (store.kind !== "redis" || store.replicas === 0 || store.provider.failover) return [];
  return [
    { path: store.path, message: `${store.name}: its replicas follow the first server, but nothing promotes one` },
  ];
}
