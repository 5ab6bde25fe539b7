import type { Objectives, Plan } from "../../src/plan/plan.js";

const none: Objectives = {
  path: "objectives",
  availability: undefined,
  rto: undefined,
  rpo: undefined,
  latency: undefined,
  retention: undefined,
};
const noBackups = { path: "", full: undefined, log: undefined, snapshot: undefined, to: [], encrypted: false };

/** A plan of nothing: these modules read no more of it than its names. */
export const emptyPlan: Plan = {
  platform: "test",
  environment: "local",
  namespace: "test-local",
  cloud: "none",
  regions: [],
  failover: undefined,
  units: [],
  models: [],
  stores: [],
  edges: [],
  entrances: [],
  secrets: [],
  pools: [],
  objectives: none,
  security: { network: "open", pods: "restricted", mesh: { kind: "none", mtls: "off" }, identity: "none" },
  observe: {
    metrics: "none",
    logs: "none",
    traces: "none",
    otlp: undefined,
    alerts: {
      path: "",
      down: undefined,
      errors: undefined,
      availability: false,
      database: false,
      oom: false,
      backups: false,
    },
    routes: { critical: undefined, warning: undefined, info: undefined },
  },
  delivery: { gitops: "none", sync: "automatic", approvals: { infrastructure: 0, production: 0 } },
  drills: undefined,
  cluster: { backups: noBackups, kubernetes: "1.34", autoscaler: false },
  data: "test",
  access: [],
  image: { repository: "keelson", tag: "test", digest: undefined, path: "image" },
  origins: {},
};
