import type { Plan } from "../../plan/plan.js";
import { type DatabaseStore, isDatabase } from "../../plan/stores/index.js";
import { type Alert, platformDown } from "../alerts.js";
import { nodeProvisioning } from "../facts/machines.js";
import { coldStart } from "../facts/regions.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { assumed, atTheSameTime, bounded, cited, sum, work, worse } from "../prediction.js";
import { rebuildCluster } from "../runbooks/platform.js";
import { type Scope, wholeAndOwnPromises } from "../scope.js";
import { newAddressTerms } from "../terms/dns.js";
import { emptiedStores } from "../terms/emptied.js";
import { onOneMachine } from "../terms/machine.js";
import { lostWithStorage } from "../terms/server.js";
import { type Restore, slowestRestore } from "../terms/slowest-restore.js";
import { clientReconnect, onCallResponse, unnoticed } from "../terms/store.js";
import { slowestStartOnNewNodes } from "../terms/unit.js";
import { lostSinceVolumeBackup, unrestorable, volumeRestore } from "../terms/volume.js";
import { lostSinceBackup, restoreFromBackup } from "./database-loss.js";
import { lostWithNamespace } from "./deletion.js";

/** The cluster is lost with its volumes: deleted, or its control plane cannot be repaired. Managed stores are outside it. */
export const clusterLoss = defineFault({
  id: "cluster-loss",
  title: "The cluster is lost with its volumes",
  includes: ["deletion", "control-plane-loss"],
  on: (plan) =>
    onOneMachine(plan)
      ? undefined
      : wholeAndOwnPromises({
          fault: "cluster-loss",
          rto: rebuild,
          rpo: largestLoss,
          alert: downWithCluster,
          runbook: rebuildCluster,
          affectsStore: ({ provider }) => provider.kind === "in-cluster",
        }),
  drill: { kind: "by hand", why: "it needs a cluster that may be deleted" },
});

function downWithCluster(plan: Plan): Alert {
  return platformDown({ name: plan.platform }, plan);
}

function rebuild(scope: Scope, plan: Plan): Prediction {
  const lost = withoutRestore(scope, plan);
  if (lost) return lost;
  const alert = downWithCluster(plan);
  const response = onCallResponse(plan, alert);
  if (!response) return unnoticed(plan, "that the cluster is lost");
  const restores: readonly Restore[] = [
    ...databasesInCluster(scope).map((each) => ({
      name: each.name,
      restore: restoreFromBackup(each, plan, { alert }),
    })),
    ...scope.volumes.map((each) => ({
      name: each.name,
      restore: volumeRestore(each, plan, "namespace", alert),
    })),
  ];
  const failed = restores.find(({ restore }) => restore.kind !== "bounded");
  if (failed) return failed.restore;
  const nodes = nodeProvisioning(plan.cloud);
  return bounded(plan, "cluster", [
    ...response,
    assumed("new cluster created, and the platform deployed", coldStart.value, coldStart.why),
    ...(nodes ? [work(cited("new nodes provisioned", nodes))] : []),
    // The addresses of the new entrances spread while the components start and the data is restored.
    ...atTheSameTime(
      [...slowestStartOnNewNodes(scope.units, plan), ...slowestRestore(restores, sum(response))],
      newAddressTerms(scope.entrances, plan),
    ),
    clientReconnect(),
  ]);
}

/** Databases, volumes and buckets lose what is not in a backup outside the cluster; caches and brokers what the file promises to keep. */
function largestLoss(scope: Scope, plan: Plan): Prediction {
  const lost = withoutRestore(scope, plan);
  if (lost) return lost;
  const losses = [
    ...databasesInCluster(scope).map((database) => lostSinceBackup(database, plan)),
    ...scope.volumes.map((volume) => lostSinceVolumeBackup(volume, plan, "namespace")),
    ...emptiedStores(scope.stores, "cluster-loss")
      .filter(({ provider }) => provider.kind === "in-cluster")
      .map((store) => lostWithNamespace(store, plan) ?? lostWithStorage(store, plan)),
  ];
  return losses.reduce(
    worse,
    bounded(plan, "cluster", [cited("nothing: managed stores are outside the cluster", outside)]),
  );
}

const outside = { value: 0, source: "the provider runs managed stores on machines of its own" };

/** The first element, by name, whose data nothing brings back. */
function withoutRestore(scope: Scope, plan: Plan): Prediction | undefined {
  const byName = <Item extends { readonly name: string }>(items: readonly Item[]): readonly Item[] =>
    [...items].sort((a, b) => (a.name < b.name ? -1 : 1));
  const databases = byName(databasesInCluster(scope)).flatMap((each) => lostWithNamespace(each, plan) ?? []);
  const volumes = byName(scope.volumes).flatMap((volume) => unrestorable(volume, plan, "namespace") ?? []);
  return [...databases, ...volumes][0];
}

function databasesInCluster({ stores }: Scope): readonly DatabaseStore[] {
  return stores.filter(isDatabase).filter(({ provider }) => provider.kind === "in-cluster");
}
