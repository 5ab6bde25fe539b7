import fc from "fast-check";
import { stringify } from "yaml";

/** Durations as people write them, with their milliseconds at hand. */
const durations = fc.constantFrom("30s", "1m", "2m", "5m", "15m", "1h", "4h", "24h");
const intervals = fc.constantFrom("1m", "5m", "15m", "1h", "6h", "daily", "weekly");
const keeps = fc.constantFrom("1d", "3d", "7d", "14d", "30d", "365d");
const sizes = fc.constantFrom("1Gi", "20Gi", "200Gi", "2Ti");

const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });
const schedule = fc.tuple(intervals, keeps).map(([every, keep]) => `${every} keep ${keep}`);

const objectives = fc.record(
  { availability: fc.constantFrom("99%", "99.9%", "99.99%"), rto: durations, rpo: durations, retention: keeps },
  { requiredKeys: [] },
);

const replicas = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 6 }))
  .map(([min, more]) => (more === 0 ? min : `${min}..${min + more}`));

const probe = fc.record(
  { every: fc.constantFrom("1s", "5s", "10s", "30s"), failures: fc.integer({ min: 1, max: 5 }) },
  { requiredKeys: [] },
);

const service = fc.record(
  {
    modules: fc.constantFrom(["gateway"], ["accounts"], ["usage"]),
    replicas,
    spread: fc.constantFrom("zones", "nodes", "none"),
    rollout: fc.record({ surge: fc.integer({ min: 0, max: 2 }), unavailable: fc.integer({ min: 0, max: 3 }) }),
    disruption: fc.record({ minAvailable: fc.integer({ min: 0, max: 4 }) }),
    health: fc.record({ ready: probe, live: probe }, { requiredKeys: [] }),
    grace: fc.constantFrom("5s", "30s", "2m"),
    drain: fc.constantFrom("1s", "5s", "30s"),
    cpu: fc.constantFrom("0..1", "100m..1", "1..2", "6"),
    memory: fc.constantFrom("128Mi..4Gi", "512Mi..1Gi", "20Gi"),
    expose: fc.boolean(),
    objectives,
  },
  { requiredKeys: ["modules"] },
);

const backups = fc.record({ full: schedule, log: schedule, encrypted: fc.boolean() }, { requiredKeys: [] });

const database = fc.record(
  {
    postgres: fc.constant(17),
    size: sizes,
    standby: fc.constantFrom("none", "same-zone", "another-zone"),
    backups,
    objectives,
  },
  { requiredKeys: ["postgres"] },
);

const cache = fc.record(
  {
    redis: fc.constant(7),
    replicas: fc.integer({ min: 0, max: 2 }),
    persistence: fc.boolean(),
    databases: fc.integer({ min: 1, max: 16 }),
    backups: fc.record({ snapshot: schedule }),
    objectives,
  },
  { requiredKeys: ["redis"] },
);

const observe = fc.record(
  {
    metrics: fc.constantFrom("none", "prometheus"),
    alerts: fc.record({ down: durations, availability: fc.boolean(), backups: fc.boolean() }, { requiredKeys: [] }),
    routes: fc.constant({ critical: "pagerduty" }),
  },
  { requiredKeys: [] },
);

/** Platforms that the reader accepts, as plain data: some keep what they promise, most do not. */
export const platforms = fc
  .record(
    {
      platform: fc.constant("shop"),
      cloud: fc.constantFrom("aws", "linode", "none"),
      zones: fc.integer({ min: 1, max: 3 }),
      data: fc.constantFrom("test", "real"),
      services: fc.dictionary(fc.constantFrom("web", "api", "jobs"), service, { minKeys: 1, maxKeys: 3 }),
      database: optional(database),
      cache: optional(cache),
      nodes: fc.constant({ general: { type: "m5.xlarge", count: "2..6" } }),
      objectives,
      observe,
      security: fc.record({
        network: fc.constantFrom("open", "default-deny"),
        pods: fc.constantFrom("baseline", "restricted"),
      }),
      provide: fc.constant("in-cluster"),
    },
    { requiredKeys: ["platform", "services"] },
  )
  .map(({ database: orders, cache: sessions, services, ...rest }) => ({
    ...rest,
    // One entry point: the planner rejects two units with the same route.
    services: Object.fromEntries(
      Object.entries(services).map(([name, { expose, ...unit }]) => [
        name,
        name === "web" ? { ...unit, expose } : unit,
      ]),
    ),
    ...(orders || sessions ? { stores: { ...(orders ? { orders } : {}), ...(sessions ? { sessions } : {}) } } : {}),
  }));

export type PlatformData = typeof platforms extends fc.Arbitrary<infer Data> ? Data : never;

export function yamlOf(platform: object): string {
  return stringify(withoutUndefined(platform), { aliasDuplicateObjects: false });
}

/** The same platform with every mapping's keys in another order. */
export function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, shuffled(inner)]),
  );
}

function withoutUndefined(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
