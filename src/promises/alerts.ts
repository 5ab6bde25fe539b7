import { issuerOf } from "../plan/entrances/issuer.js";
import { isDeclared } from "../plan/origin.js";
import type { Entrance, Milliseconds, Model, Plan, Ratio, Store, Unit } from "../plan/plan.js";
import {
  type CacheStore,
  type DatabaseStore,
  isDatabase,
  type ServerStore,
  storeTraits,
} from "../plan/stores/index.js";
import { isUnit, schedulesOfVolume } from "../plan/velero.js";
import {
  backupOlderThan,
  type Condition,
  certificateExpiresWithin,
  cloudNativePgUnavailable,
  everyTargetEjected,
  type FailedRequests,
  nodeUnderPressure,
  proxiesBelow,
  replicaLagAbove,
  replicasBelow,
  serverUnavailable,
  veleroBackupOlderThan,
  verifiedBackupOlderThan,
  volumeSpaceBelow,
  walArchiveOlderThan,
} from "./alert-condition.js";
import { toleratedLag } from "./facts/stores.js";
import { promisedRecovery } from "./objectives.js";
import { answeredRequests, failedShare } from "./request-counters.js";
import {
  type EntranceSubject,
  mostFrequentBackup,
  restoreBase,
  type StoredVolume,
  takenBackups,
  type WholePlatform,
} from "./subjects.js";

/** An alert as data: `alertExpression` writes its condition in PromQL. */
export interface Alert {
  readonly name: string;
  readonly subject: string;
  readonly severity: "critical" | "warning" | "info";
  readonly condition: Condition | FailedRequests;
  /** The condition must hold this long before the alert fires. */
  readonly for: Milliseconds;
  readonly summary: string;
}

/** The targets that render alert rules: a prediction that counts on an alert names them. */
export const TARGETS_WITH_ALERT_RULES: readonly string[] = ["prometheus"];

/** How long a subject is unavailable before its alert fires; undefined if no metrics are stored or the alert is off. */
export function alertDelay(plan: Plan): Milliseconds | undefined {
  return plan.observe.metrics === "none" ? undefined : plan.observe.alerts.down;
}

const DEFAULT_ALERT_DELAY_MS = 120_000;

/** Fewer replicas are ready than the unit's minimum. */
export function replicasMissing(unit: Unit, plan: Plan): Alert {
  return {
    name: "replicas-missing",
    subject: unit.name,
    severity: unit.replicas.min > 1 ? "warning" : "critical",
    condition: replicasBelow(unit, plan, unit.replicas.min),
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `${unit.name} has fewer than ${unit.replicas.min} ready replicas`,
  };
}

/** Fewer servers of the store are ready than it certainly serves with: of one without a failover, the missing one may be its primary. */
export function storeDown(store: Store, plan: Plan): Alert {
  return {
    name: "store-down",
    subject: store.name,
    severity: "critical",
    condition: serverUnavailable(store, plan),
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `${store.name} is unavailable`,
  };
}

/** One of several servers of a store does not answer: where nothing takes over from one that hangs, its store is unavailable. */
export function serverDown(server: ServerStore, plan: Plan): Alert {
  return {
    ...storeDown(server, plan),
    name: "server-down",
    condition: serverUnavailable(server, plan, storeTraits(server).servers),
    summary: `a server of ${server.name} does not answer`,
  };
}

/** Fewer proxies of an entrance's controller are available than it needs. */
export function entranceDown({ name, entrance }: EntranceSubject, plan: Plan): Alert {
  return {
    name: "entrance-down",
    subject: name,
    severity: entrance.replicas > 1 ? "warning" : "critical",
    condition: proxiesBelow(entrance, plan),
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `${name} has fewer than ${entrance.replicas} available proxies`,
  };
}

/** The certificate of an entrance expires soon: a warning, because it is fired long before. */
export function certificateExpires({ name, entrance }: EntranceSubject, plan: Plan): Alert {
  const lead = certificateNotice(entrance, plan);
  return {
    name: "certificate-expires",
    subject: name,
    severity: "warning",
    condition:
      lead === undefined
        ? {
            kind: "unmeasured",
            why: "its certificate is provided by hand, and the file declares no alert on its expiry",
          }
        : certificateExpiresWithin(entrance, lead),
    for: 0,
    summary: `the certificate of ${entrance.host ?? name} has not been renewed`,
  };
}

/**
 * How long before its expiry the alert on a certificate fires; undefined if none does. Nothing that is usually installed reads the
 * expiry of a certificate that is provided by hand, so the file has to declare that something does.
 */
