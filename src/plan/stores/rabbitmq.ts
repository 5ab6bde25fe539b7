import { compareVersions } from "../ends-of-life.js";
import type { Cited, Provider, RabbitMq, Source } from "../plan.js";
import { amazonMq } from "../providers/amazon-mq.js";
import { embeddedMemory } from "../providers/embedded-memory.js";
import { rabbitmqStatefulSet } from "../providers/rabbitmq-statefulset.js";
import { GiB } from "../sizes.js";
import { planStoreBase, redundancyOf, type StoreDefaults } from "./base.js";
import type { DataLoss, Ignored, Redelivery, StoreDescriptor } from "./descriptor.js";

const CONFIRMED: Cited = {
  value: 0,
  source: "a confirmed message of a quorum queue or stream is on a majority of nodes (rabbitmq.com: Quorum Queues)",
};

/** Amazon MQ accepts the declaration of a stream and loses its messages. */
const NO_STREAMS: DataLoss = {
  kind: "unbounded",
  why: "Amazon MQ does not support streams: creating one results in data loss (Amazon MQ Developer Guide: version management)",
  advice: "use quorum queues",
  key: "queues",
  value: "quorum",
};

const CONSUMER_TIMEOUT: Cited = {
  value: 31 * 60_000,
  source:
    "consumer_timeout, default 30 min, evaluated at one-minute intervals (rabbitmq.com/docs/consumers, Delivery Acknowledgement Timeout; Amazon MQ: Configurable values)",
  read: "2026-11-30",
};

/** Since 4.3 only quorum queues take back what a consumer does not acknowledge. Every consumer of a stream reads all of it. */
function redeliveryOf(queues: RabbitMq["queues"], version: string): Redelivery | undefined {
  if (queues === "stream") return undefined;
  if (queues === "quorum" || compareVersions(version, "4.3") < 0) return { kind: "after", time: CONSUMER_TIMEOUT };
  return {
    kind: "never",
    why: "classic queues have no consumer timeout since RabbitMQ 4.3 (rabbitmq-server, consumer_timeouts.md, read 2026-11-30)",
  };
}

/** Amazon MQ has two deployments; the number is no setting of its API. */
function otherThanOffered({ kind, product }: Provider, replicas: number): readonly Ignored[] {
  if (kind !== "managed" || replicas === 1 || replicas === 3) return [];
  const why = `${product} runs a single broker or a cluster of three nodes, and never ${replicas} (Developer Guide: Deployment options for Amazon MQ for RabbitMQ brokers, read 2026-11-30)`;
  return [{ key: "replicas", why, advice: "declare `replicas: 3`" }];
}

function losesStreams({ kind }: Provider, queues: RabbitMq["queues"]): boolean {
  return kind === "managed" && queues === "stream";
}

const SUPPORT: Source = { source: "endoflife.date/rabbitmq (community support) at a70eca3", read: "2026-11-30" };

const defaults: StoreDefaults = {
  title: "RabbitMQ",
  size: { bytes: 8 * GiB, why: "8Gi are enough for millions of queued usage events" },
  cpu: { min: 250, max: 1000 },
  memory: { min: GiB, max: 2 * GiB },
  port: () => 5672,
  secret: {
    directory: "broker",
    clientKeys: ["url"],
    values: (address) => ({
      "erlang-cookie": { kind: "random", bytes: 24 },
      password: { kind: "random", bytes: 24 },
      url: { kind: "text", text: `amqp://keelson:{password}@${address}` },
    }),
  },
  products: {
    embedded: embeddedMemory,
    inCluster: () => rabbitmqStatefulSet,
    managed: { none: undefined, aws: amazonMq, linode: undefined },
  },
};

/** RabbitMQ: a cluster whose queues need a majority of its servers. */
export const rabbitmq = {
  ...defaults,
  role: "broker",
  storesModuleData: false,
  local: { omitted: "keelson up runs no RabbitMQ" },
  protocol: "tcp",
  backupMethod: "snapshot",
  endsOfLife: {
    "3.13": { date: "2024-09-17", ...SUPPORT },
    "4.0": { date: "2025-04-15", ...SUPPORT },
    "4.1": { date: "2026-01-30", ...SUPPORT },
    "4.2": { date: "2026-07-31", ...SUPPORT },
  },
  images: ({ version }) => ({ server: { product: "rabbitmq", version }, operator: undefined }),
  plan(context, scope, name, input) {
    const redundant = redundancyOf(context, input);
    const replicas = scope.pick(
      "replicas",
      input.replicas,
      redundant ? 3 : 1,
      redundant ? `a majority of three survives the loss of one: ${redundant.why}` : "one broker is enough",
    );
    return {
      ...planStoreBase(context, scope, name, defaults, input, { standby: replicas > 1, sharded: false }),
      kind: "rabbitmq",
      version: input.rabbitmq,
      replicas,
      queues: scope.pick(
        "queues",
        input.queues,
        "quorum",
        "quorum queues confirm a message once a majority has it on disk",
      ),
      deadLetter: scope.pick("deadLetter", input.deadLetter, true, "undeliverable messages are retained"),
    };
  },
  traits: ({ name, version, replicas, queues, deadLetter, provider }) => ({
    summary: `rabbitmq ${version}${replicas > 1 ? `, ${replicas} servers` : ""}`,
    servers: replicas,
    copies: replicas,
    copiesKey: "replicas",
    hasPrimary: false,
    memberPorts: replicas > 1 ? [4369, 25_672] : [],
    ignored: otherThanOffered(provider, replicas),
    // A stream keeps a message that a consumer has read, and rejects none.
    dropsMessages: deadLetter || queues === "stream" ? undefined : "deadLetter",
    redelivery: redeliveryOf(queues, version),
    spreadsOverZones: true,
    needs:
      queues === "classic"
        ? { kind: "count", count: replicas, why: "a classic queue is on one server alone" }
        : {
            kind: "count",
            count: Math.floor(replicas / 2) + 1,
            why: "a quorum queue or stream needs a majority of its members (rabbitmq.com: Quorum Queues)",
          },
    neverServes: undefined,
    // With members in two zones, the loss of the zone with more of them stops the cluster.
    minZones: replicas >= 3 ? 3 : undefined,
    zoneFix: replicas >= 3 ? undefined : { key: "replicas", value: 3, advice: "run three replicas in three zones" },
    withoutReplica: {
      kind: "wait",
      why: `${name} has no majority left and waits until the zone is available again`,
      advice: "run three replicas in three zones",
      key: "replicas",
      value: 3,
    },
    restartLoss: losesStreams(provider, queues)
      ? NO_STREAMS
      : { kind: "cited", label: "nothing: confirmed messages are on disk", loss: CONFIRMED },
    failoverLoss: losesStreams(provider, queues)
      ? NO_STREAMS
      : queues === "classic"
        ? {
            kind: "unbounded",
            why: "classic queues have one copy of a message",
            advice: "use quorum queues",
            key: "queues",
            value: "quorum",
          }
        : { kind: "cited", label: "nothing: confirmed messages are on a majority", loss: CONFIRMED },
  }),
} satisfies StoreDescriptor<"rabbitmq">;
