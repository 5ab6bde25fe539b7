import type { IContainer, IProbe } from "kubernetes-models/v1";
import type { Store } from "../../../plan/plan.js";
import { hasServers, storeTraits } from "../../../plan/stores/index.js";
import type { Note } from "../../note.js";
import { needsBackupVolume, serverNotes } from "../../stores/index.js";
import { BACKUP_DIRECTORY } from "../../stores/postgres.js";
import type { StoreServer } from "../../stores/server.js";
import { fileMounts, storeConfigMapName } from "../config-map.js";
import type { StatefulSet, WithNotes } from "../manifest.js";
import { labels, metadata, selector } from "../metadata.js";
import { placement } from "../placement.js";
import { pullSecrets } from "../pull-secrets.js";
import { resourceQuantities, seconds } from "../quantity.js";
import type { Scope } from "../scope.js";
import { scrapeAnnotations } from "../scraping.js";
import { containerSecurityContext, podSecurityContext } from "../security-context.js";
import { peerServiceName } from "../service.js";
import { serverTopologySpread } from "../topology-spread.js";
import { fileBackupAnnotation } from "../velero.js";
import { claim, ephemeralStorage, scratchVolume, secretVolume, sharedMemoryVolume } from "../volumes.js";
import { BACKUP_CLAIM } from "./backup.js";
import { membership } from "./members.js";

/** The servers of a store, each with its own claims, which are retained when the StatefulSet is deleted. */
export function storeStatefulSet(scope: Scope, store: Store, server: StoreServer): WithNotes<StatefulSet> {
  return { object: statefulSet(scope, store, server), notes: [...serverNotes(store), ...failoverNotes(store)] };
}

/** A note for replicas without failover: nothing promotes them. */
function failoverNotes(store: Store): readonly Note[] {
  if (!hasServers(store) || storeTraits(store).copies === 1 || store.provider.failover) return [];
  return [{ path: store.path, message: `${store.name}: its replicas copy the first server, but none is promoted` }];
}

function statefulSet(scope: Scope, store: Store, server: StoreServer): StatefulSet {
  const { plan } = scope;
  const members = membership(plan, store);
  const annotations = { ...scrapeAnnotations(plan, server.metricsPort), ...fileBackupAnnotation(store) };
  const selected = selector(plan, store.name);
  const mounted = [
    secretVolume(server.secret),
    ...server.scratch.map((path) => scratchVolume(nameOf(path), path)),
    ...(server.sharedMemory === undefined ? [] : [sharedMemoryVolume(server.sharedMemory)]),
  ];
  const container: IContainer = {
    name: store.name,
    image: server.image.reference,
    imagePullPolicy: "IfNotPresent",
    command: [...server.command],
    ...environment(store, server),
    ports: [
      { name: store.kind, containerPort: store.port, protocol: "TCP" },
      ...(plan.observe.metrics === "prometheus" && server.metricsPort !== undefined
        ? [{ name: "metrics", containerPort: server.metricsPort, protocol: "TCP" as const }]
        : []),
    ],
    startupProbe: { ...probe(server), periodSeconds: 5, timeoutSeconds: 15, failureThreshold: 120 },
    readinessProbe: {
      ...probe(server),
      periodSeconds: seconds(store.probe.every),
      timeoutSeconds: 15,
      failureThreshold: 1,
    },
    livenessProbe: {
      ...probe(server),
      periodSeconds: seconds(store.probe.every),
      timeoutSeconds: 15,
      failureThreshold: store.probe.failures,
    },
    ...(server.beforeStop !== undefined && {
      lifecycle: { preStop: { exec: { command: ["sh", "-c", server.beforeStop] } } },
    }),
    resources: resourceQuantities(store.resources, ephemeralStorage(mounted)),
    securityContext: containerSecurityContext(),
    volumeMounts: [
      ...mounted.flatMap(({ mounts }) => mounts),
      ...fileMounts(server, "configuration"),
      ...(server.data === undefined ? [] : [{ name: "data", mountPath: server.data }]),
      ...(needsBackupVolume(store) ? [{ name: BACKUP_CLAIM, mountPath: BACKUP_DIRECTORY }] : []),
    ],
  };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: metadata(plan, store, store.kind),
    spec: {
      serviceName: peerServiceName(store.name),
      replicas: members.members,
      revisionHistoryLimit: 3,
      podManagementPolicy: server.startsInParallel ? "Parallel" : "OrderedReady",
      updateStrategy: { type: "RollingUpdate" },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      selector: { matchLabels: selected },
      template: {
        metadata: {
          labels: labels(plan, store, store.kind),
          ...(Object.keys(annotations).length > 0 && { annotations }),
        },
        spec: {
          serviceAccountName: store.name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...pullSecrets(plan),
          securityContext: podSecurityContext(server.image.user),
          ...placement(plan, store.pool, 0),
          ...(members.members > 1 && {
            topologySpreadConstraints: serverTopologySpread(plan, store, selected),
          }),
          terminationGracePeriodSeconds: server.stopSeconds,
          ...(server.prepare && {
            initContainers: [
              {
                ...withoutProbes(container),
                name: server.prepare.name,
                command: ["sh", "-euc", server.prepare.script],
              },
            ],
          }),
          containers: [container],
          volumes: [
            ...mounted.flatMap(({ volume }) => volume ?? []),
            ...(Object.keys(server.files).length > 0
              ? [{ name: "configuration", configMap: { name: storeConfigMapName(store, server.files) } }]
              : []),
          ],
        },
      },
      volumeClaimTemplates: [
        ...(server.data === undefined ? [] : [claim("data", store.size, selected, store.storageClass)]),
        ...(needsBackupVolume(store) ? [claim(BACKUP_CLAIM, store.backups.size, selected, store.storageClass)] : []),
      ],
    },
  };
}

function environment(store: Store, server: StoreServer) {
  const fullName = server.fullName
    ? [
        { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
        {
          name: server.fullName.variable,
          value: `${server.fullName.prefix}$(POD_NAME).${peerServiceName(store.name)}.$(POD_NAMESPACE).svc.cluster.local`,
        },
      ]
    : [];
  const env = [
    ...Object.entries({ ...server.environment, ...server.fullName?.environment }).map(([name, value]) => ({
      name,
      value,
    })),
    ...fullName,
  ];
  return env.length > 0 ? { env } : {};
}

function probe(server: StoreServer): Pick<IProbe, "exec"> {
  return { exec: { command: [...server.probe] } };
}

function withoutProbes(container: IContainer): IContainer {
  const { startupProbe, readinessProbe, livenessProbe, ports, lifecycle, ...rest } = container;
  return rest;
}

function nameOf(path: string): string {
  return `scratch${path.replaceAll("/", "-")}`;
}
