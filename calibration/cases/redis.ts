import { type Case, defineCase, type Figure, ofRow } from "../case.js";
import { type Fault, type Product, type Servers, startServers } from "../pods.js";

/** Three shards of two servers. */
const platform = `platform: calibrated
provide: in-cluster
cluster: { kubernetes: "1.37" }
nodes: { general: { type: own, allocatable: { cpu: 4, memory: 16Gi }, count: 6 } }
services: { web: { image: shop/web:1.0.0, port: 80, calls: [cache] } }
stores: { cache: { redis: "7.0", shards: 3, replicas: 1, persistence: true } }
observe: { metrics: prometheus }
`;

export const redis: Product = {
  script: "redis.js",
  port: 6379,
  path: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
  versions: async ([pod]) => {
    const printed = (await pod?.exec(["redis-server", "--version"])) ?? "";
    return { Redis: /v=(\S+)/.exec(printed)?.[1] ?? printed };
  },
  complete: ({ client }) =>
    client.call("complete").then(
      (complete) => complete === true,
      () => false,
    ),
  survivors: async (client) => {
    const found = await client.call("survivors");
    return new Set(Array.isArray(found) ? found.map(String) : []);
  },
};

/** The primary whose slot the client writes. */
async function primary({ client, indexOf }: Servers): Promise<number> {
  return indexOf(await client.call("owner"));
}

const LIMIT_MS = 90_000;

function lostPrimary(how: "killed" | "cut off"): Fault {
  let index = -1;
  return {
    prepare: async (servers) => {
      index = await primary(servers);
    },
    inject: async (servers) => {
      const pod = servers.pods[index];
      await (how === "killed" ? pod?.stop("SIGKILL") : pod?.cutOff(true));
      return undefined;
    },
    repair: async (servers) => {
      await (how === "killed" ? servers.restart(index) : servers.pods[index]?.cutOff(false));
    },
    limitMs: LIMIT_MS,
  };
}

function cluster(own: Pick<Case, "name" | "title">, fault: () => Fault, rto: Figure): Case {
  return defineCase({
    ...own,
    platform,
    needs: ["redis", "network namespaces"],
    runs: 5,
    figures: {
      rto,
      rpo: { what: "RPO", predicted: ofRow("process-crash", "cache", "rpo") },
    },
    start: (plan) => startServers(plan, "cache", redis, fault),
  });
}

const rto: Figure = { what: "RTO", predicted: ofRow("process-crash", "cache", "rto") };

export const redisCrash = cluster(
  { name: "redis-cluster-crash", title: "Redis Cluster of 3 × 2: kill -9 of the primary that the client writes to" },
  () => lostPrimary("killed"),
  rto,
);
export const redisCutOff = cluster(
  {
    name: "redis-cluster-cut-off",
    title: "Redis Cluster of 3 × 2 on six hosts: the host of the primary that the client writes to loses its network",
  },
  () => lostPrimary("cut off"),
  rto,
);
