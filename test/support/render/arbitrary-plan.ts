import fc from "fast-check";
import type { Edge, Plan, Provider, Store, Unit } from "../../../src/plan/plan.js";
import {
  broker,
  cache,
  cpuScale,
  database,
  edge,
  entrance,
  noBackups,
  provider,
  samplePlan,
  unit,
} from "./sample-plan.js";

const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,14}[a-z0-9]$/), { minLength: 2, maxLength: 8 });
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
        open: fc.boolean(),
        observed: fc.boolean(),
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
          entrances: drawn.open
            ? [entrance({ name: "door-0", routes: [{ prefix: "/", unit: units[0] ?? "", port: "http" }] })]
            : [],
          observe: { ...plan.observe, metrics: drawn.observed ? "prometheus" : "none" },
        };
      });
  }),
);

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

function arbitraryUnit(name: string): fc.Arbitrary<Unit> {
  return fc
    .record({
      own: fc.boolean(),
      port: fc.integer({ min: 1024, max: 65_535 }),
      min: fc.integer({ min: 1, max: 4 }),
      more: fc.integer({ min: 0, max: 6 }),
      scaled: fc.boolean(),
      spread: fc.constantFrom("require" as const, "prefer" as const, "none" as const),
      priority: fc.constantFrom("critical" as const, "normal" as const, "low" as const),
      volume: fc.constantFrom("persistent" as const, "ephemeral" as const, "none" as const),
      variables: fc.dictionary(fc.stringMatching(/^[A-Z][A-Z_]{0,9}$/), fc.string(), { maxKeys: 3 }),
    })
    .map((drawn) =>
      unit(name, {
        modules: drawn.own ? ["gateway"] : [],
        ports: [{ name: "http", number: drawn.port, protocol: "http" }],
        replicas: { min: drawn.min, max: drawn.min + drawn.more },
        spread: { zones: drawn.spread, nodes: drawn.spread },
        priority: drawn.priority,
        environment: drawn.variables,
        disruption: drawn.min > 1 ? { path: "disruption", minAvailable: drawn.min - 1 } : undefined,
        volumes: drawn.volume === "none" ? [] : [{ name: "files", mount: "/files", size: 2 ** 30, kind: drawn.volume }],
        scale: drawn.scaled ? cpuScale : undefined,
      }),
    );
}

function arbitraryStore(name: string): fc.Arbitrary<Store> {
  return fc
    .record({
      kind: fc.constantFrom("postgres" as const, "redis" as const, "rabbitmq" as const),
      provider: fc.constantFrom<Provider["kind"]>("embedded", "in-cluster", "managed"),
      members: fc.integer({ min: 1, max: 3 }),
      backedUp: fc.boolean(),
    })
    .map(({ kind, provider: provided, members, backedUp }): Store => {
      const backups = backedUp ? { ...noBackups, full: schedule, log: { ...schedule, every: 60_000 } } : noBackups;
      const common = { provider: provider(provided), backups };
      if (kind === "postgres") return database(name, { ...common, replicas: members });
      if (kind === "redis") return cache(name, { ...common, shards: members === 3 ? 3 : 1, replicas: members - 1 });
      return broker(name, { ...common, replicas: members });
    });
}
