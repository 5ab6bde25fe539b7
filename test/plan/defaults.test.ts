import { describe, expect, it } from "vitest";
import { named, planOf } from "../support/plan/planned.js";

const minute = 60_000;
const GiB = 2 ** 30;

describe("calls become edges", () => {
  const plan = planOf(`platform: shop
services:
  gateway: { modules: [gateway], calls: [accounts, chat, cache, https://api.example.com, { to: legacy, port: admin }] }
  accounts: { modules: [accounts], calls: [db] }
  legacy: { image: "shop/legacy:3", ports: { http: 80, admin: { number: 9000, protocol: tcp } }, calls: [accounts, db, files] }
models:
  chat: { source: hf://a/b/c.gguf, fallback: [spare, simulated] }
  spare: { upstreams: [{ url: "https://models.example.net/api/", key: spare/key }] }
stores:
  db: { postgres: 17, standby: same-zone, backups: { full: daily, to: files } }
  notes: { postgres: 17, backups: { full: daily, to: files } }
  cache: { redis: 7, backups: { snapshot: daily, to: files } }
  files: { bucket: true }
secrets: { spare: { keys: [key] } }
provide: in-cluster
`);
  const edges = plan.edges.map(({ from, to, port, kind }) => `${from} → ${to}:${port} ${kind}`);

  it("lead to units on their first port, or on the port that the call sets", () => {
    expect(edges).toContain("gateway → accounts:8080 unit");
    expect(edges).toContain("gateway → legacy:9000 unit");
  });
  it("lead to stores on their port, and from stores to the buckets that receive their backups", () => {
    expect(edges).toContain("accounts → db:5432 store");
    expect(edges).toContain("gateway → cache:6379 store");
    expect(edges).toContain("db → files:9000 store");
    // A server that no operator runs keeps its copies on a volume beside it, whatever the file names.
    expect(edges.filter((edge) => edge.endsWith("→ files:9000 store"))).toEqual([
      "legacy → files:9000 store",
      "db → files:9000 store",
    ]);
  });
  it("lead to the units of models, to their fallbacks and to external addresses", () => {
    expect(edges).toContain("gateway → chat:8080 unit");
    expect(edges).toContain("gateway → models.example.net:443 outside");
    expect(edges).toContain("gateway → api.example.com:443 outside");
  });
  it("lead to the host that weights are downloaded from", () =>
    expect(edges).toContain("chat → huggingface.co:443 outside"));

  it("of a store mount its address as a file, never as an environment variable with a password", () => {
    expect(named(plan.units, "accounts").secrets).toEqual([
      { secret: "db", directory: "database", keys: ["url"] },
      { secret: "internal", directory: "internal", keys: ["token", "operator-token", "audit-key"] },
    ]);
    expect(named(plan.units, "gateway").secrets.map(({ secret }) => secret)).toEqual(["cache", "internal", "spare"]);
    expect(named(plan.secrets, "db")).toMatchObject({ keys: ["url"], from: "generated" });
    expect(named(plan.units, "legacy").environment).toEqual({
      ACCOUNTS_URL: "http://accounts:8080",
      DB_URL_FILE: "/run/secrets/keelson/db/url",
      FILES_DIRECTORY: "/run/secrets/keelson/files",
    });
  });
  it("of Keelson modules add no variables: modules read the Plan", () =>
    expect(named(plan.units, "gateway").environment).toEqual({}));
});

describe("a model", () => {
  const model = (text: string, rest = "") => planOf(`platform: shop\n${rest}\nmodels:\n  chat: ${text}\n`);

  it("served by the platform is a unit of the engine module", () => {
    const plan = model("{ source: hf://a/b/c.gguf }");
    expect(named(plan.units, "chat")).toMatchObject({
      role: "model",
      modules: ["engine"],
      model: "chat",
      ports: [{ number: 8080 }],
    });
    expect(named(plan.models, "chat")).toMatchObject({ engine: "best", unit: "chat", simulated: false });
  });

  it("with a dot in its name is served by a unit whose name is a host", () => {
    const plan = planOf("platform: shop\nmodels:\n  llama-3.1: { source: ./llama.gguf }\n");
    expect(plan.models[0]?.unit).toBe("llama-3-1");
    expect(plan.units[0]).toMatchObject({ name: "llama-3-1", path: 'models["llama-3.1"]' });
  });

  it("that external servers serve has no unit", () => {
    const plan = model("{ upstreams: https://models.example.net }");
    expect(plan.units).toEqual([]);
    expect(named(plan.models, "chat")).toMatchObject({
      engine: "openai",
      unit: undefined,
      upstreams: [{ url: "https://models.example.net", model: "chat", weight: 1 }],
    });
  });

  it.each([
    ["0.5B", 2 * GiB, 0],
    ["3B", 16 * GiB, 0],
    ["7B", 16 * GiB, 0],
    ["13B", 32 * GiB, 1],
    ["70B", 64 * GiB, 1],
  ])("of %s is sized by its class", (parameters, memory, gpu) => {
    const unit = named(model(`{ source: ./m.gguf, parameters: ${parameters} }`).units, "chat");
    expect(unit.resources).toMatchObject({ memory: { limit: memory }, gpu: { count: gpu } });
  });

  it("uses the size classes of the file", () => {
    const unit = named(
      model(
        "{ source: ./m.gguf, parameters: 8B }",
        "classes: { mine: { parameters: 1B.., memory: 3Gi, cpu: 2, gpu: required } }",
      ).units,
      "chat",
    );
    expect(unit.resources).toMatchObject({
      cpu: { request: 2000, limit: 2000 },
      memory: { limit: 3 * GiB },
      gpu: { count: 1 },
    });
  });

  it("that is simulated needs no weights and little memory", () => {
    const plan = model("{ engine: simulated }", "provide: in-cluster");
    expect(named(plan.units, "chat").resources).toMatchObject({ memory: { limit: 256 * 2 ** 20 }, gpu: { count: 0 } });
    expect(named(plan.models, "chat").simulated).toBe(true);
  });
});

