import type { PersistentVolume, Plan, Region } from "../../plan/plan.js";
import { type BucketStore, type DatabaseStore, isBucket, isDatabase, STORES } from "../../plan/stores/index.js";
import { isUnit } from "../../plan/velero.js";
import { formatDuration } from "../../platform-file/format.js";
import { type Alert, platformDown } from "../alerts.js";
import { nodeProvisioning } from "../facts/machines.js";
import { coldStart, crossRegionLag, crossRegionObjectLag, crossRegionPromotion } from "../facts/regions.js";
import { defineFault } from "../fault.js";
import { isPromisedByName } from "../objectives.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, atTheSameTime, bounded, cited, longest, restingOn, sum, unbounded, work } from "../prediction.js";
import { failOverToRegion } from "../runbooks/platform.js";
import { type Scope, wholeAndOwnPromises } from "../scope.js";
import { type StoredVolume, volumeSubjects } from "../subjects.js";
import { holdsData, isBackedUp } from "../terms/bucket.js";
import { dnsTerms, unknownDnsFailover } from "../terms/dns.js";
import { emptiedStores } from "../terms/emptied.js";
import { onOneMachine } from "../terms/machine.js";
import { slowestRestore } from "../terms/slowest-restore.js";
import { declaresFailover, standbyOf, withoutStandby } from "../terms/standby-region.js";
import { clientReconnect, onCallResponse, unnoticed } from "../terms/store.js";
import { slowestStartOnNewNodes } from "../terms/unit.js";
import { lostSinceVolumeBackup, takenSchedule, volumeRestore } from "../terms/volume.js";

/**
 * The primary region fails. Assessed for a platform that declares a standby region, a failover to one, or a promise by the name of this
 * fault: any other makes no promise about the loss of its region.
 */
export const regionLoss = defineFault({
  id: "region-loss",
  title: "The primary region fails",
  includes: ["zone-loss", "dns-failover"],
  on: (plan) =>
    onOneMachine(plan) || !isAssessed(plan)
      ? undefined
      : wholeAndOwnPromises({
          fault: "region-loss",
          rto: recovery,
          rpo: largestLoss,
          alert: downWithRegion,
          runbook: failOverToRegion,
        }),
  drill: { kind: "by hand", why: "it needs two regions, and the clients that DNS moves" },
});

function isAssessed(plan: Plan): boolean {
  const { units, stores, entrances } = plan;
  const promising = [plan, ...units, ...volumeSubjects(plan), ...stores, ...entrances];
  return declaresFailover(plan) || promising.some(({ objectives }) => isPromisedByName(objectives, "region-loss"));
}

function downWithRegion(plan: Plan): Alert {
  return platformDown({ name: plan.platform }, plan);
}

/**
 * DNS moves clients by health checks and its TTL. Meanwhile a person promotes the data, and what does not run yet in the
 * standby region starts. The region moves as a whole: a store serves its callers when they run there.
 */
function recovery(scope: Scope, plan: Plan): Prediction {
  const standby = standbyOf(plan);
  const { failover } = plan;
  if (!standby || !failover) return withoutStandby(plan);
  const state = scope.stores.flatMap((store) => withoutCopy(plan, store, standby));
  const [missing] = [...state, ...volumesWithoutCopy(scope, plan, standby)];
  const moved = movedTo(scope, plan, standby, failover);
  return missing ? withOutage(missing, moved) : moved;
}

/** The outage where everything that has data is in the standby region too. */
function movedTo(scope: Scope, plan: Plan, standby: Region, failover: NonNullable<Plan["failover"]>): Prediction {
  const [unmoved] = plan.entrances
    .filter(({ host }) => host !== undefined)
    .flatMap((entrance) => unknownDnsFailover(entrance, plan) ?? []);
  if (unmoved) return unmoved;
  const alert = downWithRegion(plan);
  const response = onCallResponse(plan, alert);
  if (!response) return unnoticed(plan, "that the region has failed");
  const promotion = scope.stores.some(isDatabase)
    ? [assumed("promotion of the copy in the other region", crossRegionPromotion.value, crossRegionPromotion.why)]
    : [];
  const restores = restoredVolumes(scope).map((each) => ({
    name: each.name,
    restore: volumeRestore(each, plan, "namespace", alert),
  }));
  const failed = restores.find(({ restore }) => restore.kind !== "bounded");
  if (failed) return failed.restore;
  const moved = [...response, ...promotion, ...start(plan, standby), ...slowestRestore(restores, sum(response))];
  const dns = dnsTerms(plan, failover);
  return bounded(plan, "regions", [...atTheSameTime(dns, moved), clientReconnect()]);
}

/** A copy ends the loss and not the outage: how long that still is decides whether the copy is enough. */
function withOutage(missing: Prediction, moved: Prediction): Prediction {
  return missing.kind === "unbounded" && missing.fix && moved.kind === "bounded"
    ? { ...missing, fix: { ...missing.fix, worstCase: moved.total } }
    : missing;
}

/** A warm region runs and is scaled up; in a cold one everything has to be deployed. */
function start(plan: Plan, { mode }: Region): readonly Term[] {
  if (mode === "active") return [];
  const nodes = nodeProvisioning(plan.cloud);
  const capacity = nodes ? [work(cited("new nodes provisioned", nodes))] : [];
  const slowest = slowestStartOnNewNodes(plan.units, plan);
  return mode === "cold"
    ? [assumed("deployment in the cold region", coldStart.value, coldStart.why), ...capacity, ...slowest]
    : [...capacity, ...slowest];
}

