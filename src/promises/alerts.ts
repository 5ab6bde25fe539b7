import type { Cache, Database, Element, Milliseconds, Plan, Unit } from "../plan/plan.js";
import { oftenest, restoreBase, taken } from "./subjects.js";

/**
 * An alert as data, in no monitoring system's words: a target writes it as a Prometheus rule, the dashboard as a line
 * of text. `measure` names what is watched; what it is called in a metrics system is the target's business.
 */
export interface Alert {
  readonly name: string;
  readonly subject: string;
  readonly severity: "critical" | "warning" | "info";
  readonly condition: Condition;
  /** The condition holds this long before anybody is told. */
  readonly for: Milliseconds;
  readonly summary: string;
}

export interface Condition {
  readonly measure: "replicas-ready" | "backup-age" | "log-age" | "backup-verification-age" | "store-up";
  readonly labels: Readonly<Record<string, string>>;
  readonly comparison: "below" | "above";
  /** Milliseconds for ages, a count otherwise. */
  readonly threshold: number;
}

/** How long a thing is down before anybody is told; undefined when nobody is. */
export function alertDelay(plan: Plan): Milliseconds | undefined {
  return plan.observe.metrics === "none" ? undefined : plan.observe.alerts.down;
}

const standardDelay = 120_000;

/** Fewer replicas answer than the unit needs at least. */
export function replicasMissing(unit: Unit, plan: Plan): Alert {
  return {
    name: "replicas-missing",
    subject: unit.name,
    severity: unit.replicas.min > 1 ? "warning" : "critical",
    condition: {
      measure: "replicas-ready",
      labels: { unit: unit.name },
      comparison: "below",
      threshold: unit.replicas.min,
    },
    for: alertDelay(plan) ?? standardDelay,
    summary: `${unit.name} runs fewer than ${unit.replicas.min} ready replicas`,
  };
}

/** The store does not answer its probe. */
export function storeDown(store: Element, plan: Plan): Alert {
  return {
    name: "store-down",
    subject: store.name,
    severity: "critical",
    condition: { measure: "store-up", labels: { store: store.name }, comparison: "below", threshold: 1 },
    for: alertDelay(plan) ?? standardDelay,
    summary: `${store.name} does not answer`,
  };
}

/**
 * Watches what the data would be restored from, and fires before the promise is broken: half-way between the age that is
 * normal and the age that the RPO allows. Where nothing is taken that it could be restored from, no age can be watched:
 * then the loss itself is what is told.
 */
export function dataUnsafe(store: Database | Cache, plan: Plan): Alert {
  const { log } = taken(store);
  const newest = log ?? oftenest(store);
  if (!newest || !restoreBase(store)) return storeDown(store, plan);
  const { every } = newest;
  const { rpo } = store.objectives;
  const allowed = rpo === undefined ? every * 2 : Math.max(every, (every + rpo) / 2);
  const threshold = Math.min(allowed, every * 2);
  return {
    name: log ? "log-shipping-late" : "backup-too-old",
    subject: store.name,
    severity: "critical",
    condition: {
      measure: log ? "log-age" : "backup-age",
      labels: { store: store.name },
      comparison: "above",
      threshold,
    },
    for: 0,
    summary: `the newest ${log ? "shipped log" : "backup"} of ${store.name} is too old to keep its RPO`,
  };
}

/** No backup was proven by a restore for longer than two of them are apart. Only where full backups are taken. */
export function backupUnverified(database: Database): Alert {
  return {
    name: "backup-unverified",
    subject: database.name,
    severity: "warning",
    condition: {
      measure: "backup-verification-age",
      labels: { store: database.name },
      comparison: "above",
      threshold: 2 * (taken(database).full?.every ?? 0),
    },
    for: 0,
    summary: `no backup of ${database.name} has been restored and compared since the last two were made`,
  };
}
