import fc from "fast-check";
import type { Edge, Entrance, Plan, Provider, Store, Unit } from "../../../src/plan/plan.js";
import {
  broker,
  cache,
  cpuScale,
  database,
  edge,
  entrance,
  noBackups,
  persistentVolume,
  provider,
  samplePlan,
  sidecar,
  unit,
} from "./sample-plan.js";

const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,14}[a-z0-9]$/), { minLength: 2, maxLength: 8 });
const REPOSITORY = { url: "https://git.example.com/team/sample.git", revision: "main", folder: "deploy" };

const day = 24 * 3600 * 1000;
const schedule = { path: "backups", every: day, at: "03:30", keep: 7 * day };

/** Plans of any shape that the core allows: units, stores and the calls between them, entrances, scaling, volumes. */
export const arbitraryPlan: fc.Arbitrary<Plan> = names.chain((all) =>
  fc.integer({ min: 1, max: all.length }).chain((count) => {
    const units = all.slice(0, count);
    const stores = all.slice(count);
    return fc
      .record({
        units: fc.tuple(...units.map(arbitraryUnit)),
        stores: fc.tuple(...stores.map(arbitraryStore)),
        calls: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(all.length - 1)), { maxLength: 12 }),
        outside: fc.array(fc.nat(count - 1), { maxLength: 2 }),
        entrance: arbitraryEntrance(units[0] ?? ""),
        platform: arbitraryOperation,
      })
      .map((drawn): Plan => {
        const plan = samplePlan();
        const edges = new Map<string, Edge>();
        for (const [from, to] of drawn.calls) {
          const caller = units[from];
          const made =
            caller === undefined || from === to ? undefined : edgeTo(caller, all[to], drawn.units, drawn.stores);
          if (made) edges.set(`${made.from} ${made.to}`, made);
        }
        for (const from of drawn.outside) {
          const caller = units[from];
          if (caller !== undefined) edges.set(`${caller} outside`, edge(caller, "api.example.com", 443, "outside"));
        }
        return {
          ...plan,
          units: drawn.units,
          models: [],
          stores: drawn.stores,
          edges: [...edges.values()],
          entrances: drawn.entrance === undefined ? [] : [drawn.entrance],
          ...drawn.platform,
        };
      });
  }),
);

function arbitraryEntrance(unit: string): fc.Arbitrary<Entrance | undefined> {
  return fc.option(
    fc
      .record<Partial<Entrance>>({
        host: fc.constantFrom("api.example.com", undefined),
        controller: fc.constantFrom("nginx", "traefik", "none"),
        tls: fc.constantFrom(undefined, { issuer: "letsencrypt", minimum: "1.2" }, { issuer: "acm", minimum: "1.3" }),
        waf: fc.constantFrom("none", "strict"),
        cdn: fc.boolean(),
        dns: fc.constantFrom("none", "external-dns"),
        affinity: fc.constantFrom("none", "session"),
      })
      .map((drawn) => entrance({ ...drawn, name: "public-0", routes: [{ prefix: "/", unit, port: "http" }] })),
    { nil: undefined },
  );
}

/** Declarations of the platform as a whole: each part is either absent or complete. */
const arbitraryOperation: fc.Arbitrary<
  Pick<
    Plan,
    "regions" | "failover" | "pools" | "secrets" | "security" | "observe" | "delivery" | "drills" | "cluster" | "access"
  >
> = fc
  .record({
    standby: fc.boolean(),
    pool: fc.boolean(),
    secret: fc.boolean(),
    secured: fc.boolean(),
    observed: fc.boolean(),
    delivered: fc.boolean(),
    drilled: fc.boolean(),
    cluster: fc.boolean(),
    restricted: fc.boolean(),
  })
  .map((drawn) => {
    const { regions, security, observe, cluster } = samplePlan();
    const none = { critical: undefined, warning: undefined, info: undefined };
    return {
      regions: drawn.standby
        ? [...regions, { name: "other", role: "standby", mode: "warm", zones: ["a"] } as const]
        : regions,
      failover: drawn.standby ? { path: "regions.failover", check: 10_000, failures: 3, ttl: 60_000 } : undefined,
      pools: drawn.pool
        ? [
            {
              name: "general",
              path: "nodes.general",
              type: "m5.xlarge",
              count: { min: 1, max: 3 },
              allocatable: undefined,
              labels: {},
              spot: false,
            },
          ]
        : [],
      secrets: drawn.secret
        ? [
            {
              name: "session-keys",
              path: "secrets.session-keys",
              keys: ["key"],
              from: "sealed",
              rotate: 90 * day,
            } as const,
          ]
        : [],
      security: drawn.secured
        ? { ...security, mesh: { kind: "istio", mtls: "strict" }, identity: "irsa", scan: "trivy" }
        : security,
      observe: {
        ...observe,
        metrics: drawn.observed ? "prometheus" : "none",
        discovery: drawn.delivered ? "pod-monitors" : "annotations",
        logs: drawn.observed ? "loki" : "none",
        traces: drawn.observed ? "tempo" : "none",
        alerts: { ...observe.alerts, database: drawn.observed },
        routes: drawn.observed ? { ...none, critical: "pagerduty" } : none,
      },
      delivery: drawn.delivered
        ? { gitops: "argocd", sync: "manual", repository: REPOSITORY, approvals: { infrastructure: 2, production: 1 } }
        : { gitops: "none", sync: "automatic", repository: undefined, approvals: { infrastructure: 0, production: 0 } },
      drills: drawn.drilled ? { path: "drills", every: 90 * day, faults: ["database-loss"] } : undefined,
      cluster: drawn.cluster
        ? {
            ...cluster,
            name: "shared",
            backups: {
              path: "cluster.backups",
              objects: schedule,
              etcd: schedule,
              configuration: schedule,
              to: ["away"],
            },
          }
        : cluster,
      access: drawn.restricted ? ["users"] : [],
    };
  });

