import type { Plan, Store } from "../../../plan/plan.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { BACKUP_KINDS, destinationsNotServed } from "../../declarations/stores.js";
import type { Note } from "../../note.js";
import { backupJob, backupsTaken } from "../../stores/index.js";
import { backupDirectory } from "../../stores/postgres.js";
import type { BackupJob, StoreServer } from "../../stores/server.js";
import { cronSchedule } from "../cron-schedule.js";
import type { CronJob, NetworkPolicy, WithNotes } from "../manifest.js";
import { labels, metadata, selector } from "../metadata.js";
import { placement } from "../placement.js";
import type { Scope } from "../scope.js";
import { containerSecurityContext, podSecurityContext } from "../security-context.js";
import { scratchVolume, secretVolume } from "../volumes.js";
import { jobNetworkPolicy } from "./job-network-policy.js";

/** The claim of the first member that base backups, and the log between them, are written to. */
export const backupClaim = "backups";

export function backupName(store: Store): string {
  return `${store.name}-backup`;
}

/** Backs a store up with the tools of its own image, on the node of the server whose claim it writes to. */
export function backupCronJob(scope: Scope, store: Store, server: StoreServer): WithNotes<CronJob> {
  const backup = backupJob(store);
  return { object: backup && cronJob(scope, store, server, backup), notes: backupNotes(store) };
}

function cronJob(scope: Scope, store: Store, server: StoreServer, backup: BackupJob): CronJob {
  const { plan } = scope;
  const element = { name: backupName(store) };
  const mounted = [
    secretVolume({ ...server.secret, keys: [backup.credential] }),
    scratchVolume("tmp", "/tmp", undefined),
  ];
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
          template: {
            metadata: { labels: labels(plan, element, "backup") },
            spec: {
              restartPolicy: "Never",
              serviceAccountName: store.name,
              automountServiceAccountToken: false,
              enableServiceLinks: false,
              securityContext: podSecurityContext(server.image.user),
              ...placement(plan, store.pool, 0),
              affinity: besideFirstMember(plan, store),
              containers: [
                {
                  name: "backup",
                  image: server.image.reference,
                  imagePullPolicy: "IfNotPresent",
                  command: ["sh", "-c", backup.script],
                  resources: {
                    requests: { cpu: "100m", memory: "128Mi" },
                    limits: { cpu: "1", memory: "512Mi" },
                  },
                  securityContext: containerSecurityContext(),
                  volumeMounts: [
                    ...mounted.flatMap(({ mounts }) => mounts),
                    { name: backupClaim, mountPath: backupDirectory },
                  ],
                },
              ],
              volumes: [
                ...mounted.flatMap(({ volume }) => volume ?? []),
                { name: backupClaim, persistentVolumeClaim: { claimName: `${backupClaim}-${store.name}-0` } },
              ],
            },
          },
        },
      },
    },
  };
}

export function backupNetworkPolicy(scope: Scope, store: Store): NetworkPolicy | undefined {
  return backupJob(store) && jobNetworkPolicy(scope, store, backupName(store), "backup");
}

/** Backups that the file declares and no server or job of this store takes, and copies that nothing makes. */
function backupNotes(store: Store): readonly Note[] {
  const { name, backups } = store;
  const taken = backupsTaken(store);
  const messages: string[] = BACKUP_KINDS.flatMap((kind) => {
    const schedule = backups[kind];
    if (schedule === undefined || taken.has(kind)) return [];
    return [`${kind} backups of ${name} (${formatSchedule(schedule)}) are not taken by this target`];
  });
  const copies = destinationsNotServed(store);
  if (taken.size > 0 && copies !== undefined)
    messages.push(`backups of ${name} are written to a volume of the cluster; ${copies}`);
  return messages.map((message) => ({ path: backups.path, message }));
}

/** A claim that one node holds can be mounted twice on that node only. */
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
