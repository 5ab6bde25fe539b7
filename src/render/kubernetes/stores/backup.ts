import type { Database, Plan, Store } from "../../../plan/plan.js";
import { leftToCopy } from "../../stores/backup-notes.js";
import { backupJob, needsBackupVolume } from "../../stores/index.js";
import { backupDirectory } from "../../stores/postgres.js";
import type { StoreServer } from "../../stores/server.js";
import type { Note } from "../../target.js";
import { isCloudNativePg } from "../cloudnative-pg.js";
import { cronSchedule } from "../cron-schedule.js";
import type { CronJob, NetworkPolicy } from "../manifest.js";
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
export function backupCronJob(scope: Scope, store: Store, server: StoreServer): CronJob | undefined {
  const backup = backupJob(store);
  if (!backup) return undefined;
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

/** Where this target's backups fall short of what the Plan says. */
export function backupNotes(plan: Plan, store: Store): readonly Note[] {
  const { backups } = store;
  if (isCloudNativePg(store)) return operatedNotes(plan, store);
  const declared = [backups.full, backups.log, backups.snapshot].some((schedule) => schedule !== undefined);
  if (!declared) return [];
  if (!needsBackupVolume(store))
    return [{ path: backups.path, message: `backups of ${store.name} are not written by this target` }];
  const notes: Note[] = [];
  if (backups.to.length > 0)
    notes.push({
      path: backups.path,
      message: `backups of ${store.name} go to a volume of the cluster; ${leftToCopy(store)}`,
    });
  if (backups.encrypted)
    notes.push({
      path: backups.path,
      message: `backups of ${store.name} are as encrypted as the storage class of their volume, and no more`,
    });
  return notes;
}

function operatedNotes(plan: Plan, store: Database): readonly Note[] {
  const { backups } = store;
  const operator = {
    path: store.path,
    message: `${store.name} is run by CloudNativePG: install the operator in the cluster first`,
  };
  if (!(backups.full || backups.log)) return [operator];
  const left = leftToCopy(store);
  const bucket = plan.stores.find(({ name }) => store.provider.sendsTo.includes(name));
  if (bucket)
    return [
      operator,
      ...(bucket.provider.kind === "managed" ? [addressNote(plan, store, bucket)] : []),
      ...(left === undefined
        ? []
        : [{ path: backups.path, message: `backups of ${store.name} go to one bucket; ${left}` }]),
    ];
  const message = `${store.name} has no bucket for its backups (backups.to), and CloudNativePG takes none without one`;
  return [operator, { path: backups.path, message }];
}

/** A bucket's name is unique the world over, and addresses are a region's: the operator takes both in clear, not from a secret. */
function addressNote({ cloud }: Plan, { name, backups }: Database, bucket: Store): Note {
  const elsewhere = cloud === "aws" ? "another name" : `another name, and the address of ${bucket.provider.product},`;
  return {
    path: backups.path,
    message: `${name}: copies go to s3://${bucket.name}/${name}; ${elsewhere} ${cloud === "aws" ? "is" : "are"} said by \`patch: { kubernetes: { kind: Cluster, spec: { backup: { barmanObjectStore: … } } } }\``,
  };
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
