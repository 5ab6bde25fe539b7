import type { Source } from "./plan.js";

/** When the maintenance of a version ends. Dates are `YYYY-MM-DD`: the last day on which fixes are published. */
export interface EndOfLife extends Source {
  readonly date: string;
  /** The version is older than those of the table: it ended on this day or before. */
  readonly orEarlier?: true;
}

/**
 * The ends of life of one product, by version. A version that is older than all of them has ended; a newer one is maintained as far as the
 * table knows.
 */
export type EndsOfLife = Readonly<Record<string, EndOfLife>>;

/** The version that a platform gets without a declared one: the newest that is maintained and that the tests run. */
export const DEFAULT_KUBERNETES = "1.37";

const KUBERNETES: Source = {
  source: "kubernetes.io/releases/patch-releases (endoflife.date/kubernetes at a70eca3)",
  read: "2026-11-30",
};
const KUBERNETES_NEXT: Source = {
  source: "kubernetes/website, data/releases/schedule.yaml for 1.37",
  read: "2026-11-30",
};
/** Ends of life of Kubernetes; those of stores are in their descriptors. */
export const KUBERNETES_ENDS: EndsOfLife = {
  "1.27": { date: "2024-06-28", ...KUBERNETES },
  "1.28": { date: "2024-10-28", ...KUBERNETES },
  "1.29": { date: "2025-02-28", ...KUBERNETES },
  "1.30": { date: "2025-07-15", ...KUBERNETES },
  "1.31": { date: "2025-11-11", ...KUBERNETES },
  "1.32": { date: "2026-02-28", ...KUBERNETES },
  "1.33": { date: "2026-06-28", ...KUBERNETES },
  "1.34": { date: "2026-10-27", ...KUBERNETES },
  "1.35": { date: "2027-02-28", ...KUBERNETES },
  "1.36": { date: "2027-06-28", ...KUBERNETES },
  "1.37": { date: "2027-10-28", ...KUBERNETES_NEXT },
};

/** The end of life of a version such as `17.5` or `1.34`, by its first parts; undefined if the table does not know one. */
export function endOfLife(known: EndsOfLife, version: string): EndOfLife | undefined {
  const [major = "", minor = ""] = version.split(".");
  const found = known[`${major}.${minor}`] ?? known[major];
  if (found) return found;
  const [oldest] = Object.keys(known).sort(compareVersions);
  const end = oldest !== undefined && compareVersions(version, oldest) < 0 ? known[oldest] : undefined;
  return end && { ...end, orEarlier: true };
}

/** A field that is rendered and that an older Kubernetes ignores. */
export interface VersionedField {
  readonly field: string;
  /** The first version in which it has an effect without a feature gate. */
  readonly since: string;
  readonly effect: string;
  readonly source: string;
}

const GATES = "kubernetes.io, Feature Gates";

export const VERSIONED_FIELDS = {
  autoscalers: {
    field: "HorizontalPodAutoscaler of autoscaling/v2",
    since: "1.23",
    effect: "the API server refuses the object, and nothing scales",
    source: "kubernetes/enhancements#2702: generally available in 1.23",
  },
  nativeSidecars: {
    field: "restartPolicy of initContainers",
    since: "1.29",
    effect: "sidecars run to completion before the main container starts, which they never do",
    source: `${GATES}: SidecarContainers`,
  },
  preStopSleep: {
    field: "lifecycle.preStop.sleep",
    since: "1.30",
    effect: "containers of other images stop while requests are still routed to them",
    source: `${GATES}: PodLifecycleSleepAction`,
  },
  unhealthyEviction: {
    field: "unhealthyPodEvictionPolicy of disruption budgets",
    since: "1.27",
    effect: "a pod that is not ready blocks the drain of its node",
    source: `${GATES}: PDBUnhealthyPodEvictionPolicy`,
  },
  spreadPerRevision: {
    field: "matchLabelKeys of topologySpreadConstraints",
    since: "1.27",
    effect: "pods of the old revision skew the spread of a rollout",
    source: `${GATES}: MatchLabelKeysInPodTopologySpread`,
  },
  spreadMinimum: {
    field: "minDomains of topologySpreadConstraints",
    since: "1.27",
    effect: "all replicas are placed in the only zone or node that is up at that moment, and stay there",
    source: `${GATES}: MinDomainsInPodTopologySpread`,
  },
} as const satisfies Record<string, VersionedField>;

/** Compares `1.9` and `1.10` part by part: negative, zero or positive. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split(".").map(Number));
  for (let index = 0; index < Math.max(a?.length ?? 0, b?.length ?? 0); index += 1) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
