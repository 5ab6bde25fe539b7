import { CONTROLLERS } from "../../../src/plan/entrances/index.js";
import type {
  Backups,
  Bucket,
  Cited,
  Edge,
  Entrance,
  Model,
  Objectives,
  PersistentVolume,
  Plan,
  Postgres,
  Provider,
  RabbitMq,
  Redis,
  Scale,
  Sidecar,
  StoreKind,
  Unit,
} from "../../../src/plan/plan.js";
import { mountSecrets } from "../../../src/plan/secrets.js";
import { serverSecret } from "../../../src/plan/stores/base.js";
import { STORES } from "../../../src/plan/stores/index.js";

/** Hand-written plans for tests of a single element. */

const second = 1000;
const gibibyte = 2 ** 30;

/** Scaled on CPU only. */
export const cpuScale: Scale = {
  path: "scale",
  cpu: 0.7,
  memory: undefined,
  gpu: undefined,
  queue: undefined,
  response: undefined,
  cooldown: 300 * second,
  up: "aggressive",
  down: "conservative",
};

const cited: Cited = { value: 10 * second, source: "a test" };

const noObjectives: Objectives = {
  path: "objectives",
  availability: undefined,
  byFault: [],
  rto: undefined,
  rpo: undefined,
  except: [],
  latency: undefined,
  firstToken: undefined,
  retention: undefined,
};

export const noBackups: Backups = {
  path: "backups",
  full: undefined,
  log: undefined,
  snapshot: undefined,
  size: 2 * gibibyte,
  to: [],
  encrypted: false,
};

export function provider(kind: Provider["kind"]): Provider {
  return {
    kind,
    product: kind === "managed" ? "RDS" : "a StatefulSet",
    versions: undefined,
    start: undefined,
    failover: undefined,
    provisioning: cited,
    restoreRate: cited,
    backupRate: cited,
    restart: cited,
    takes: ["full", "log", "snapshot"],
    limits: {},
    copies: kind === "managed" ? "provider" : kind === "embedded" ? "folder" : "volume",
    sendsTo: [],
  };
}

const image = { repository: "registry.example.com/keelson", tag: "0.1.0", digest: undefined, path: "image" };

export function unit(name: string, fields: Partial<Unit> = {}): Unit {
  const port = { name: "http", number: 8080, protocol: "http" } as const;
  const probe = { port: "http", after: 0, every: 5 * second, timeout: 2 * second, failures: 3 };
  return {
    name,
    path: `services.${name}`,
    role: "service",
    modules: [name],
    model: undefined,
    workload: fields.volumes?.some(({ kind }) => kind === "persistent") ? "stateful-set" : "deployment",
    image,
    command: [],
    environment: {},
    ports: [port],
    metrics: undefined,
    replicas: { min: 2, max: 2 },
    resources: {
      cpu: { request: 250, limit: 1000 },
      memory: { request: gibibyte / 4, limit: gibibyte / 2 },
      gpu: { count: 0, kind: undefined },
      disk: undefined,
    },
    scale: undefined,
    rollout: { path: `services.${name}.rollout`, strategy: "rolling", surge: 1, unavailable: 0, canary: undefined },
    disruption: { path: `services.${name}.disruption`, minAvailable: 1 },
    spread: { zones: "prefer", nodes: "prefer" },
    health: {
      path: `services.${name}.health`,
      ready: { ...probe, http: "/health/readiness" },
      live: { ...probe, http: "/health/liveness", every: 10 * second },
      startup: 60 * second,
    },
    terminationGrace: 60 * second,
    drainDelay: 5 * second,
    pool: undefined,
    priority: "normal",
    secrets: [],
    volumes: [],
    sidecars: [],
    affinity: "none",
    sizing: "off",
    load: undefined,
    objectives: noObjectives,
    patches: [],
    ...fields,
  };
}

/** A volume of each replica, without backups. */
export function persistentVolume(name: string, mount: string, size: number, of = "services.index"): PersistentVolume {
  const path = `${of}.volumes.${name}`;
  const taker = { kind: "none", why: "a test" } as const;
  const backups = { path: `${path}.backups`, files: undefined, snapshot: undefined, to: [], taker };
  return { kind: "persistent", name, path, mount, size, backups, objectives: noObjectives };
}

export function sidecar(name: string, port: number): Sidecar {
  const { resources } = unit(name);
  return {
    name,
    path: `sidecars.${name}`,
    modules: [],
    image,
    ports: [{ name: "http", number: port, protocol: "http" }],
    command: [],
    environment: {},
    resources,
    secrets: [],
    volumes: [],
  };
}

function store(name: string, kind: StoreKind) {
  return {
    name,
    path: `stores.${name}`,
    provider: provider("in-cluster"),
    objectives: noObjectives,
    size: 10 * gibibyte,
    resources: {
      cpu: { request: 250, limit: 1000 },
      memory: { request: gibibyte / 2, limit: gibibyte },
      gpu: { count: 0, kind: undefined },
      disk: undefined,
    },
    pool: undefined,
    probe: { every: 10 * second, failures: 3 },
    patches: [],
    backups: noBackups,
    secret: serverSecret(name, STORES[kind].secret),
  };
}

export function database(name: string, fields: Partial<Postgres> = {}): Postgres {
  return {
    ...store(name, "postgres"),
    kind: "postgres",
    port: 5432,
    portUnknown: false,
    storageClass: undefined,
    machine: undefined,
    encrypted: false,
    version: "17",
    extensions: [],
    replicas: 1,
    standby: "none",
    readers: 0,
    copy: undefined,
    synchronous: false,
    ...fields,
  };
}

