import type { Redis } from "../../plan/plan.js";
import { SECRETS_DIRECTORY } from "../../plan/variables.js";
import { serverImage } from "./images.js";
import type { BackupJob, Membership, StoreRenderer, StoreServer } from "./server.js";

const CONFIGURATION_FILE = "/etc/keelson/redis.conf";

/** The official image. The server reads its password from a file in memory, not from an argument. */
export function redisServer(cache: Redis, membership: Membership): StoreServer {
  const { secret } = cache;
  const password = `${SECRETS_DIRECTORY}/${secret.directory}/password`;
  return {
    image: serverImage(cache),
    command: ["sh", "-c", start(cache, password, membership)],
    environment: {},
    files: { [CONFIGURATION_FILE]: redisConfiguration(cache) },
    secret,
    data: isStateful(cache) ? "/data" : undefined,
    scratch: isStateful(cache) ? ["/tmp"] : ["/tmp", "/data"],
    sharedMemory: undefined,
    probe: ["sh", "-c", `REDISCLI_AUTH="$(cat ${password})" redis-cli -p ${cache.port} ping | grep -q PONG`],
    stopSeconds: 60,
    metricsPort: undefined,
    startsInParallel: true,
    prepare: undefined,
    fullName: undefined,
    beforeStop: undefined,
  };
}

/**
 * `cluster-node-timeout`: after this time an unreachable member counts as failed. With the default of 15 s a failover takes
 * 80 s if the first election fails (the next one starts after four timeouts); with 5 s it takes less than the 30 s that the
 * plan predicts.
 */
const MEMBER_TIMEOUT_MS = 5000;

/** A member of a cluster needs its identity (`nodes.conf`) after a restart, also in a cache without persistence. */
function isStateful(cache: Redis): boolean {
  return cache.persistence || cache.shards > 1;
}

function start(cache: Redis, password: string, membership: Membership): string {
  const replicaOf = `printf 'replicaof ${membership.address(0)} ${cache.port}\\n' >> /tmp/member.conf`;
  return [
    "set -eu",
    "umask 077",
    `cp ${CONFIGURATION_FILE} /tmp/member.conf`,
    `printf 'requirepass %s\\nmasterauth %s\\n' "$(cat ${password})" "$(cat ${password})" >> /tmp/member.conf`,
    ...(cache.shards === 1 && membership.members > 1 ? [`case "$HOSTNAME" in *-0) ;; *) ${replicaOf} ;; esac`] : []),
    ...(cache.shards > 1 ? [rejoin(cache, password, membership)] : []),
    "exec redis-server /tmp/member.conf",
  ].join("\n");
}

/**
 * Members of a Redis Cluster store the IP addresses of each other, and a restarted pod has a new one: after a restart of all
 * members, none can reach another. So a member that detects a failed member resolves the names of all members and runs
 * `CLUSTER MEET` with each. For a known member this only updates the address.
 */
function rejoin(cache: Redis, password: string, membership: Membership): string {
  const cli = `redis-cli -p ${cache.port}`;
  return [
    "(",
    `  export REDISCLI_AUTH="$(cat ${password})"`,
    "  while sleep 5; do",
    `    if ${cli} cluster info | grep -q cluster_known_nodes:1.$; then continue; fi`,
    `    ${cli} cluster nodes | grep -Eq 'fail|disconnected' || continue`,
    `    for member in ${memberNames(membership)}; do`,
    `      ${cli} cluster meet "$(getent hosts "$member" | head -n 1 | cut -d' ' -f1)" ${cache.port}`,
    "    done",
    "  done",
    ") > /dev/null 2>&1 &",
  ].join("\n");
}

function memberNames(membership: Membership): string {
  return Array.from({ length: membership.members }, (_, index) => membership.address(index)).join(" ");
}

function redisConfiguration(cache: Redis): string {
  const memory = cache.resources.memory.limit ?? cache.resources.memory.request;
  const lines = [
    `port ${cache.port}`,
    "dir /data",
    // Access is restricted by the network policy and the password. Protected mode would reject all other pods.
    "protected-mode no",
    ...(memory === undefined ? [] : [`maxmemory ${Math.floor((memory * 3) / 4)}`]),
    // Persistent data, such as rate limits and sessions, must not be evicted: a full persistent cache rejects writes.
    `maxmemory-policy ${cache.persistence ? "noeviction" : "allkeys-lru"}`,
    ...(cache.persistence ? ["appendonly yes", "appendfsync everysec"] : ["appendonly no", 'save ""']),
    ...(cache.databases === undefined ? [] : [`databases ${cache.databases}`]),
    ...(cache.shards > 1
      ? ["cluster-enabled yes", "cluster-config-file /data/nodes.conf", `cluster-node-timeout ${MEMBER_TIMEOUT_MS}`]
      : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** Creates a Redis Cluster from the members of a sharded cache. Does nothing if the cluster exists. */
function formCluster(cache: Redis, membership: Membership): string {
  const password = `${SECRETS_DIRECTORY}/${cache.name}/password`;
  const members = memberNames(membership);
  return [
    "set -eu",
    `export REDISCLI_AUTH="$(cat ${password})"`,
    `for member in ${members}; do`,
    `  until redis-cli -h "$member" -p ${cache.port} ping | grep -q PONG; do sleep 1; done`,
    "done",
    `if redis-cli -h ${membership.address(0)} -p ${cache.port} cluster info | grep -q cluster_state:ok; then exit 0; fi`,
    "set --",
    `for member in ${members}; do`,
    `  set -- "$@" "$(getent hosts "$member" | head -n 1 | cut -d' ' -f1):${cache.port}"`,
    "done",
    `redis-cli --cluster create "$@" --cluster-replicas ${cache.replicas} --cluster-yes`,
    "",
  ].join("\n");
}

/** Streams a snapshot from the server to the backup folder, then removes expired ones. */
function backupCache(cache: Redis): BackupJob | undefined {
  const kind = cache.backups.snapshot ? "snapshot" : "full";
  const schedule = cache.backups[kind];
  if (!schedule || cache.shards > 1) return undefined;
  const script = [
    "set -eu",
    `export REDISCLI_AUTH="$(cat ${SECRETS_DIRECTORY}/${cache.name}/password)"`,
    "stamp=$(date -u +%Y%m%dT%H%M%SZ)",
    "mkdir -p /backups/snapshots",
    `redis-cli -h ${cache.name} -p ${cache.port} --rdb "/backups/snapshots/$stamp.rdb.part"`,
    'redis-check-rdb "/backups/snapshots/$stamp.rdb.part"',
    'mv "/backups/snapshots/$stamp.rdb.part" "/backups/snapshots/$stamp.rdb"',
    `find /backups/snapshots -name '*.rdb' ! -name "$stamp.rdb" -mmin +${Math.ceil(schedule.keep / 60_000)} -exec rm -f {} +`,
    "",
  ].join("\n");
  return { kind, script, schedule, credential: "password" };
}

export const redisRenderer: StoreRenderer<"redis"> = {
  server: redisServer,
  single: (cache) => ({ ...cache, shards: 1, replicas: 0 }),
  backup: backupCache,
  join: (cache, membership) => (cache.shards > 1 ? formCluster(cache, membership) : undefined),
};
