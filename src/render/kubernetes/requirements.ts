import type { Plan } from "../../plan/plan.js";
import type { Note } from "../note.js";
import { runsAsContainers } from "../stores/containers.js";
import { ownLabels } from "./metadata.js";

/** What the objects of a Plan require of the cluster and of its providers, besides what single objects note. */
export function requirements(plan: Plan): readonly Note[] {
  return [
    ...storageClasses(plan),
    ...unknownPorts(plan),
    ...ignoredLabels(plan),
    ...podMonitors(plan),
    ...verticalAutoscaling(plan),
  ];
}

function storageClasses(plan: Plan): readonly Note[] {
  return [...defaultStorageClass(plan), ...volumeExpansion(plan)];
}

/** A claim can be expanded only if its class allows it, which is not the default (Kubernetes, "Storage Classes", volume expansion). */
function volumeExpansion({ stores }: Plan): readonly Note[] {
  const [first] = stores.filter((store) => runsAsContainers(store));
  if (!first) return [];
  const message =
    "a larger `size` expands the volumes of stores, which needs a storage class with `allowVolumeExpansion: true`; no volume can shrink";
  return [{ path: first.path, message }];
}

/** EKS marks no storage class as the default since 1.30 (EKS User Guide, "Kubernetes versions", 1.30). */
function defaultStorageClass({ cluster, stores, units }: Plan): readonly Note[] {
  const [first] = [
    ...stores.filter((store) => runsAsContainers(store) && store.storageClass === undefined),
    ...(cluster.storageClass === undefined ? units.filter(({ workload }) => workload === "stateful-set") : []),
  ];
  if (!first) return [];
  const message =
    "volumes use the default storage class of the cluster: set `storageClass` if it has none, as on EKS from 1.30 on";
  return [{ path: first.path, message }];
}

/** Labels of the platform file that objects have with another value, because Keelson selects and prunes objects by them. */
function ignoredLabels(plan: Plan): readonly Note[] {
  const own = Object.keys(ownLabels(plan, { name: "" }, ""));
  return own
    .filter((label) => plan.cluster.labels[label] !== undefined)
    .map((label) => ({ path: "cluster.labels", message: `the label ${label} keeps the value that Keelson sets` }));
}

function podMonitors({ observe }: Plan): readonly Note[] {
  if (observe.metrics !== "prometheus" || observe.discovery !== "pod-monitors") return [];
  const message =
    "PodMonitors require the Prometheus Operator in the cluster, and a Prometheus that selects them (podMonitorSelector, podMonitorNamespaceSelector): `cluster.labels` adds labels to them";
  return [{ path: "observe.discovery", message }];
}

/** Without the updater recommendations are not applied, and without the admission controller not to new pods. */
function verticalAutoscaling({ units }: Plan): readonly Note[] {
  const sized = units.filter(({ sizing }) => sizing !== "off");
  const [first] = sized;
  if (!first) return [];
  const applied = sized.some(({ sizing }) => sizing === "auto") ? ", its updater and its admission controller" : "";
  const message = `a VerticalPodAutoscaler requires the recommender of the Vertical Pod Autoscaler in the cluster${applied}, and the metrics server`;
  return [{ path: `${first.path}.sizing`, message }];
}

function unknownPorts({ stores }: Plan): readonly Note[] {
  return stores
    .filter(({ portUnknown }) => portUnknown)
    .map(({ name, path, provider }) => ({
      path,
      message: `${name}: ${provider.product} assigns its port: set \`port\` to the one of its address; until then its callers may connect to every port from 1024`,
    }));
}
