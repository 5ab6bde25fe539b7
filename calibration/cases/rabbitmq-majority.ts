import { setTimeout as sleep } from "node:timers/promises";
import { type Case, defineCase, ofRow } from "../case.js";
import { type Fault, type Servers, startServers } from "../pods.js";
import { leader, rabbitmq } from "./rabbitmq.js";

/** Three members on two nodes: the loss of one may take two of them. However many are lost, each starts as the row predicts. */
const platform = `platform: calibrated
provide: in-cluster
cluster: { kubernetes: "1.37", volumes: zonal }
nodes: { general: { type: own, allocatable: { cpu: 4, memory: 16Gi }, count: 2 } }
services: { web: { image: shop/web:1.0.0, port: 80, calls: [broker] } }
stores: { broker: { rabbitmq: "3.10", replicas: 3 } }
observe: { metrics: prometheus }
`;

/** How long a queue without a majority is observed: as long as a member may take to detect the others' loss. */
const LEFT_ALONE_MS = 75_000;
/** Between two stops, and between two starts: a member notices what happened to the others. */
const APART_MS = 10_000;
const LIMIT_MS = 500_000;

/** The leader and another member are lost, and one of them returns. */
function twoLost(): Fault {
  let lost: readonly number[] = [];
  return {
    prepare: async (servers) => {
      await servers.client.call("write");
      const first = await leader(servers);
      lost = [first, (first + 1) % servers.pods.length];
    },
    inject: async (servers) => {
      await Promise.all(lost.map((index) => servers.pods[index]?.stop("SIGKILL")));
      await sleep(LEFT_ALONE_MS);
      const from = Date.now();
      for (const index of lost.slice(0, 1)) await servers.restart(index);
      return from;
    },
    repair: async (servers) => {
      for (const index of lost.slice(1)) await servers.restart(index);
    },
    limitMs: LIMIT_MS,
  };
}

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** Members 0, 1 and 2 stop in this order, so that each knows of later messages than the one before; they start in another order. */
function allRestarted(): () => Fault {
  let repetition = 0;
  return () => {
    const order = ORDERS[repetition % ORDERS.length] ?? [];
    repetition += 1;
    return {
      prepare: ({ client }) => client.call("write"),
      inject: async (servers) => {
        await inTurn([...servers.pods.keys()], (index) => servers.pods[index]?.stop("SIGKILL"));
        return startAll(servers, order);
      },
      repair: async () => undefined,
      limitMs: LIMIT_MS,
    };
  };
}

/** Starts every server in an order; resolves with the time of the last start. */
async function startAll(servers: Servers, order: readonly number[]): Promise<number> {
  let from = Date.now();
  await inTurn(order, (index) => {
    from = Date.now();
    return servers.restart(index);
  });
  return from;
}

async function inTurn(order: readonly number[], act: (index: number) => Promise<void> | undefined): Promise<void> {
  for (const [position, index] of order.entries()) {
    if (position > 0) await sleep(APART_MS);
    await act(index);
  }
}

const PEERS_ARE_THERE =
  "a member that starts first waits up to five minutes for another one, which the term counts; measured from the start that completes the majority";

function majority(own: Pick<Case, "name" | "title" | "runs">, what: string, fault: () => Fault): Case {
  return defineCase({
    ...own,
    platform,
    needs: ["rabbitmq", "network namespaces"],
    figures: {
      rto: {
        what,
        predicted: ofRow("node-loss", "broker", "rto", ["start of the server", "clients reconnect"]),
        whyLarge: PEERS_ARE_THERE,
      },
      rpo: { what: "RPO", predicted: ofRow("node-loss", "broker", "rpo") },
    },
    start: (plan) => startServers(plan, "broker", rabbitmq, fault),
  });
}

export const rabbitTwoLost = majority(
  {
    name: "rabbitmq-two-lost",
    title: `RabbitMQ, a quorum queue of three members: kill -9 of its leader and of another member; for ${LEFT_ALONE_MS / 1000} s nothing is confirmed, then the leader starts again`,
    runs: 3,
  },
  "RTO from the start of one of the two",
  twoLost,
);

export const rabbitRestarted = majority(
  {
    name: "rabbitmq-every-order",
    title: `RabbitMQ, a quorum queue of three members: all are killed (kill -9) one after the other, and started in each of the six orders, ${APART_MS / 1000} s apart`,
    runs: ORDERS.length,
  },
  "RTO from the start of the last",
  allRestarted(),
);
