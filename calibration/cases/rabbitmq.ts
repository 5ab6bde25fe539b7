import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { until } from "../../test/support/until.js";
import { type Case, defineCase, type Figure, ofRow } from "../case.js";
import { type Fault, type Product, type Servers, startServers } from "../pods.js";

const run = promisify(execFile);

/** A quorum queue of three members. */
const platform = `platform: calibrated
provide: in-cluster
cluster: { kubernetes: "1.37" }
services: { web: { image: shop/web:1.0.0, port: 80, calls: [broker] } }
stores: { broker: { rabbitmq: "3.10", replicas: 3 } }
observe: { metrics: prometheus }
`;

export const rabbitmq: Product = {
  script: "rabbitmq.js",
  port: 5672,
  // Debian keeps the server's own programs apart; before them are wrappers that only root may call.
  path: "/usr/lib/rabbitmq/bin:/usr/bin:/bin:/usr/sbin:/sbin",
  // One scheduler each: three virtual machines share this one.
  environment: { RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 1:1 +sbwt none" },
  versions: async () => ({ RabbitMQ: (await run("dpkg-query", ["-W", "-f", "${Version}", "rabbitmq-server"])).stdout }),
  complete: async ({ pods }) => (await running(pods)) === pods.length,
  survivors: async (client, acknowledged) => {
    // Nothing is consumed, so a queue with no fewer messages than were confirmed has all of them. A quorum queue renews its count
    // every five seconds.
    const complete = async () => Number(await client.call("messages").catch(() => 0)) >= acknowledged.length;
    const all = await until(complete, "every confirmed message", COUNT_LIMIT_MS).then(
      () => true,
      () => false,
    );
    return new Set(all ? acknowledged : []);
  },
};

/** How many members the first one that answers counts as running. */
async function running(pods: Servers["pods"]): Promise<number> {
  const [first] = pods;
  const command = ["rabbitmqctl", "--quiet", "cluster_status", "--formatter", "json"];
  const status = await first?.exec(command).catch(() => "");
  const found: unknown = status ? JSON.parse(status) : undefined;
  const nodes: unknown = found && Reflect.get(Object(found), "running_nodes");
  return Array.isArray(nodes) ? nodes.length : 0;
}

/** The member that leads the queue. The command fails on a busy machine, and is repeated. */
export async function leader({ pods }: Servers): Promise<number> {
  let found = Number.NaN;
  const ask = async () => {
    const command = ["rabbitmqctl", "--quiet", "list_queues", "--no-table-headers", "leader"];
    const printed = await pods[0]?.exec(command).catch(() => "");
    found = Number(/broker-(\d)/.exec(printed ?? "")?.[1] ?? Number.NaN);
    return !Number.isNaN(found);
  };
  await until(ask, "the leader of the queue", LEADER_LIMIT_MS);
  return found;
}

const LIMIT_MS = 200_000;
const COUNT_LIMIT_MS = 20_000;
const LEADER_LIMIT_MS = 60_000;

function lost(how: "killed" | "cut off"): Fault {
  let index = -1;
  return {
    prepare: async (servers) => {
      await servers.client.call("write");
      index = await leader(servers);
    },
    inject: async ({ pods }) => {
      await (how === "killed" ? pods[index]?.stop("SIGKILL") : pods[index]?.cutOff(true));
      return undefined;
    },
    repair: async (servers) => {
      await servers.pods[index]?.stop("SIGKILL");
      await servers.restart(index);
    },
    limitMs: LIMIT_MS,
  };
}

function cluster(own: Pick<Case, "name" | "title">, fault: () => Fault, rto?: Pick<Figure, "whyLarge">): Case {
  return defineCase({
    ...own,
    platform,
    needs: ["rabbitmq", "network namespaces"],
    runs: 3,
    figures: {
      rto: { what: "RTO", predicted: ofRow("process-crash", "broker", "rto"), ...rto },
      rpo: { what: "RPO", predicted: ofRow("process-crash", "broker", "rpo") },
    },
    start: (plan) => startServers(plan, "broker", rabbitmq, fault),
  });
}

export const rabbitCrash = cluster(
  { name: "rabbitmq-crash", title: "RabbitMQ, a quorum queue of three members: kill -9 of its leader" },
  () => lost("killed"),
  {
    whyLarge:
      "the row covers a member that hangs or is cut off, which is measured apart: a process that exits closes its connections, and the others elect a leader at once",
  },
);
export const rabbitCutOff = cluster(
  { name: "rabbitmq-cut-off", title: "RabbitMQ, a quorum queue of three members: the leader's host loses its network" },
  () => lost("cut off"),
);
