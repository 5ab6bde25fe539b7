import type { Plan, Postgres, Resources } from "../../../plan/plan.js";
import { SWITCHOVER_DELAY_SECONDS } from "../../../plan/providers/cloudnative-pg.js";
import { MiB } from "../../../plan/sizes.js";
import { type BucketStore, isBucket } from "../../../plan/stores/index.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { manualCopies } from "../../declarations/stores.js";
import type { Note } from "../../note.js";
import { sharedMemoryBytes } from "../../shared-memory.js";
import { operatorImage } from "../../stores/images.js";
import { archiveParameters, databaseParameters } from "../../stores/postgres.js";
import { instanceLabels } from "../cloudnative-pg.js";
import { cronSchedule } from "../cron-schedule.js";
import type {
  CloudNativePgCluster,
  NetworkPolicy,
  ObjectStore,
  PodMonitor,
  ScheduledBackup,
  Service,
  WithNotes,
} from "../manifest.js";
import { metadata } from "../metadata.js";
import { anywhere, fromPrometheus, networkPolicy, tcp } from "../network-policy.js";
import { placement } from "../placement.js";
import { pullSecrets } from "../pull-secrets.js";
import { bytesQuantity, resourceQuantities } from "../quantity.js";
import type { Scope } from "../scope.js";
import { podMonitor, scrapeAnnotations } from "../scraping.js";
import { servicePort } from "../service.js";
import { serverTopologySpread } from "../topology-spread.js";

/** The namespace in which the operator is installed by default. */
const OPERATOR_NAMESPACE = "cnpg-system";
/** Size limit of the volume for the operator's own files in an instance (Cluster, `ephemeralVolumesSizeLimit`). */
const TEMPORARY_DATA = "1Gi";
/** The port on which each instance serves its status to the operator. */
const STATUS_PORT = 8000;

/** The port on which each instance serves its metrics, and its name in the pod (CloudNativePG, "Monitoring"). */
const METRICS_PORT = 9187;
const METRICS_PORT_NAME = "metrics";

/** A PostgreSQL cluster for the CloudNativePG operator, which promotes a standby automatically. */
export function cloudNativePgCluster(scope: Scope, database: Postgres): WithNotes<CloudNativePgCluster> {
  return { object: cluster(scope, database), notes: clusterNotes(scope, database) };
}

function cluster(scope: Scope, database: Postgres): CloudNativePgCluster {
  const { plan } = scope;
  const placed = placement(plan, database.pool, 0);
  const annotations = scrapeAnnotations(plan, METRICS_PORT);
  return {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: metadata(plan, database, database.kind),
    spec: {
      instances: database.replicas,
      ...(annotations && { inheritedMetadata: { annotations } }),
      switchoverDelay: SWITCHOVER_DELAY_SECONDS,
      imageName: operatorImage(database),
      enableSuperuserAccess: false,
      primaryUpdateStrategy: "unsupervised",
      bootstrap: {
        initdb: {
          database: "keelson",
          owner: "keelson",
          secret: { name: database.name },
          dataChecksums: true,
          encoding: "UTF8",
          localeCollate: "C.UTF-8",
          localeCType: "C.UTF-8",
          ...(database.extensions.length > 0 && {
            postInitApplicationSQL: database.extensions.map((name) => `CREATE EXTENSION IF NOT EXISTS "${name}"`),
          }),
        },
      },
      postgresql: {
        parameters: parametersOf(database),
        ...(database.synchronous && { synchronous: { method: "any", number: 1 } }),
      },
      storage: {
        size: bytesQuantity(database.size),
        ...(database.storageClass !== undefined && { storageClass: database.storageClass }),
      },
      ...pullSecrets(plan),
      // The rest of the node's disk is limited by `resources`.
      ephemeralVolumesSizeLimit: {
        shm: bytesQuantity(sharedMemoryBytes(database.resources.memory)),
        temporaryData: TEMPORARY_DATA,
      },
      resources: resourceQuantities(database.resources),
      // Not anti-affinity: with more instances than zones or nodes, the excess instances would stay pending.
      affinity: { enablePodAntiAffinity: false, ...placed },
      topologySpreadConstraints: serverTopologySpread(plan, database, instanceLabels(database)),
      ...(objectStore(scope, database) && {
        plugins: [{ name: BACKUP_PLUGIN, isWALArchiver: true, parameters: { barmanObjectName: database.name } }],
      }),
    },
  };
}

/** The Service with the name of the database, which selects the current primary. */
export function primaryService(scope: Scope, database: Postgres): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(scope.plan, database, database.kind),
    spec: {
      type: "ClusterIP",
      selector: { ...instanceLabels(database), "cnpg.io/instanceRole": "primary" },
      ports: [servicePort({ name: database.kind, number: database.port, protocol: "tcp" })],
    },
  };
}

/** The operator's own PodMonitor (`enablePodMonitor`) is deprecated (CloudNativePG, "Monitoring"). */
export function cloudNativePgPodMonitor({ plan }: Scope, database: Postgres): PodMonitor | undefined {
  return podMonitor(plan, database, database.kind, { labels: instanceLabels(database), port: METRICS_PORT_NAME });
}

