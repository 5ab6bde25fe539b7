import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../test/support/until.js";
import { type Case, defineCase, type Figure, ofRow } from "../case.js";
import { type Fault, startServers } from "../pods.js";
import { redis } from "./redis.js";

/** Three shards of two servers on three nodes. Nothing keeps two primaries from one node. */
const platform = (volumes: "zonal" | "local") => `platform: calibrated
provide: in-cluster
cluster: { kubernetes: "1.37", volumes: ${volumes} }
nodes: { general: { type: own, allocatable: { cpu: 4, memory: 16Gi }, count: 3 } }
services: { web: { image: shop/web:1.0.0, port: 80, calls: [cache] } }
stores: { cache: { redis: "7.0", shards: 3, replicas: 1, persistence: true } }
observe: { metrics: prometheus }
`;

/** Longer than a failover, and than a replica without its primary may be promoted (`cluster-replica-validity-factor`). */
const LEFT_ALONE_MS = 75_000;
const RETURN_LIMIT_MS = 150_000;
const REPAIR_LIMIT_MS = 60_000;

/** The host of two primaries is lost; one of them owns the slot that the client writes. They return, or do not. */
function twoPrimariesLost(returns: boolean): Fault {
  let lost: readonly number[] = [];
  return {
    prepare: async ({ client, indexOf }) => {
      const owner = await client.call("owner");
      const primaries = await client.call("primaries");
      const others = Array.isArray(primaries) ? primaries.filter((address) => address !== owner) : [];
      lost = [owner, ...others.slice(0, 1)].map(indexOf);
    },
    inject: async (servers) => {
      await Promise.all(lost.map((index) => servers.pods[index]?.stop("SIGKILL")));
      if (!returns) return undefined;
      await sleep(LEFT_ALONE_MS);
      const from = Date.now();
      await Promise.all(lost.map(servers.restart));
      return from;
    },
    repair: async (servers) => {
      if (returns) return;
      await Promise.all(lost.map(servers.restart));
      await until(() => redis.complete(servers), "every server serves again", REPAIR_LIMIT_MS);
    },
    limitMs: returns ? RETURN_LIMIT_MS : LEFT_ALONE_MS,
  };
}

const IN_PAGE_CACHE =
  "kill -9 leaves in the page cache what was not flushed; the loss of a real host would take it, up to a second of writes";

function majority(
  own: Pick<Case, "name" | "title" | "runs">,
  volumes: "zonal" | "local",
  rto: Figure,
  fault: () => Fault,
): Case {
  return defineCase({
    ...own,
    platform: platform(volumes),
    needs: ["redis", "network namespaces"],
    figures: {
      rto,
      rpo: { what: "RPO", predicted: ofRow("node-loss", "cache", "rpo"), whyLarge: IN_PAGE_CACHE },
    },
    start: (plan) => startServers(plan, "cache", redis, fault),
  });
}

const TWO = "Redis Cluster of 3 × 2 on three hosts: the host of two primaries is lost";

export const redisNoMajority = majority(
  { name: "redis-cluster-no-majority", title: `${TWO} with its volumes`, runs: 3 },
  "local",
  { what: "RTO", predicted: ofRow("node-loss", "cache", "rto") },
  () => twoPrimariesLost(false),
);

export const redisMajorityReturns = majority(
  {
    name: "redis-cluster-majority-returns",
    title: `${TWO}, for ${LEFT_ALONE_MS / 1000} s nothing is served, then both start on another host with their volumes`,
    runs: 3,
  },
  "zonal",
  {
    what: "RTO from the start of both",
    predicted: ofRow("node-loss", "cache", "rto", ["start of the server", "clients reconnect"]),
  },
  () => twoPrimariesLost(true),
);
