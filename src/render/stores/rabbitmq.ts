import { compareVersions } from "../../plan/ends-of-life.js";
import { exactVersion } from "../../plan/images.js";
import type { RabbitMq } from "../../plan/plan.js";
import { SECRETS_DIRECTORY } from "../../plan/variables.js";
import type { Note } from "../note.js";
import { serverImage } from "./images.js";
import type { Membership, StoreRenderer, StoreServer } from "./server.js";

const CONFIGURATION_FILE = "/etc/rabbitmq/conf.d/20-keelson.conf";
const PLUGINS_FILE = "/etc/rabbitmq/enabled_plugins";

/** The official image. Members discover each other by DNS name, so they need no access to the Kubernetes API. */
function rabbitmqServer(broker: RabbitMq, membership: Membership): StoreServer {
  const { secret } = broker;
  const secrets = `${SECRETS_DIRECTORY}/${secret.directory}`;
  return {
    image: serverImage(broker),
    command: ["sh", "-c", start(secrets)],
    environment: {
      HOME: "/var/lib/rabbitmq",
    },
    files: {
      [CONFIGURATION_FILE]: rabbitmqConfiguration(broker, membership),
      [PLUGINS_FILE]: "[rabbitmq_prometheus,rabbitmq_stream].\n",
    },
    secret,
    data: "/var/lib/rabbitmq",
    scratch: ["/tmp", "/var/log/rabbitmq"],
    sharedMemory: undefined,
    probe: ["rabbitmq-diagnostics", "--quiet", "ping"],
    stopSeconds: 120,
    // The default of rabbitmq_prometheus (rabbitmq.com, "Monitoring with Prometheus").
    metricsPort: 15_692,
    startsInParallel: true,
    prepare: undefined,
    // The directory of its data has the name of the node, so the name must not depend on the number of members.
    fullName: { variable: "RABBITMQ_NODENAME", prefix: "rabbit@", environment: { RABBITMQ_USE_LONGNAME: "true" } },
    // Without it, a node may stop while a queue has no other online majority (rabbitmq.com, "Upgrading RabbitMQ", maintenance mode).
    beforeStop:
      membership.members > 1
        ? "rabbitmq-upgrade await_online_quorum_plus_one -t 60 && rabbitmq-upgrade drain || true"
        : undefined,
  };
}

/**
 * Erlang rejects a cookie that other users can read, and a mounted secret is readable by its group. So each start copies it
 * again: `fsGroup` can make an existing copy group-readable when its volume moves to another node.
 */
function start(secrets: string): string {
  return [
    "set -eu",
    "umask 077",
    "rm -f /var/lib/rabbitmq/.erlang.cookie",
    `cat ${secrets}/erlang-cookie > /var/lib/rabbitmq/.erlang.cookie`,
    `cat ${CONFIGURATION_FILE} > /tmp/rabbitmq.conf`,
    `printf 'default_user = keelson\\ndefault_pass = %s\\n' "$(cat ${secrets}/password)" >> /tmp/rabbitmq.conf`,
    "export RABBITMQ_CONFIG_FILE=/tmp/rabbitmq.conf",
    "exec rabbitmq-server",
  ].join("\n");
}

/**
 * From 4.3 on metadata is in Khepri, which has no partition handling: the key is accepted without an effect (RabbitMQ 4.3.0, release
 * notes).
 */
function handlesPartitions({ version }: RabbitMq): boolean {
  return compareVersions(exactVersion("rabbitmq", version), "4.3") < 0;
}

/** The first release with `default_queue_type` in its configuration (RabbitMQ 3.13.3, release notes, #11163); an older one does not start with it. */
const DEFAULT_QUEUE_TYPE_SINCE = "3.13.3";

function hasDefaultQueueType({ version }: RabbitMq): boolean {
  return compareVersions(exactVersion("rabbitmq", version), DEFAULT_QUEUE_TYPE_SINCE) >= 0;
}

function queueNotes(broker: RabbitMq): readonly Note[] {
  if (broker.queues === "classic" || hasDefaultQueueType(broker)) return [];
  const message = `${broker.name}: RabbitMQ before ${DEFAULT_QUEUE_TYPE_SINCE} has no default queue type: declare ${broker.queues} queues with x-queue-type`;
  return [{ path: broker.path, message }];
}

function rabbitmqConfiguration(broker: RabbitMq, membership: Membership): string {
  const memory = broker.resources.memory.limit ?? broker.resources.memory.request;
  const lines = [
    `listeners.tcp.default = ${broker.port}`,
    "default_vhost = /",
    ...(broker.queues !== "classic" && hasDefaultQueueType(broker) ? [`default_queue_type = ${broker.queues}`] : []),
    ...(memory === undefined ? [] : [`vm_memory_high_watermark.absolute = ${Math.floor(memory * 0.6)}`]),
    "disk_free_limit.absolute = 1GB",
    "log.console = true",
    "log.file = false",
  ];
  if (membership.members > 1) {
    lines.push(
      "cluster_formation.peer_discovery_backend = classic_config",
      ...(handlesPartitions(broker) ? ["cluster_partition_handling = pause_minority"] : []),
      `cluster_name = ${broker.name}`,
    );
    for (let index = 0; index < membership.members; index += 1)
      lines.push(`cluster_formation.classic_config.nodes.${index + 1} = rabbit@${membership.address(index)}`);
  }
  return `${lines.join("\n")}\n`;
}

export const rabbitmqRenderer: StoreRenderer<"rabbitmq"> = { server: rabbitmqServer, notes: queueNotes };
