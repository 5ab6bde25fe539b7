import type { Cited, Plan, Store } from "../../plan/plan.js";
import { type BucketStore, type DataLoss, STORES, storeTraits } from "../../plan/stores/index.js";
import type { Edit } from "../../platform-file/diagnostic.js";
import { serverDown, storeDown } from "../alerts.js";
import { type NodesNeeded, serverDemand } from "../capacity.js";
import { nodeMonitorGrace } from "../facts/kubernetes.js";
import { hungServerKilled } from "../facts/people.js";
import type { Domain } from "../placement/worst-placement.js";
import type { Prediction, Remedy, Term } from "../prediction.js";
import { assumed, atTheSameTime, bounded, cited, longest, unbounded } from "../prediction.js";
import { citedText } from "../source-text.js";
import { mostFrequentBackup, type Server, takenBackups, unsupportedBackups, unsupportedReason } from "../subjects.js";
import type { Placed } from "./capacity.js";
import { movedWithVolume } from "./moved-volume.js";
import { operatorTakeover } from "./operator.js";
import { backupDuration, backupInterval, clientReconnect, onCallResponse, segmentUpload } from "./store.js";

/**
 * Another server takes over. After a process fails, the product's own figure includes its detection. After the loss of a
 * node, its servers stay in the endpoints until Kubernetes marks the node unready; a product that detects the loss
 * by itself does so meanwhile, so the longer of the two waits counts. An operator that promotes the standby may have run
 * on the lost node, and has to take over first.
 */
export function failover(server: Server, plan: Plan, lost: "process" | Domain): readonly Term[] {
  const { failover, kind, product } = server.provider;
  if (!failover) return [];
  if (kind !== "in-cluster" || lost === "process") {
    return [cited("failover", sumOf(failover.detection, failover.takeover), product), clientReconnect()];
  }
  const unready = cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes));
  if (failover.by === "operator") {
    return [unready, ...operatorTakeover(plan, lost), cited("failover", failover.takeover, product), clientReconnect()];
  }
  const own = cited("failover", sumOf(failover.detection, failover.takeover), product);
  return [longest([unready, own]), clientReconnect()];
}

/**
 * A server that hangs where nothing takes over from one: a person kills it. `takesOver`: its replica is promoted then; otherwise it
 * is restarted. Undefined if no alert can fire.
 */
export function hungServerRecovery(server: Server, plan: Plan, takesOver: boolean): readonly Term[] | undefined {
  const { failover, restart, product } = server.provider;
  const response = onCallResponse(plan, serverDown(server, plan));
  if (!failover || !response) return undefined;
  return [
    ...response,
    assumed("hung server killed by hand", hungServerKilled.value, hungServerKilled.why),
    takesOver ? cited("failover", failover.takeover, product) : cited("restart of the server", restart, product),
    clientReconnect(),
  ];
}

function sumOf(...figures: readonly Cited[]): Cited {
  return {
    value: figures.reduce((total, { value }) => total + value, 0),
    source: figures.map(citedText).join("; then "),
  };
}

/**
 * A standby is promoted by an operator that does not run when the primary fails, and runs again after `absent`. The failure is detected
 * meanwhile, so the longer of the two waits counts.
 */
export function failoverByReturningOperator({ provider }: Server, absent: readonly Term[]): readonly Term[] {
  const { failover, product } = provider;
  if (!failover) return [];
  const detected = cited("failure of the primary detected", failover.detection);
  return [...atTheSameTime(absent, [detected]), cited("failover", failover.takeover, product), clientReconnect()];
}

/** A server of a store in the cluster that is lost with its node or its zone, and starts on another node with its volume. */
export function movedServer(
  store: Server | BucketStore,
  plan: Plan,
  lost: Domain,
  nodesNeeded: NodesNeeded,
): Prediction {
  return movedWithVolume(
    plan,
    store,
    { placed: placedServer(store), lost, nodesNeeded, alert: storeDown(store, plan) },
    serverRestart(store),
  );
}

/** A server of a store, as the scheduler places it. */
export function placedServer(store: Store): Placed {
  return { name: store.name, pool: store.pool, demand: serverDemand(store) };
}

/** A server that starts elsewhere with its volume. */
export function serverRestart({ provider }: Store): readonly Term[] {
  return [cited("start of the server", provider.start ?? provider.restart, provider.product), clientReconnect()];
}

/** What the replica that takes over may not have received. */
export function lostByFailover(server: Server, plan: Plan): Prediction {
  return loss(server, storeTraits(server).failoverLoss, plan);
}

/** What a server loses that restarts with its disk intact. */
export function lostByRestart(server: Server, plan: Plan): Prediction {
  return loss(server, storeTraits(server).restartLoss, plan);
}

/** What bounds the loss of a restart of which a backup would be restored; undefined where nothing does. */
export function keptThroughRestart(server: Server): Remedy | undefined {
  const { restartLoss } = storeTraits(server);
  if (restartLoss.kind !== "all" || !restartLoss.unless) return undefined;
  const { advice, key, value, loss } = restartLoss.unless;
  return { advice, edits: [{ path: `${server.path}.${key}`, value }], worstCase: loss.value };
}

/** The prediction for a loss that the kind of store describes. */
function loss(server: Server, described: DataLoss, plan: Plan): Prediction {
  switch (described.kind) {
    case "cited":
      return bounded(plan, server.path, [cited(described.label, described.loss)]);
    case "assumed":
      return bounded(plan, server.path, [assumed(described.label, described.loss, described.why)]);
    case "all": {
      const lost = lostWithStorage(server, plan);
      const remedy = keptThroughRestart(server);
      return lost.kind !== "unbounded" || !described.unless || !remedy
        ? lost
        : { ...lost, why: `${described.unless.why}, and ${lost.why}`, fix: remedy };
    }
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
  return unbounded(plan, server.backups.path, why, declareBackups(server));
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Which bucket is not chosen here: there is no edit for a server whose backups need one. */
function declareBackups(server: Server): Remedy {
  const { name, provider, path, kind } = server;
  if (provider.copies === "bucket")
    return { advice: `declare backups of ${name}, in a bucket of a cloud provider (\`backups: { to: BUCKET }\`)` };
  const edits = (value: Readonly<Record<string, string>>): readonly Edit[] => [{ path: `${path}.backups`, value }];
  const advice = `declare backups of ${name}`;
  if (STORES[kind].backupMethod === "log") {
    const worstCase = 5 * MINUTE_MS + segmentUpload(server).value;
    return { advice, edits: edits({ full: "daily keep 7d", log: "5m keep 7d" }), worstCase };
  }
  const [frequency, every] = provider.limits.snapshot ? (["daily", DAY_MS] as const) : (["hourly", HOUR_MS] as const);
  const worstCase = every + backupDuration(server).value;
  return { advice, edits: edits({ snapshot: `${frequency} keep 7d` }), worstCase };
}

function storeElsewhere({ name }: Server): string {
  return `copy the data of ${name} to a store that is backed up, or set no objectives for it`;
}
