import type { Plan, Resources, Store } from "../../../plan/plan.js";
import { MiB } from "../../../plan/sizes.js";
import { isBucket } from "../../../plan/stores/index.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { contentHash } from "../../canonical.js";
import { BACKUP_KINDS, manualCopies } from "../../declarations/stores.js";
import type { Note } from "../../note.js";
import { backupJob, backupsTaken } from "../../stores/index.js";
import { BACKUP_DIRECTORY } from "../../stores/postgres.js";
import type { BackupJob, StoreServer } from "../../stores/server.js";
import { cronSchedule } from "../cron-schedule.js";
import type { CronJob, Job, NetworkPolicy, WithNotes } from "../manifest.js";
import { labels, metadata, selector } from "../metadata.js";
import { placement } from "../placement.js";
import { pullSecrets } from "../pull-secrets.js";
import { resourceQuantities, seconds } from "../quantity.js";
import type { Scope } from "../scope.js";
import { containerSecurityContext, podSecurityContext } from "../security-context.js";
import { ephemeralStorage, scratchVolume, secretVolume } from "../volumes.js";
import { jobNetworkPolicy } from "./job-network-policy.js";

/** Name of the volume claim template for base backups and archived WAL. The job uses the claim of the first member. */
export const BACKUP_CLAIM = "backups";

const RESOURCES: Resources = {
  cpu: { request: 100, limit: 1000 },
  memory: { request: 128 * MiB, limit: 512 * MiB },
  gpu: { count: 0, kind: undefined },
  disk: undefined,
};

export function backupName(store: Store): string {
  return `${store.name}-backup`;
}

/** A job that backs up a store with the tools of its image, on the node where the first member mounts the claim. */
export function backupCronJob(scope: Scope, store: Store, server: StoreServer): WithNotes<CronJob> {
  const backup = backupJob(store);
  return { object: backup && cronJob(scope, store, server, backup), notes: backupNotes(store) };
}

function cronJob(scope: Scope, store: Store, server: StoreServer, backup: BackupJob): CronJob {
  const { plan } = scope;
  const element = { name: backupName(store) };
  const mounted = [secretVolume({ ...server.secret, keys: [backup.credential] }), scratchVolume("tmp", "/tmp")];
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: metadata(plan, element, "backup"),
    spec: {
      schedule: cronSchedule(backup.schedule),
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        spec: {
          backoffLimit: 3,
          // A job that hangs would prevent all later ones (`Forbid`).
          activeDeadlineSeconds: deadlineSeconds(backup.schedule),
          template: {
            metadata: { labels: labels(plan, element, "backup") },
            spec: {
              restartPolicy: "Never",
              serviceAccountName: store.name,
              automountServiceAccountToken: false,
              enableServiceLinks: false,
              ...pullSecrets(plan),
              securityContext: podSecurityContext(server.image.user),
              ...placement(plan, store.pool, 0),
              affinity: besideFirstMember(plan, store),
              containers: [
                {
                  name: "backup",
                  image: server.image.reference,
                  imagePullPolicy: "IfNotPresent",
                  command: ["sh", "-c", backup.script],
                  resources: resourceQuantities(RESOURCES, ephemeralStorage(mounted)),
                  securityContext: containerSecurityContext(),
                  volumeMounts: [
                    ...mounted.flatMap(({ mounts }) => mounts),
                    { name: BACKUP_CLAIM, mountPath: BACKUP_DIRECTORY },
                  ],
                },
              ],
              volumes: [
                ...mounted.flatMap(({ volume }) => volume ?? []),
                { name: BACKUP_CLAIM, persistentVolumeClaim: { claimName: `${BACKUP_CLAIM}-${store.name}-0` } },
              ],
            },
          },
        },
      },
    },
  };
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A backup ends before the next one is due, after at least ten minutes and at most a day. */
function deadlineSeconds({ every }: BackupJob["schedule"]): number {
  return seconds(Math.min(DAY_MS, Math.max(10 * MINUTE_MS, every)));
}

/**
 * The first backup, at once: the schedule of the CronJob may first come around after a day. A job is immutable, so its name contains
 * a hash of its script and image; the same job is not run again.
 */
export function firstBackupJob(scope: Scope, store: Store, server: StoreServer): Job | undefined {
  const backup = backupJob(store);
  if (!backup) return undefined;
  const { spec } = cronJob(scope, store, server, backup);
  const template = spec?.jobTemplate.spec;
  if (!template) return undefined;
  const name = `${backupName(store)}-${contentHash(backup.script + server.image.reference, 8)}`;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata(scope.plan, { name: backupName(store) }, "backup", name),
    // The server may need minutes until it accepts connections.
    spec: { ...template, backoffLimit: 10 },
  };
}

export function backupNetworkPolicy(scope: Scope, store: Store): NetworkPolicy | undefined {
  return backupJob(store) && jobNetworkPolicy(scope, store, backupName(store), "backup");
}

/** Declared backups that neither a server nor a job of this store takes, and copies that the user must make. */
function backupNotes(store: Store): readonly Note[] {
  const { name, backups } = store;
  const taken = backupsTaken(store);
  const messages: string[] = BACKUP_KINDS.flatMap((kind) => {
    const schedule = backups[kind];
    // Velero takes those of a bucket, or a note says why it takes none.
    const isOfVolume = isBucket(store) && kind !== "log";
    if (schedule === undefined || taken.has(kind) || isOfVolume) return [];
    return [`${kind} backups of ${name} (${formatSchedule(schedule)}) are not taken by this target`];
  });
  const copies = manualCopies(store);
  if (taken.size > 0 && copies !== undefined)
    messages.push(`backups of ${name} are written to a volume of the cluster; ${copies}`);
  return messages.map((message) => ({ path: backups.path, message }));
}

/** A ReadWriteOnce claim can be mounted by two pods only on the same node. */
function besideFirstMember(plan: Plan, store: Store) {
  return {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        {
          topologyKey: "kubernetes.io/hostname",
          labelSelector: {
            matchLabels: { ...selector(plan, store.name), "statefulset.kubernetes.io/pod-name": `${store.name}-0` },
          },
        },
      ],
    },
  };
}