export function cache(name: string, fields: Partial<Redis> = {}): Redis {
  return {
    ...store(name, "redis"),
    kind: "redis",
    port: 6379,
    portUnknown: false,
    storageClass: undefined,
    machine: undefined,
    encrypted: false,
    version: "7",
    shards: 1,
    replicas: 0,
    persistence: true,
    databases: undefined,
    ...fields,
  };
}

export function broker(name: string, fields: Partial<RabbitMq> = {}): RabbitMq {
  return {
    ...store(name, "rabbitmq"),
    kind: "rabbitmq",
    port: 5672,
    portUnknown: false,
    storageClass: undefined,
    machine: undefined,
    encrypted: false,
    version: "4",
    replicas: 1,
    queues: "quorum",
    deadLetter: true,
    ...fields,
  };
}

export function bucket(name: string, fields: Partial<Bucket> = {}): Bucket {
  return {
    ...store(name, "bucket"),
    kind: "bucket",
    port: 9000,
    portUnknown: false,
    storageClass: undefined,
    machine: undefined,
    encrypted: false,
    taker: { kind: "none", why: "no backup is declared" },
    versions: false,
    lock: undefined,
    copy: undefined,
    ...fields,
  };
}

function model(name: string, fields: Partial<Model> = {}): Model {
  return {
    name,
    path: `models.${name}`,
    engine: "simulated",
    sources: [],
    parameters: undefined,
    fallbacks: [],
    context: 4096,
    concurrency: 8,
    queue: { length: 64, deadline: 30 * second },
    timeout: 600 * second,
    embeddings: false,
    simulated: true,
    unit: name,
    upstreams: [],
    limits: { requestsPerMinute: undefined, tokensPerMinute: undefined },
    load: undefined,
    speed: { prefill: undefined, decode: undefined },
    objectives: noObjectives,
    ...fields,
  };
}

export function edge(from: string, to: string, port: number, kind: Edge["kind"] = "unit"): Edge {
  return { from, to, port, kind, protocol: kind === "store" ? "tcp" : "http", path: `services.${from}.calls` };
}

export function entrance(fields: Partial<Entrance> = {}): Entrance {
  return {
    name: "entrance",
    path: "entrance",
    host: "api.example.com",
    controller: "nginx",
    namespace: CONTROLLERS[fields.controller ?? "nginx"].namespace,
    replicas: 1,
    spread: { zones: "none", nodes: "none" },
    balancer: undefined,
    objectives: noObjectives,
    tls: { issuer: "letsencrypt", minimum: "1.2" },
    waf: "none",
    cdn: false,
    dns: "none",
    affinity: "none",
    patches: [],
    routes: [{ prefix: "/", unit: "gateway", port: "http" }],
    ...fields,
  };
}

/** Gateway, accounts, usage, one database and one model; `fields` overrides any field. */
export function samplePlan(fields: Partial<Plan> = {}): Plan {
  const plan: Plan = {
    platform: "sample",
    environment: "test",
    namespace: "sample-test",
    cloud: "none",
    provide: "in-cluster",
    regions: [{ name: "local", role: "primary", mode: "active", zones: ["a", "b", "c"] }],
    failover: undefined,
    units: [
      unit("gateway"),
      unit("accounts"),
      unit("usage"),
      unit("assistant", { role: "model", modules: ["engine"], model: "assistant" }),
    ],
    models: [model("assistant")],
    stores: [database("database")],
    edges: [
      edge("gateway", "accounts", 8080),
      edge("gateway", "usage", 8080),
      edge("gateway", "assistant", 8080),
      edge("accounts", "database", 5432, "store"),
      edge("usage", "database", 5432, "store"),
    ],
    dependencies: [],
    outside: [],
    entrances: [entrance()],
    secrets: [],
    pools: [],
    objectives: noObjectives,
    security: {
      network: "default-deny",
      pods: "restricted",
      mesh: { kind: "none", mtls: "off" },
      identity: "none",
      scan: "none",
      audit: false,
    },
    observe: {
      metrics: "prometheus",
      discovery: "annotations",
      logs: "none",
      traces: "none",
      otlp: undefined,
      retention: 0,
      alerts: {
        path: "observe.alerts",
        down: undefined,
        errors: undefined,
        availability: false,
        database: false,
        oom: false,
        backups: false,
        certificate: undefined,
      },
      routes: { critical: undefined, warning: undefined, info: undefined },
    },
    delivery: {
      gitops: "none",
      sync: "automatic",
      repository: undefined,
      approvals: { infrastructure: 0, production: 0 },
    },
    drills: undefined,
    cluster: {
      name: undefined,
      backups: { path: "cluster.backups", objects: undefined, etcd: undefined, configuration: undefined, to: [] },
      kubernetes: "1.37",
      storageClass: undefined,
      volumes: undefined,
      operators: 1,
      pullSecrets: [],
      labels: {},
      autoscaler: false,
      scaleDown: { unneeded: undefined, afterAdd: undefined, utilisation: undefined },
    },
    data: "test",
    access: [],
    image,
    origins: { platform: { kind: "file", file: "/somewhere/sample.yaml", line: 1, column: 1 } },
    ...fields,
  };
  const secrets = new Map(plan.secrets.map((secret) => [secret.name, secret]));
  return { ...plan, units: mountSecrets({ ...plan, secrets }) };
}
