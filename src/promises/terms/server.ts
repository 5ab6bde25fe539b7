import type { Plan } from "../../plan/plan.js";
import { type DataLoss, STORES, storeTraits } from "../../plan/stores/index.js";
import { nodeMonitorGrace } from "../facts/kubernetes.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, cited, unbounded } from "../prediction.js";
import { mostFrequentBackup, type Server, takenBackups, unsupportedBackups, unsupportedReason } from "../subjects.js";
import { backupDuration, backupInterval, clientReconnect } from "./store.js";

/**
 * Another server takes over. A provider's failover figure includes its own detection, by probes that a healthy node
 * runs. When a node of the cluster fails, Kubernetes has to detect that first.
 */
export function failover(server: Server, plan: Plan, lost: "process" | "node" | "zone"): readonly Term[] {
  const { failover, kind, product } = server.provider;
  if (!failover) return [];
  const detection =
    kind === "in-cluster" && lost !== "process"
      ? [cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes))]
      : [];
  return [...detection, cited("failover", failover, product), clientReconnect()];
}

/** What the replica that takes over may not have received. */
export function lostByFailover(server: Server, plan: Plan): Prediction {
  return loss(server, storeTraits(server).failoverLoss, plan);
}

/** What a server loses that restarts with its disk intact. */
export function lostByRestart(server: Server, plan: Plan): Prediction {
  return loss(server, storeTraits(server).restartLoss, plan);
}

/** The prediction for a loss that the kind of store describes. */
function loss(server: Server, described: DataLoss, plan: Plan): Prediction {
  switch (described.kind) {
    case "cited":
      return bounded(plan, server.path, [cited(described.label, described.loss)]);
    case "assumed":
      return bounded(plan, server.path, [assumed(described.label, described.loss, described.why)]);
    case "all":
      return lostWithStorage(server, plan);
    case "unbounded":
      return unbounded(plan, server.path, described.why, {
        advice: described.advice,
        edits: [{ path: `${server.path}.${described.key}`, value: described.value }],
      });
  }
}

/** What is lost when every copy of the data is lost and only backups remain. */
export function lostWithStorage(server: Server, plan: Plan): Prediction {
  const schedule = takenBackups(server).log ? undefined : mostFrequentBackup(server);
  if (schedule) {
    return bounded(plan, schedule.path, [backupInterval("backup interval", schedule, plan), backupDuration(server)]);
  }
  const [unsupported] = unsupportedBackups(server);
  if (unsupported) {
    const why = `a ${unsupported} backup of ${server.name} is declared, but ${unsupportedReason(server)}`;
    return unbounded(plan, `${server.backups.path}.${unsupported}`, why, {
      advice: server.provider.copies === "bucket" ? "set a bucket in `backups.to`" : storeElsewhere(server),
    });
  }
  const why = `no backup of ${server.name} is declared`;
  if (server.provider.takes.length === 0 && server.provider.copies !== "bucket")
    return unbounded(plan, server.backups.path, `${why}, and ${unsupportedReason(server)}`, {
      advice: storeElsewhere(server),
    });
  const frequency = server.provider.limits.snapshot ? "daily" : "hourly";
  return unbounded(plan, server.backups.path, why, {
    advice: `declare backups of ${server.name}`,
    edits: [
      STORES[server.kind].backupMethod === "log"
        ? { path: `${server.path}.backups`, value: { full: "daily keep 7d", log: "5m keep 7d" } }
        : { path: `${server.path}.backups`, value: { snapshot: `${frequency} keep 7d` } },
    ],
  });
}

function storeElsewhere({ name }: Server): string {
  return `copy the data of ${name} to a store that is backed up, or set no objectives for it`;
}