function edgeTo(
  from: string,
  to: string | undefined,
  units: readonly Unit[],
  stores: readonly Store[],
): Edge | undefined {
  const called = units.find((candidate) => candidate.name === to);
  if (called) return edge(from, called.name, called.ports[0]?.number ?? 8080);
  const store = stores.find((candidate) => candidate.name === to);
  return store && edge(from, store.name, store.port, "store");
}

const ordinary = unit("ordinary");
const queueScale = { ...cpuScale, cpu: undefined, queue: 10 };

function arbitraryUnit(name: string): fc.Arbitrary<Unit> {
  return fc
    .record({
      own: fc.boolean(),
      port: fc.integer({ min: 1024, max: 65_535 }),
      min: fc.integer({ min: 1, max: 4 }),
      more: fc.integer({ min: 0, max: 6 }),
      scale: fc.constantFrom(undefined, cpuScale, queueScale, { ...cpuScale, queue: 10 }),
      gpu: fc.constantFrom({ count: 0, kind: undefined }, { count: 1, kind: undefined }, { count: 1, kind: "a100" }),
      sidecars: fc.constantFrom([], [sidecar("agent-0", 9900)]),
      strategy: fc.constantFrom("rolling" as const, "canary" as const),
      sizing: fc.constantFrom("off" as const, "auto" as const),
      spread: fc.constantFrom("require" as const, "prefer" as const, "none" as const),
      priority: fc.constantFrom("critical" as const, "normal" as const, "low" as const),
      scraped: fc.boolean(),
      volume: fc.constantFrom("persistent", "snapshots", "never taken", "ephemeral", "none"),

      variables: fc.dictionary(fc.stringMatching(/^[A-Z][A-Z_]{0,9}$/), fc.string(), { maxKeys: 3 }),
    })
    .map((drawn) =>
      unit(name, {
        modules: drawn.own ? ["gateway"] : [],
        ports: [{ name: "http", number: drawn.port, protocol: "http" }],
        metrics: !drawn.own && drawn.scraped ? { path: "/stats", port: drawn.port } : undefined,
        replicas: { min: drawn.min, max: drawn.min + drawn.more },
        spread: { zones: drawn.spread, nodes: drawn.spread },
        priority: drawn.priority,
        environment: drawn.variables,
        disruption: drawn.min > 1 ? { path: "disruption", minAvailable: drawn.min - 1 } : undefined,
        volumes: volumesOf(name, drawn.volume),
        scale: drawn.scale && { ...drawn.scale, path: `services.${name}.scale` },
        resources: { ...ordinary.resources, gpu: drawn.gpu },
        rollout: { ...ordinary.rollout, path: `services.${name}.rollout`, strategy: drawn.strategy },
        sidecars: drawn.sidecars,
        sizing: drawn.sizing,
      }),
    );
}

/** One volume of a unit, or none. Backups of it are declared in two of the kinds. */
function volumesOf(unit: string, kind: string): Unit["volumes"] {
  const volume = persistentVolume("files", "/files", 2 ** 30, `services.${unit}`);
  const snapshot = { ...schedule, path: `${volume.path}.backups.snapshot` };
  switch (kind) {
    case "persistent":
      return [volume];
    case "snapshots":
      return [{ ...volume, backups: { ...volume.backups, snapshot, taker: { kind: "velero", sendsTo: [] } } }];
    case "never taken":
      return [{ ...volume, backups: { ...volume.backups, snapshot } }];
    case "ephemeral":
      return [{ kind: "ephemeral", name: "files", mount: "/files", size: 2 ** 30 }];
    default:
      return [];
  }
}

function arbitraryStore(name: string): fc.Arbitrary<Store> {
  return fc
    .record({
      kind: fc.constantFrom("postgres" as const, "redis" as const, "rabbitmq" as const),
      provider: fc.constantFrom<Provider["kind"]>("embedded", "in-cluster", "managed"),
      members: fc.integer({ min: 1, max: 3 }),
      full: fc.boolean(),
      log: fc.boolean(),
      snapshot: fc.boolean(),
      away: fc.boolean(),
    })
    .map(({ kind, provider: provided, members, full, log, snapshot, away }): Store => {
      const backups = {
        ...noBackups,
        path: `stores.${name}.backups`,
        full: full ? schedule : undefined,
        log: log ? { ...schedule, every: 60_000 } : undefined,
        snapshot: snapshot ? schedule : undefined,
        to: away ? ["away"] : [],
        encrypted: away,
      };
      const common = { provider: provider(provided), backups };
      if (kind === "postgres") return database(name, { ...common, replicas: members });
      if (kind === "redis") return cache(name, { ...common, shards: members === 3 ? 3 : 1, replicas: members - 1 });
      return broker(name, { ...common, replicas: members });
    });
}