export function certificateNotice(entrance: Entrance, plan: Plan): Milliseconds | undefined {
  const { metrics, alerts } = plan.observe;
  if (metrics === "none") return undefined;
  const isRead = issuerOf(entrance) !== undefined || isDeclared(plan, `${alerts.path}.certificate`);
  return isRead ? alerts.certificate : undefined;
}

/** The address of an entrance does not answer. What runs in the same region cannot reach it from outside. */
export function addressUnreachable({ name, entrance }: EntranceSubject, plan: Plan): Alert {
  const { host = name } = entrance;
  return {
    name: "address-unreachable",
    subject: name,
    severity: "critical",
    condition: {
      kind: "unmeasured",
      why: `probe ${host} from another region; Route 53 exports the state of its health checks to CloudWatch only`,
    },
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `${host} does not answer`,
  };
}

/** Rows or objects are missing. A server in the cluster is deleted with its namespace; nothing measures missing rows. */
export function deletedData(store: Store, plan: Plan): Alert {
  const isInCluster = store.provider.kind === "in-cluster";
  return {
    name: "data-deleted",
    subject: store.name,
    severity: "critical",
    condition: isInCluster
      ? serverUnavailable(store, plan, 1)
      : {
          kind: "unmeasured",
          why: `no component exports that data of ${store.name} is missing: watch the errors of the components that read it`,
        },
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: isInCluster ? `${store.name} is not running` : `requests fail because data of ${store.name} is missing`,
  };
}

/** Requests of a unit fail although its replicas are ready: more of them than `observe.alerts.errors`. */
export function requestsFailing(unit: Unit, plan: Plan): Alert {
  const { errors } = plan.observe.alerts;
  return {
    name: "requests-failing",
    subject: unit.name,
    severity: "critical",
    condition: !unit.modules.includes("gateway")
      ? { kind: "unmeasured", why: `no component exports how many requests of ${unit.name} fail` }
      : errors === undefined
        ? { kind: "unmeasured", why: "the share of errors that is too high is not declared (`observe.alerts.errors`)" }
        : { kind: "requests", failed: failedShare(answeredRequests(plan), ERRORS_WINDOW), above: errors },
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `requests of ${unit.name} fail`,
  };
}

/** Every server of a model is ejected. */
export function providerEjected(model: Model, plan: Plan): Alert {
  return {
    name: "provider-down",
    subject: model.name,
    severity: model.fallbacks.length > 0 ? "warning" : "critical",
    condition: everyTargetEjected(model),
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `no server of ${model.name} answers`,
  };
}

/** Long enough for several scrapes at the default interval of one minute. */
const ERRORS_WINDOW = "5m";

/** No metric shows that a secret is known to others. */
export function leakReported({ name }: WholePlatform, _plan: Plan): Alert {
  return {
    name: "secret-leaked",
    subject: name,
    severity: "critical",
    condition: { kind: "unmeasured", why: "a leak is reported by a person or a scanner of repositories" },
    for: 0,
    summary: `a secret of ${name} is known to others`,
  };
}

/** The API server does not answer. Pods run on, and nothing of them changes. */
export function controlPlaneDown({ name }: WholePlatform, plan: Plan): Alert {
  return {
    name: "control-plane-down",
    subject: name,
    severity: "warning",
    condition: {
      kind: "unmeasured",
      why: "which job scrapes the API server depends on the installation of Prometheus",
    },
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `the API server of the cluster of ${name} does not answer`,
  };
}

/** The operator that fails a database over does not run. Nothing is unavailable yet. */
export function storeOperatorDown({ name, provider }: DatabaseStore, plan: Plan): Alert {
  return {
    name: "operator-down",
    subject: name,
    severity: "critical",
    condition: cloudNativePgUnavailable(),
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `${provider.product} does not run: no standby of ${name} would be promoted`,
  };
}

/** A node evicts pods, so that other nodes must have room for them. */
export function nodePressureReported(unit: Unit, plan: Plan): Alert {
  return {
    name: "node-pressure",
    subject: unit.name,
    severity: "warning",
    condition: nodeUnderPressure(),
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `a node is short of memory or disk, and evicts pods: ${unit.name} may be among them`,
  };
}

/** The share of a volume that is left when the alert fires. */
const NEARLY_FULL: Ratio = 0.15;

/** The alert that a larger volume waits for: of a store, and of a unit with a persistent volume. */
export const VOLUME_NEARLY_FULL = { name: "volume-nearly-full", severity: "critical" } as const;

/** The volume of a store fills, and its server will stop accepting writes. */
export function volumeNearlyFull(store: Store, plan: Plan): Alert {
  return {
    ...VOLUME_NEARLY_FULL,
    subject: store.name,
    condition: volumeSpaceBelow(store, plan, NEARLY_FULL),
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `less than 15 % of the volume of ${store.name} is left`,
  };
}