describe("a service that runs beside others", () => {
  const plan = planOf(`platform: shop
services:
  memory: { modules: [engine], calls: [db] }
  web: { image: "shop/web:1", port: 80, beside: memory }
models: { chat: { source: ./m.gguf, beside: [memory] } }
stores: { db: { redis: 7 } }
`);
  it("is a container of each unit and not a unit", () => {
    expect(plan.units.map(({ name }) => name)).toEqual(["web", "chat"]);
    for (const unit of plan.units)
      expect(unit.sidecars).toMatchObject([{ name: "memory", path: "services.memory", ports: [{ number: 8081 }] }]);
  });
  it("adds its calls to those of the unit", () =>
    expect(plan.edges.map(({ from, to }) => `${from} → ${to}`)).toEqual(["web → db", "chat → db"]));

  it("gets the addresses of these calls in its environment, if it runs no modules", () => {
    const { units, origins } = planOf(`platform: shop
services:
  web: { image: "shop/web:1", port: 80, beside: auth, calls: [jobs], sidecars: { proxy: { image: "shop/proxy:1", env: { JOBS_URL: mine } } } }
  auth: { image: "shop/auth:1", port: 81, calls: [db] }
  jobs: { image: "shop/jobs:1", port: 82 }
models: { chat: { source: llama3.2, engine: ollama, beside: auth } }
stores: { db: { postgres: 17 } }
provide: in-cluster
`);
    const addresses = { JOBS_URL: "http://jobs:82", DB_URL_FILE: "/run/secrets/keelson/db/url" };
    const [web, , chat] = units;
    expect(web?.environment).toEqual(addresses);
    expect(web?.sidecars.map(({ name, environment }) => [name, environment])).toEqual([
      ["proxy", { ...addresses, JOBS_URL: "mine" }],
      ["auth", addresses],
    ]);
    // The address that its engine listens on, and none of those that it calls.
    expect(chat?.environment).toEqual({ OLLAMA_HOST: "[::]:11434" });
    expect(chat?.sidecars[0]?.environment).toEqual({ DB_URL_FILE: addresses.DB_URL_FILE });
    expect(origins["services.auth.env.DB_URL_FILE"]).toMatchObject({ kind: "default" });
  });
});

describe("the defaults", () => {
  const text = `platform: shop
services: { web: { image: "shop/web:1", port: 80 } }
stores: { db: { postgres: 17 }, cache: { redis: 7 }, queue: { rabbitmq: "4.0" } }
environments:
  laptop: {}
  test: { provide: in-cluster }
  real: { provide: in-cluster, data: real }
  zones: { provide: in-cluster, zones: 3 }
  aws: { cloud: aws, data: real, zones: 3 }
`;
  it("is one replica of everything on one machine, without a drain delay", () => {
    const plan = planOf(text, "laptop");
    expect(named(plan.units, "web")).toMatchObject({ replicas: { min: 1 }, drainDelay: 0, disruption: undefined });
    expect(named(plan.stores, "db")).toMatchObject({
      standby: "none",
      provider: { kind: "embedded", failover: undefined },
    });
  });
  it("is two replicas for real data, with a budget that allows one disruption", () => {
    const plan = planOf(text, "real");
    expect(named(plan.units, "web")).toMatchObject({
      replicas: { min: 2, max: 2 },
      disruption: { minAvailable: 1 },
      spread: { zones: "none", nodes: "prefer" },
    });
    expect(named(plan.stores, "db")).toMatchObject({
      standby: "same-zone",
      replicas: 2,
      provider: { product: "CloudNativePG" },
    });
    expect(named(plan.stores, "queue")).toMatchObject({ replicas: 3 });
  });
  it("is one replica of a unit with persistent files", () => {
    const volumes = "volumes: { index: { size: 1Gi, persistent: true }, cache: 1Gi }";
    const plan = planOf(text.replace("port: 80", `port: 80, ${volumes}`), "real");
    expect(named(plan.units, "web")).toMatchObject({ replicas: { min: 1, max: 1 }, disruption: undefined });
    const scratch = planOf(text.replace("port: 80", "port: 80, volumes: { cache: 1Gi }"), "real");
    expect(named(scratch.units, "web").replicas).toEqual({ min: 2, max: 2 });
  });
  it("is spread over zones if there are several", () => {
    const plan = planOf(text, "zones");
    expect(named(plan.units, "web").spread).toEqual({ zones: "require", nodes: "prefer" });
    expect(named(plan.stores, "db")).toMatchObject({ standby: "another-zone" });
  });
  it("is managed by the cloud, in zones with its names", () => {
    const plan = planOf(text, "aws");
    expect(plan.regions[0]?.zones).toEqual(["us-east-1a", "us-east-1b", "us-east-1c"]);
    expect(plan.stores.map(({ provider }) => provider.product)).toEqual([
      "Amazon RDS",
      "Amazon ElastiCache",
      "Amazon MQ",
    ]);
    expect(named(plan.stores, "db").provider.failover?.takeover).toEqual({
      value: 2 * minute,
      source: expect.stringContaining("60–120 seconds"),
      read: expect.stringMatching(/^20\d\d-\d\d-\d\d$/),
    });
  });
  it("cites every figure of every provider", () => {
    for (const environment of ["laptop", "real", "aws"])
      for (const { provider } of planOf(text, environment).stores)
        for (const cited of [provider.provisioning, provider.restoreRate, provider.backupRate, provider.restart])
          expect(cited.source.length).toBeGreaterThan(15);
  });
});

