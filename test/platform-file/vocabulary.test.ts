import { describe, expect, it } from "vitest";
import { named, planOf } from "../support/plan/planned.js";

/** The four architectures that have no blueprint yet, in the words of the platform file: what each says must be sayable. */
describe("the platform file can express", () => {
  it("an ecosystem of models with memory beside each, size classes and leading signals", () => {
    const plan = planOf(
      `platform: echo
services:
  operator: { image: "echo/operator:1.4", port: 8080, replicas: 2, nodes: cpu-high, priority: critical }
  memory:
    image: echo/deep-tree-echo:2.1
    port: 9500
    cpu: 1..2
    memory: 2Gi..8Gi
    disk: 5Gi..10Gi
    volumes: { state: { mount: /state, size: 10Gi, persistent: true } }
    calls: [recall]
classes:
  small: { parameters: 1B..7B, cpu: 2..4, memory: 8Gi..16Gi, gpu: optional, disk: 10Gi..20Gi }
  medium: { parameters: 7B..13B, cpu: 4..8, memory: 16Gi..32Gi, gpu: required, disk: 20Gi..40Gi }
  large: { parameters: 13B.., cpu: 8..16, memory: 32Gi..64Gi, gpu: required, disk: 40Gi..80Gi }
models:
  echo-13b:
    source: hf://echo/echo-13b-GGUF/echo-13b.Q4_K_M.gguf
    parameters: 13B
    engine: llama.cpp
    class: medium
    beside: [memory]
    nodes: gpu-b
    replicas: 1..10
    scale: { cpu: 70%, memory: 80%, queue: 10, response: 5s, gpu: 85%, cooldown: 5m }
    sizing: auto
    fallback: [echo-3b]
  echo-3b: { source: hf://echo/echo-3b-GGUF/echo-3b.gguf, parameters: 3B, nodes: gpu-a }
stores:
  recall: { redis: 7.2, persistence: true, replicas: 1, backups: { snapshot: 1h keep 7d, to: offsite } }
  offsite: { bucket: { versions: true, lock: 30d, copy: eu-west-1 } }
nodes:
  gpu-a: { type: on-site-a, count: 2, allocatable: { cpu: 14, memory: 58Gi, gpu: 1 }, labels: { disk: ssd } }
  gpu-b: { type: on-site-b, count: 2, allocatable: { cpu: 30, memory: 120Gi, gpu: 2 } }
  cpu-high: { type: m5.4xlarge, count: 1..3, spot: true }
regions: { primary: site-a, standby: [{ region: site-b, mode: active }] }
entrance: { controller: traefik, host: echo.example.com, tls: letsencrypt, waf: strict }
security: { mesh: { istio: strict }, pods: restricted, scan: trivy, audit: true }
cluster: { backups: { etcd: 6h keep 7d, objects: daily keep 30d, configuration: on change keep 90d, to: offsite } }
drills: { every: 90d, faults: [volume-loss, region-loss, backup-corruption] }
environments:
  development: {}
  production: { provide: in-cluster, zones: [a, b, c], data: real }
`,
      "production",
    );
    const model = named(plan.units, "echo-13b");
    expect(model).toMatchObject({
      replicas: { min: 1, max: 10 },
      resources: { cpu: { request: 4000, limit: 8000 }, gpu: { count: 1 } },
      scale: { cpu: 0.7, memory: 0.8, queue: 10, response: 5000, gpu: 0.85, cooldown: 300_000 },
      sizing: "auto",
      pool: "gpu-b",
      sidecars: [{ name: "memory", volumes: [{ mount: "/state", kind: "persistent" }] }],
    });
    expect(plan.regions).toMatchObject([
      { name: "site-a", zones: ["a", "b", "c"] },
      { name: "site-b", mode: "active" },
    ]);
    expect(plan.cluster.backups).toMatchObject({ etcd: { every: 21_600_000 }, configuration: { every: 0 } });
    expect(plan.failover).toMatchObject({ check: 30_000, failures: 3 });
  });

  it("an agent platform on AWS: node groups by purpose, RDS with standby, readers and a copy, objectives by layer", () => {
    const text = `platform: agents
services:
  api-gateway: { modules: [gateway], replicas: 3..10, nodes: general, expose: true, calls: [agent-orchestrator] }
  agent-orchestrator:
    image: registry.example.com/agent-orchestrator:2.3.1
    replicas: 3..10
    cpu: 500m..1
    memory: 1Gi..2Gi
    port: 8080
    env: { LOG_LEVEL: INFO }
    calls: [model-orchestration, tool-integration, planning-system, database, cache]
    scale: { cpu: 70%, memory: 80% }
    rollout: { surge: 1, unavailable: 0 }
    health: { ready: { path: /health/readiness, after: 10s, every: 5s }, live: { path: /health/liveness, after: 60s, every: 15s } }
    nodes: memory
    objectives: { rto: 30s }
  model-orchestration: { image: "registry.example.com/model-orchestration:2.3.1", port: 8080, nodes: compute }
  tool-integration: { image: "registry.example.com/tool-integration:2.3.1", port: 8080, nodes: compute }
  planning-system: { image: "registry.example.com/planning-system:2.3.1", port: 8080, nodes: compute }
stores:
  database:
    postgres: 15
    standby: another-zone
    readers: 2
    copy: us-west-2
    size: 200Gi
    backups: { full: daily keep 30d, log: 5m keep 7d, to: [backups] }
    objectives: { rto: 2m }
  cache: { redis: 7, shards: 2, replicas: 2, backups: { snapshot: daily keep 7d, to: backups }, objectives: { rto: 1m } }
  backups: { bucket: { versions: true, lock: 30d, copy: us-west-2 } }
nodes:
  general: { type: t3.xlarge, count: 2..5 }
  compute: { type: c5.2xlarge, count: 3..10 }
  memory: { type: r5.2xlarge, count: 2..8 }
regions: { primary: us-east-1, standby: [{ region: us-west-2, mode: warm }] }
entrance: { host: agents.example.com, waf: common, dns: route53, tls: acm }
security: { network: default-deny, pods: restricted, identity: irsa }
observe: { metrics: prometheus, logs: cloudwatch }
cluster: { kubernetes: "1.34", autoscaler: true }
delivery: { approvals: { production: 1 } }
environments:
  local: { provide: embedded, data: ephemeral, access: developer, regions: us-east-1, entrance: null, nodes: null }
  staging: { cloud: aws, data: anonymised, access: team, services: { api-gateway: { replicas: 2..4 } } }
  production: { cloud: aws, zones: 3, data: real, access: [users, admins] }
`;
    expect(planOf(text, "local").units.map(({ pool }) => pool)).toEqual(Array(5).fill(undefined));
    const plan = planOf(text, "production");
    expect(named(plan.stores, "database")).toMatchObject({
      provider: { product: "Amazon RDS", failover: { takeover: { value: 120_000 } } },
      replicas: 4,
      readers: 2,
      copy: "us-west-2",
      synchronous: true,
      objectives: { rto: 120_000 },
    });
    expect(named(plan.stores, "cache")).toMatchObject({
      shards: 2,
      replicas: 2,
      provider: { product: "Amazon ElastiCache" },
    });
    expect(named(plan.units, "agent-orchestrator")).toMatchObject({
      health: { ready: { after: 10_000, every: 5_000 }, live: { after: 60_000, every: 15_000 } },
      environment: { LOG_LEVEL: "INFO", MODEL_ORCHESTRATION_URL: "http://model-orchestration:8080" },
      objectives: { rto: 30_000 },
    });
    expect(plan.pools.every(({ allocatable }) => allocatable !== undefined)).toBe(true);
  });

  it("an analysis system on Compose: several interfaces behind one proxy, a vector store, models inside and outside", () => {
    const plan = planOf(
      `platform: analysis
services:
  mcp: { image: "analysis/mcp:5.0", port: 8000, expose: /mcp, calls: [orchestrator] }
  api: { image: "analysis/api:5.0", port: 8003, replicas: 3, expose: /api, calls: [orchestrator], memory: 2Gi, cpu: 1 }
  ui: { image: "analysis/ui:5.0", port: 8501, expose: true, affinity: session, calls: [api] }
  landing: { image: "analysis/landing:5.0", port: 8502, expose: /welcome, calls: [api] }
  orchestrator: { image: "analysis/orchestrator:5.0", port: 8010, calls: [agents] }
  agents: { image: "analysis/agents:5.0", port: 8011, calls: [chroma, cache, local, paid, https://www.googleapis.com], secrets: [youtube] }
  forecasts: { image: "analysis/forecasts:5.0", role: worker, volumes: { results: { mount: /results, size: 100Gi, persistent: true } } }
  chroma: { image: "chromadb/chroma:1.0.5", port: 8100, volumes: { data: { mount: /data, size: 50Gi, persistent: true } } }
models:
  local: { source: llama3.2, engine: ollama, fallback: paid }
  paid: { upstreams: [{ url: https://api.openai.com, model: gpt-4o-mini, key: openai/api-key }], limits: { requestsPerMinute: 500, tokensPerMinute: 200000 } }
stores: { cache: { redis: 7, backups: { snapshot: daily keep 30d } } }
secrets: { openai: { keys: [api-key], from: file }, youtube: { keys: [api-key], rotate: 90d } }
entrance: { host: analysis.example.com, tls: { issuer: letsencrypt, minimum: "1.3" }, controller: nginx }
observe: { metrics: prometheus, logs: loki, retention: 30d, routes: { critical: pagerduty } }
provide: in-cluster
`,
    );
    expect(plan.entrances[0]?.routes.map(({ prefix }) => prefix)).toEqual(["/welcome", "/api", "/mcp", "/ui"]);
    expect(named(plan.units, "local")).toMatchObject({ modules: [], ports: [{ number: 11_434 }] });
    expect(named(plan.models, "paid")).toMatchObject({ unit: undefined, limits: { requestsPerMinute: 500 } });
    expect(plan.edges.filter(({ kind }) => kind === "outside").map(({ to }) => to)).toEqual([
      "api.openai.com",
      "www.googleapis.com",
      "registry.ollama.ai",
    ]);
    expect(named(plan.units, "forecasts")).toMatchObject({ role: "worker", ports: [] });
  });

  it("a copilot in three regions: warm standbys, canary, mesh, alerts by severity, disruption, sizing", () => {
    const plan = planOf(
      `platform: copilot
services:
  agent:
    image: registry.example.com/llm-copilot-agent:1.0.0
    port: 3000
    replicas: 3..20
    disruption: { minAvailable: 2 }
    sizing: auto
    spread: { zones: require, nodes: prefer }
    affinity: session
    expose: true
    secrets: [copilot]
    calls: [database, cache]
    scale: { cpu: 70%, memory: 80% }
stores:
  database: { postgres: "15.4", size: 200Gi, replicas: 3, backups: { full: daily keep 30d, log: 5m keep 30d, to: backups } }
  cache: { redis: "7.0", replicas: 2, backups: { snapshot: daily keep 7d } }
  backups: { bucket: { copy: us-west-2 } }
regions:
  primary: us-east-1
  standby: [{ region: us-west-2, mode: warm }, { region: eu-west-1, mode: warm }]
  failover: { check: 30s, failures: 3, ttl: 60s }
zones: 3
cloud: aws
data: real
entrance: { host: api.example.com, tls: { issuer: letsencrypt, minimum: "1.2" }, waf: common, cdn: optional, affinity: session }
security: { network: default-deny, pods: restricted, mesh: { istio: strict }, identity: irsa }
secrets: { copilot: { keys: [database-url, redis-url, jwt-key], from: aws-secrets-manager, rotate: 90d } }
delivery: { strategy: { canary: { steps: [10%, 50%], pause: 5m, abort: { errors: 5%, p95: 5s } } }, gitops: argocd, sync: manual, approvals: { infrastructure: 2, production: 1 } }
observe:
  metrics: prometheus
  logs: loki
  traces: jaeger
  alerts: { down: 2m, errors: 5%, availability: true, database: true, oom: true }
  routes: { critical: pagerduty, warning: slack, info: email }
cluster: { backups: { objects: at 01:00 keep 30d, to: backups } }
objectives: { availability: 99.9%, rto: 15m, rpo: 1h, latency: { p95: 2s } }
`,
    );
    expect(named(plan.units, "agent")).toMatchObject({
      rollout: {
        strategy: "canary",
        canary: { steps: [0.1, 0.5], pause: 300_000, abort: { errors: 0.05, p95: 5000 } },
      },
      disruption: { minAvailable: 2 },
      affinity: "session",
      objectives: { availability: 0.999, rto: 900_000, rpo: 3_600_000, latency: { percentile: 0.95, within: 2000 } },
    });
    expect(named(plan.stores, "database")).toMatchObject({
      version: "15.4",
      replicas: 3,
      standby: "another-zone",
      readers: 1,
    });
    expect(plan.regions).toHaveLength(3);
    expect(plan.entrances[0]).toMatchObject({ cdn: false, waf: "common", dns: "route53", affinity: "session" });
    expect(plan.cluster.backups.objects).toMatchObject({ at: "01:00", keep: 30 * 86_400_000 });
    expect(plan.security.mesh).toEqual({ kind: "istio", mtls: "strict" });
  });
});