export function scheduledBackup(scope: Scope, database: Postgres): ScheduledBackup | undefined {
  const { full } = database.backups;
  if (!full || !objectStore(scope, database)) return undefined;
  return {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "ScheduledBackup",
    metadata: metadata(scope.plan, database, "backup", `${database.name}-full`),
    spec: {
      // The operator's schedules have a first field for seconds.
      schedule: `0 ${cronSchedule(full)}`,
      // Without it no backup exists until the schedule first comes around.
      immediate: true,
      method: "plugin",
      pluginConfiguration: { name: BACKUP_PLUGIN },
      backupOwnerReference: "self",
      cluster: { name: database.name },
    },
  };
}

/** In addition to its callers: connections between instances, from the operator, and to the API server. */
export function cloudNativePgNetworkPolicy(scope: Scope, database: Postgres): NetworkPolicy | undefined {
  const instances = { podSelector: { matchLabels: instanceLabels(database) } };
  const operator = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": OPERATOR_NAMESPACE } } };
  const policy = networkPolicy(scope, database, database.kind, {
    ingress: [
      { from: [instances], ports: [tcp(database.port), tcp(STATUS_PORT)] },
      { from: [operator], ports: [tcp(database.port), tcp(STATUS_PORT)] },
      ...fromPrometheus(scope.plan, METRICS_PORT),
    ],
    egress: [
      { to: [instances], ports: [tcp(database.port), tcp(STATUS_PORT)] },
      { to: anywhere(undefined), ports: [tcp(443), tcp(6443)] },
    ],
  });
  return policy && { ...policy, spec: { ...policy.spec, podSelector: instances.podSelector } };
}

/** PostgreSQL parameters. The operator sets those for files, ports, replication and `archive_command`. */
function parametersOf(database: Postgres): Record<string, string> {
  const { log } = database.backups;
  return {
    ...databaseParameters(database),
    ...(log && archiveParameters(log)),
  };
}

/** The bucket for backups; undefined: the operator takes no backups. */
function backupBucket({ index }: Scope, { provider }: Postgres): BucketStore | undefined {
  return provider.sendsTo.flatMap((name) => index.store(name) ?? []).find(isBucket);
}

function clusterNotes(scope: Scope, database: Postgres): readonly Note[] {
  const { plan } = scope;
  const { name, path, backups } = database;
  const bucket = backupBucket(scope, database);
  const copies = manualCopies(database);
  const messages: string[] = [];
  if (backups.snapshot)
    messages.push(`snapshot backups of ${name} (${formatSchedule(backups.snapshot)}) are not taken by this target`);
  if (backups.full || backups.log) {
    if (!bucket) messages.push(`backups of ${name} are not taken: CloudNativePG requires a bucket (backups.to)`);
    else {
      if (bucket.provider.kind === "managed") messages.push(bucketAddress(plan, database, bucket));
      if (copies !== undefined) messages.push(`backups of ${name} are written to one bucket; ${copies}`);
    }
  }
  return [
    {
      path,
      message: `${name} requires in the cluster: the CloudNativePG operator in the namespace ${OPERATOR_NAMESPACE}${objectStore(scope, database) ? ", with its Barman Cloud plug-in and cert-manager" : ""}`,
    },
    ...messages.map((message) => ({ path: backups.path, message })),
  ];
}

/**
 * The operator reads the name and address of a bucket from plain fields, not from a secret. Bucket names are globally unique,
 * so the user may have to patch them.
 */
function bucketAddress({ cloud }: Plan, { name }: Postgres, bucket: BucketStore): string {
  const fields = cloud === "aws" ? "another name" : `another name and the address of ${bucket.provider.product}`;
  return `backups of ${name} are written to s3://${bucket.name}/${name}; set ${fields} by \`patch: { kubernetes: { kind: ObjectStore, spec: { configuration: … } } }\``;
}

/** The plug-in that writes backups (plugin-barman-cloud, "Using the Barman Cloud Plugin"). CloudNativePG's own way is removed in 1.31. */
const BACKUP_PLUGIN = "barman-cloud.cloudnative-pg.io";

const SIDECAR: Resources = {
  cpu: { request: 100, limit: 1000 },
  memory: { request: 128 * MiB, limit: 512 * MiB },
  gpu: { count: 0, kind: undefined },
  disk: 1024 * MiB,
};

/** Where the operator's plug-in writes base backups and WAL; undefined: it takes no backups. */
export function objectStore(scope: Scope, database: Postgres): ObjectStore | undefined {
  const { plan } = scope;
  const { backups } = database;
  const bucket = backupBucket(scope, database);
  if (!bucket || !(backups.full || backups.log)) return undefined;
  const days = Math.max(1, Math.ceil(Math.max(backups.full?.keep ?? 0, backups.log?.keep ?? 0) / 86_400_000));
  return {
    apiVersion: "barmancloud.cnpg.io/v1",
    kind: "ObjectStore",
    metadata: metadata(plan, database, "backup"),
    spec: {
      retentionPolicy: `${days}d`,
      configuration: {
        destinationPath: `s3://${bucket.name}/${database.name}`,
        ...(bucket.provider.kind === "in-cluster" && { endpointURL: `http://${bucket.name}:${bucket.port}` }),
        s3Credentials: {
          accessKeyId: { name: bucket.name, key: "access-key" },
          secretAccessKey: { name: bucket.name, key: "secret-key" },
        },
        wal: { compression: "gzip" },
        data: { compression: "gzip" },
      },
      instanceSidecarConfiguration: { resources: resourceQuantities(SIDECAR) },
    },
  };
}
