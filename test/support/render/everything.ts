import type { Volume } from "../../../src/plan/plan.js";
import {
  broker,
  bucket,
  cache,
  cpuScale,
  database,
  entrance,
  persistentVolume,
  provider,
  samplePlan,
  sidecar,
  unit,
} from "./sample-plan.js";

const day = 24 * 3600 * 1000;
const schedule = (every: number) => ({ path: "backups", every, at: undefined, keep: 7 * day });
const backups = {
  path: "backups",
  full: schedule(day),
  log: schedule(60_000),
  snapshot: undefined,
  size: 2 ** 30,
  to: [],
  encrypted: false,
};

const empty = persistentVolume("index", "/index", 2 ** 30);
const index: Volume = {
  ...empty,
  backups: { ...empty.backups, files: schedule(day), to: ["archive"], taker: { kind: "velero", sendsTo: ["archive"] } },
};

/** One of everything that the Kubernetes target can write, whether or not a blueprint happens to use it. */
export const everything = samplePlan({
  namespace: "everything",
  observe: { ...samplePlan().observe, discovery: "pod-monitors" },
  units: [
    ...samplePlan().units,
    unit("scaled", {
      replicas: { min: 2, max: 10 },
      scale: { ...cpuScale, memory: 0.8 },
      priority: "critical",
      spread: { zones: "require", nodes: "require" },
    }),
    unit("indexer", {
      role: "worker",
      modules: [],
      command: ["sleep", "infinity"],
      priority: "low",
      volumes: [index],
    }),
    unit("accompanied", { sidecars: [sidecar("proxy", 9901), sidecar("cache", 9902)] }),
  ],
  stores: [
    database("database", { replicas: 3, standby: "another-zone", synchronous: true, backups }),
    database("operated", {
      replicas: 3,
      standby: "another-zone",
      synchronous: true,
      provider: { ...provider("in-cluster"), product: "CloudNativePG" },
    }),
    cache("cache", { shards: 3, replicas: 1, backups }),
    broker("broker", { replicas: 3 }),
    bucket("archive", { provider: provider("in-cluster") }),
  ],
  entrances: [
    entrance({ affinity: "session" }),
    entrance({ name: "second", controller: "traefik" }),
    entrance({ name: "third", controller: "gateway-api", host: "third.example.com" }),
  ],
});