describe("entrances", () => {
  it("route each path to the module that serves it, longest prefix first", () => {
    const plan = planOf(`platform: shop
services:
  gateway: { modules: [gateway], expose: true }
  dashboard: { modules: [dashboard], expose: true }
  files: { image: "shop/files:1", port: 80, expose: /files }
  docs: { image: "shop/docs:1", port: 80, expose: true }
`);
    expect(plan.entrances[0]?.routes.map(({ prefix, unit }) => `${prefix} ${unit}`)).toEqual([
      "/admin dashboard",
      "/files files",
      "/docs docs",
      "/api gateway",
      "/v1 gateway",
      "/ dashboard",
    ]);
  });
  it("route everything to the only exposed service", () =>
    expect(
      planOf('platform: shop\nservices: { web: { image: "a:1", port: 80, expose: true } }').entrances[0]?.routes,
    ).toEqual([{ prefix: "/", unit: "web", port: "http" }]));
  it("can be several", () => {
    const plan = planOf(`platform: shop
entrances: { public: { host: shop.example }, staff: { host: staff.example, tls: { issuer: own, minimum: "1.3" }, waf: strict } }
provide: in-cluster
services:
  web: { image: "a:1", port: 80, expose: true }
  tool: { image: "a:1", port: 80, expose: { entrance: staff, path: [/a, /b] } }
`);
    expect(plan.entrances).toMatchObject([
      { name: "public", tls: { issuer: "letsencrypt", minimum: "1.2" }, routes: [{ prefix: "/", unit: "web" }] },
      {
        name: "staff",
        tls: { issuer: "own", minimum: "1.3" },
        waf: "strict",
        routes: [{ prefix: "/a" }, { prefix: "/b" }],
      },
    ]);
  });
});

describe("machines", () => {
  it("of known types have the resources that pods can use; unknown types only those that the file sets", () => {
    const plan = planOf(`platform: shop
nodes:
  general: { type: t3.xlarge, count: 2..5 }
  linode: { type: g6-standard-8, count: 3 }
  gpu: { type: g1-gpu-rtx6000-1, count: 2 }
  own: { type: rack-7, count: 2, allocatable: { cpu: 30, memory: 120Gi, gpu: 4 } }
  riddle: { type: rack-8, count: 2 }
`);
    const allocatable = (name: string) => named(plan.pools, name).allocatable;
    // EKS publishes 3920m for four cores; 16 GiB less 7.5 % and 255 + 58 × 11 + 100 MiB. Its own pods request 180m and 104 MiB.
    const memory = Math.floor(16 * GiB * 0.925) - (993 + 104) * 2 ** 20;
    expect(allocatable("general")).toEqual({ cpu: 3920 - 180, memory, gpu: 0 });
    expect(allocatable("linode")?.cpu).toBe(7910);
    expect(allocatable("gpu")).toMatchObject({ gpu: 1 });
    expect(allocatable("own")).toEqual({ cpu: 30_000, memory: 120 * GiB, gpu: 4 });
    expect(allocatable("riddle")).toBeUndefined();
  });
});

describe("regions", () => {
  it("have the declared zones, and a standby the same number of its own", () => {
    const { regions } = planOf(`platform: shop
cloud: aws
zones: [us-east-1a, us-east-1c]
regions: { primary: us-east-1, standby: [us-west-2] }
`);
    expect(regions.map(({ zones }) => zones)).toEqual([
      ["us-east-1a", "us-east-1c"],
      ["us-west-2a", "us-west-2b"],
    ]);
  });
});