/** Why a store has nothing in the other region; caches and brokers start empty there. */
function withoutCopy(plan: Plan, store: Plan["stores"][number], standby: Region): readonly Prediction[] {
  if (!isDatabase(store) && !(isBucket(store) && holdsData(store, plan) && !isBackedUp(store))) return [];
  const isCopied = store.provider.kind === "managed";
  if (store.copy === standby.name && isCopied) return [];
  const why =
    store.copy === undefined
      ? `${store.name} has no copy in ${standby.name}`
      : isCopied
        ? `the copy of ${store.name} is in ${store.copy}, and ${standby.name} takes over`
        : `no target creates a copy of ${store.name} (${store.provider.product}) in another region`;
  const copy = { path: isBucket(store) ? `${store.path}.bucket.copy` : `${store.path}.copy`, value: standby.name };
  const managed = { path: `${store.path}.provide`, value: "managed" };
  return [
    unbounded(
      plan,
      store.path,
      why,
      isCopied
        ? { advice: `replicate it to the standby region: \`copy: ${standby.name}\``, edits: [copy] }
        : {
            advice: `have the cloud provide and replicate it: \`provide: managed\`, \`copy: ${standby.name}\``,
            edits: STORES[store.kind].products.managed[plan.cloud === "none" ? "aws" : plan.cloud]
              ? [managed, copy]
              : [],
          },
    ),
  ];
}

/** What is restored from backups in the other region: volumes, and buckets in the cluster that are backed up. */
function restoredVolumes({ volumes }: Scope): readonly StoredVolume[] {
  return volumes.filter(({ owner, volume }) => isUnit(owner) || takenSchedule(volume) !== undefined);
}

/** Why the backups of a volume are not in the other region: no bucket with them is copied there. Snapshots stay in their region. */
function volumesWithoutCopy(scope: Scope, plan: Plan, standby: Region): readonly Prediction[] {
  return restoredVolumes(scope).flatMap(({ name, path, volume }) => {
    const buckets = bucketsWith(volume, plan);
    if (volume.backups.files && buckets.some(({ copy }) => copy === standby.name)) return [];
    const [first] = buckets;
    const target = volume.backups.files && first;
    return [
      unbounded(plan, path, `no backup of ${name} is in ${standby.name}`, {
        advice: `copy its files to a bucket that is replicated there: \`bucket: { copy: ${standby.name} }\``,
        ...(target ? { edits: [{ path: `${target.path}.bucket.copy`, value: standby.name }] } : {}),
      }),
    ];
  });
}

/** The buckets of a cloud provider that the backups of a volume are written to. */
function bucketsWith({ backups: { taker } }: PersistentVolume, { stores }: Plan): readonly BucketStore[] {
  const names = taker.kind === "velero" ? taker.sendsTo : [];
  return stores.filter(isBucket).filter(({ name, provider }) => provider.kind === "managed" && names.includes(name));
}

/** Caches and brokers whose contents are promised, and which nothing copies to another region. */
function emptiedInStandby({ stores }: Scope, plan: Plan, standby: Region): readonly Prediction[] {
  return emptiedStores(stores, "region-loss").map(({ name, path }) =>
    unbounded(plan, path, `${name} starts empty in ${standby.name}: nothing copies its contents to another region`, {
      advice: "keep what must not be lost in a database with a copy",
      edits: [{ path: `${path}.objectives.rpo`, value: "none" }],
    }),
  );
}

/** The largest loss of a store with data: the lag of its copy. */
function largestLoss(scope: Scope, plan: Plan): Prediction {
  const standby = standbyOf(plan);
  if (!standby) return withoutStandby(plan);
  const [missing] = [
    ...scope.stores.flatMap((store) => withoutCopy(plan, store, standby)),
    ...volumesWithoutCopy(scope, plan, standby),
    ...emptiedInStandby(scope, plan, standby),
  ];
  if (missing) return missing;
  const ofStores = scope.stores.flatMap((store) => {
    if (isDatabase(store)) return [lagOf(store, crossRegionLag)];
    return isBucket(store) && holdsData(store, plan) && !isBackedUp(store) ? [lagOf(store, crossRegionObjectLag)] : [];
  });
  const lags = [...ofStores, ...restoredVolumes(scope).flatMap((volume) => ageOfCopy(volume, plan))];
  const [first, ...rest] = lags;
  return bounded(plan, "regions", first ? [rest.length > 0 ? longest([first, ...rest]) : first] : []);
}

/** The newest backup of a volume in the other region: its age, and the lag of the replication of its bucket. */
function ageOfCopy(volume: StoredVolume, plan: Plan): readonly Term[] {
  const lost = lostSinceVolumeBackup(volume, plan, "namespace");
  if (lost.kind !== "bounded") return [];
  const { value, why } = crossRegionObjectLag;
  const { name, fault } = volume;
  const age = `${formatDuration(Math.ceil(lost.total))} as after \`${fault}\`, then the replication of the bucket`;
  return [restingOn([name], assumed(`age of the backup of ${name}`, lost.total + value, `${age}: ${why}`))];
}

function lagOf(
  { name }: DatabaseStore | BucketStore,
  { value, why }: { readonly value: number; readonly why: string },
): Term {
  return restingOn([name], assumed(`replication lag of ${name}`, value, why));
}