/** One of several operators does not run. */
export function operatorDown({ name }: WholePlatform, plan: Plan): Alert {
  return {
    name: "operators-down",
    subject: name,
    severity: "warning",
    condition: {
      kind: "unmeasured",
      why: "the namespaces of the operators depend on their installation: compare kube_deployment_status_replicas_available of each with 1",
    },
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `an operator that ${name} depends on does not run`,
  };
}

/** Nothing of the platform is available. Its own monitoring fails with it. */
export function platformDown({ name }: Pick<WholePlatform, "name">, plan: Plan): Alert {
  return {
    name: "platform-down",
    subject: name,
    severity: "critical",
    condition: {
      kind: "unmeasured",
      why: "the monitoring in the same zone fails too; probe the entrance from outside",
    },
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `${name} is unavailable`,
  };
}

/** One more evaluation at the default interval: while its exporter restarts, a series is missing for a scrape. */
const CONFIRMED_MS = 60_000;

/**
 * Watches the age of what the data would be restored from, and fires before the RPO is violated: half-way between the
 * normal age and the age that the RPO allows. If no backup is taken there is no age to watch, and the alert fires when
 * the store is unavailable.
 */
export function backupsTooOld(store: DatabaseStore | CacheStore, plan: Plan): Alert {
  const { log } = takenBackups(store);
  const newest = log ?? mostFrequentBackup(store);
  if (!newest || !restoreBase(store)) return storeDown(store, plan);
  const { every } = newest;
  const rpo = promisedRecovery(store.objectives, isDatabase(store) ? "database-loss" : "cache-loss", "rpo");
  const maxAge = toleratedAge(every, rpo);
  return {
    name: log ? "log-shipping-late" : "backup-too-old",
    subject: store.name,
    severity: "critical",
    condition: log ? walArchiveOlderThan(store, plan, maxAge) : backupOlderThan(store, plan, maxAge),
    for: CONFIRMED_MS,
    summary: `the newest ${log ? "archived WAL" : "backup"} of ${store.name} is missing or too old for its RPO`,
  };
}

/** The standby of a database lags by more than a failover is assumed to lose. */
export function replicaBehind(database: DatabaseStore, plan: Plan): Alert {
  return {
    name: "replica-lag",
    subject: database.name,
    severity: "critical",
    condition: replicaLagAbove(database, plan, toleratedLag.value),
    for: alertDelay(plan) ?? DEFAULT_ALERT_DELAY_MS,
    summary: `a replica of ${database.name} lags behind its primary, or receives nothing from it`,
  };
}

/** No backup was restored and compared within two backup intervals. Only where full backups are taken. */
export function backupUnverified(database: DatabaseStore): Alert {
  return {
    name: "backup-unverified",
    subject: database.name,
    severity: "warning",
    condition: verifiedBackupOlderThan(database, 2 * (takenBackups(database).full?.every ?? 0)),
    for: CONFIRMED_MS,
    summary: `neither of the last two full backups of ${database.name} has been restored and compared`,
  };
}

/**
 * Watches the age of the newest backup of a volume, as `backupsTooOld` does. Without one there is no age to watch, and the alert
 * fires when its unit or bucket is unavailable.
 */
export function volumeBackupsTooOld(subject: StoredVolume, plan: Plan): Alert {
  const { name, volume, owner, fault, objectives } = subject;
  const { files, snapshot } = volume.backups;
  const [schedule] = schedulesOfVolume(plan, owner, volume);
  const every = (files ?? snapshot)?.every;
  if (!schedule || every === undefined) return volumeLost(subject, plan);
  return {
    name: "backup-too-old",
    subject: name,
    severity: "critical",
    condition: veleroBackupOlderThan(
      schedulesOfVolume(plan, owner, volume).map((each) => each.name),
      toleratedAge(every, promisedRecovery(objectives, fault, "rpo")),
    ),
    for: CONFIRMED_MS,
    summary: `the newest backup of ${name} is missing or too old for its RPO`,
  };
}

/** Fires when a volume is lost: its unit lacks a replica, or its bucket is unavailable. */
export function volumeLost({ owner }: StoredVolume, plan: Plan): Alert {
  return isUnit(owner) ? replicasMissing(owner, plan) : storeDown(owner, plan);
}

/** Half-way between the normal age of a backup and the age that the RPO allows, at most two intervals. */
function toleratedAge(every: Milliseconds, rpo: Milliseconds | undefined): Milliseconds {
  const allowed = rpo === undefined ? every * 2 : Math.max(every, (every + rpo) / 2);
  return Math.min(allowed, every * 2);
}
