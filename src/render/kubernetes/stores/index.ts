import type { INetworkPolicyIngressRule } from "kubernetes-models/networking.k8s.io/v1";
import type { Postgres, Store } from "../../../plan/plan.js";
import { storeTraits } from "../../../plan/stores/index.js";
import { VELERO_NAMESPACE } from "../../../plan/velero.js";
import { runsAsContainers } from "../../stores/containers.js";
import { storeServer } from "../../stores/index.js";
import type { StoreServer } from "../../stores/server.js";
import { isCloudNativePg } from "../cloudnative-pg.js";
import { storeConfigMap } from "../config-map.js";
import type { Output } from "../manifest.js";
import { selector } from "../metadata.js";
import { fromPrometheus, inNamespace, networkPolicy, pods, tcp } from "../network-policy.js";
import type { Scope } from "../scope.js";
import { podMonitor } from "../scraping.js";
import { serviceAccount } from "../service-account.js";
import { isWrittenByVelero } from "../velero.js";
import { backupCronJob, backupName, backupNetworkPolicy, firstBackupJob } from "./backup.js";
import {
  cloudNativePgCluster,
  cloudNativePgNetworkPolicy,
  cloudNativePgPodMonitor,
  objectStore,
  primaryService,
  scheduledBackup,
} from "./cloudnative-pg.js";
import { formClusterJob, formClusterNetworkPolicy, formName } from "./form-cluster-job.js";
import { membership } from "./members.js";
import { storeDisruptionBudget, storePeerService, storeService } from "./services.js";
import { storeStatefulSet } from "./stateful-set.js";

type StoreRenderer = (scope: Scope, store: Store, server: StoreServer) => Output;

/** The objects of a store that runs as a StatefulSet, by file name. */
const STORE_OBJECTS: Readonly<Record<string, StoreRenderer>> = {
  "service-account": (scope, store) => serviceAccount(scope.plan, store, store.kind),
  "config-map": (scope, store, server) =>
    Object.keys(server.files).length > 0 ? storeConfigMap(scope, store, server.files) : undefined,
  service: (scope, store) => storeService(scope.plan, store),
  "service-peers": (scope, store) => storePeerService(scope.plan, store),
  "stateful-set": storeStatefulSet,
  "disruption-budget": (scope, store) => storeDisruptionBudget(scope.plan, store),
  "network-policy": (scope, store, server) =>
    networkPolicy(scope, store, store.kind, ownConnections(scope, store, server)),
  "pod-monitor": ({ plan }, store, { metricsPort }) =>
    podMonitor(plan, store, store.kind, {
      labels: selector(plan, store.name),
      port: metricsPort === undefined ? undefined : "metrics",
    }),
  "backup-cron-job": backupCronJob,
  "backup-first-job": firstBackupJob,
  "backup-network-policy": backupNetworkPolicy,
  "form-cluster-job": formClusterJob,
  "form-cluster-network-policy": formClusterNetworkPolicy,
};

/** The objects of a database that CloudNativePG runs. The operator creates its pods, disruption budgets and service accounts. */
const OPERATOR_OBJECTS: Readonly<Record<string, (scope: Scope, database: Postgres) => Output>> = {
  "object-store": objectStore,
  cluster: cloudNativePgCluster,
  service: primaryService,
  "scheduled-backup": scheduledBackup,
  "network-policy": cloudNativePgNetworkPolicy,
  "pod-monitor": cloudNativePgPodMonitor,
};

/** The objects of one store, by file name; empty for a managed store. */
export function renderStore(scope: Scope, store: Store): readonly (readonly [file: string, output: Output])[] {
  if (!runsAsContainers(store)) return [];
  if (isCloudNativePg(store))
    return Object.entries(OPERATOR_OBJECTS).map(([file, render]) => [file, render(scope, store)]);
  const server = storeServer(store, membership(scope.plan, store), true);
  return Object.entries(STORE_OBJECTS).map(([file, render]) => [file, render(scope, store, server)]);
}

/** Connections between the members of a store, and from its jobs. */
function ownConnections(scope: Scope, store: Store, server: StoreServer) {
  const memberPorts = storeTraits(store).memberPorts.map(tcp);
  const from = (name: string): INetworkPolicyIngressRule => ({
    from: [pods(scope.plan, name)],
    ports: [tcp(store.port)],
  });
  return {
    ingress: [
      ...(memberPorts.length > 0 ? [{ from: [pods(scope.plan, store.name)], ports: memberPorts }] : []),
      ...(server.metricsPort === undefined ? [] : fromPrometheus(scope.plan, server.metricsPort)),
      ...(backupNetworkPolicy(scope, store) ? [from(backupName(store))] : []),
      ...(formClusterNetworkPolicy(scope, store) ? [from(formName(store))] : []),
      ...(isWrittenByVelero(scope.plan, store.name)
        ? [{ from: [inNamespace(VELERO_NAMESPACE)], ports: [tcp(store.port)] }]
        : []),
    ],
    egress: memberPorts.length > 0 ? [{ to: [pods(scope.plan, store.name)], ports: memberPorts }] : [],
  };
}
