import type { Plan } from "../../plan/plan.js";
import { type DataLoss, STORES, storeTraits } from "../../plan/stores/index.js";
import { nodeMonitorGrace } from "../facts/kubernetes.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, cited, unbounded } from "../prediction.js";
import { oftenest, type Server, taken, takesNone, untaken } from "../subjects.js";
import { backupTaken, interval, reconnected } from "./store.js";

/**
 * Another copy takes over. A provider's figure holds its own detection, by probes that a living node runs; in a cluster
 * a dead node must be noticed first.
 */
export function failedOver(server: Server, plan: Plan, lost: "process" | "node" | "zone"): readonly Term[] {
  const { failover, kind, product } = server.provider;
  if (!failover) return [];
  const noticed =
    kind === "in-cluster" && lost !== "process"
      ? [cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes))]
      : [];
  return [...noticed, cited("failover", failover, product), reconnected()];
}

/** What a copy that takes over may have missed. */
export function missedByReplica(server: Server, plan: Plan): Prediction {
  return lost(server, storeTraits(server).failoverLoss, plan);
}

/** What a server that starts again on the same disk has lost. */
export function lostByRestart(server: Server, plan: Plan): Prediction {
  return lost(server, storeTraits(server).restartLoss, plan);
}

/** The kind of store describes the loss; the prediction adds where its figures come from. */
function lost(server: Server, loss: DataLoss, plan: Plan): Prediction {
  switch (loss.kind) {
    case "cited":
      return bounded(plan, server.path, [cited(loss.label, loss.loss)]);
    case "assumed":
      return bounded(plan, server.path, [assumed(loss.label, loss.loss, loss.why)]);
    case "all":
      return lostWithData(server, plan);
    case "unbounded":
      return unbounded(plan, server.path, loss.why, {
        advice: loss.advice,
        edits: [{ path: `${server.path}.${loss.key}`, value: loss.value }],
      });
  }
}

/** The worst age of what is lost when every copy of the data is gone: only a backup is left. */
export function lostWithData(server: Server, plan: Plan): Prediction {
  const schedule = taken(server).log ? undefined : oftenest(server);
  if (schedule) {
    return bounded(plan, schedule.path, [interval("backup interval", schedule, plan), backupTaken(server)]);
  }
  const [declared] = untaken(server);
  if (declared) {
    const why = `a ${declared} backup of ${server.name} is declared, but ${takesNone(server)}`;
    return unbounded(plan, `${server.backups.path}.${declared}`, why, {
      advice: server.provider.copies === "bucket" ? "name a bucket in `backups.to`" : elsewhere(server),
    });
  }
  const why = `no backup of ${server.name} is declared`;
  if (server.provider.takes.length === 0 && server.provider.copies !== "bucket")
    return unbounded(plan, server.backups.path, `${why}, and ${takesNone(server)}`, { advice: elsewhere(server) });
  const often = server.provider.limits.snapshot ? "daily" : "hourly";
  return unbounded(plan, server.backups.path, why, {
    advice: `declare backups of ${server.name}`,
    edits: [
      STORES[server.kind].backupMethod === "log"
        ? { path: `${server.path}.backups`, value: { full: "daily keep 7d", log: "5m keep 7d" } }
        : { path: `${server.path}.backups`, value: { snapshot: `${often} keep 7d` } },
    ],
  });
}

function elsewhere({ name }: Server): string {
  return `copy what is in ${name} to a store that is backed up, or promise nothing of it`;
}
