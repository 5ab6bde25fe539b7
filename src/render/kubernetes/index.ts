import { KeelsonError } from "../../errors/keelson-error.js";
import type { ControllerDescriptor } from "../../plan/entrances/descriptor.js";
import { CONTROLLERS } from "../../plan/entrances/index.js";
import type { Entrance, Patch, Plan, Store, Unit } from "../../plan/plan.js";
import { isBucket } from "../../plan/stores/index.js";
import type { Declaration } from "../declarations/index.js";
import type { Note } from "../note.js";
import { generatedSecrets } from "../secrets.js";
import { defineTarget } from "../target.js";
import { yamlFile } from "../yaml-file.js";
import { acmeSolverPolicy } from "./acme-solver.js";
import { planConfigMap } from "./config-map.js";
import { deployment } from "./deployment.js";
import { disruptionBudget } from "./disruption-budget.js";
import { gateway, httpRoute, redirectRoute } from "./gateway.js";
import { horizontalPodAutoscaler } from "./horizontal-pod-autoscaler.js";
import { ingress } from "./ingress.js";
import { hasNotes, type Manifest, type NamedManifest, type Output } from "./manifest.js";
import { selector } from "./metadata.js";
import { namespace } from "./namespace.js";
import { allowDns, defaultDeny, networkPolicy } from "./network-policy.js";
import { applyPatches } from "./patches.js";
import { metricsPortName } from "./pod-template.js";
import { priorityClass } from "./priority-class.js";
import { requirements } from "./requirements.js";
import { type Scope, scopeOf } from "./scope.js";
import { podMonitor } from "./scraping.js";
import { service } from "./service.js";
import { serviceAccount } from "./service-account.js";
import { statefulSet, unitPeerService } from "./stateful-set.js";
import { renderStore } from "./stores/index.js";
import { backupStorageLocation, veleroObjects } from "./velero.js";
import { verticalPodAutoscaler } from "./vertical-pod-autoscaler.js";

/** The objects of the platform as a whole, by file name. `kubectl apply -f DIR` sorts by name, so the namespace is first. */
const PLATFORM_OBJECTS: Readonly<Record<string, (scope: Scope) => Output>> = {
  "00-namespace": ({ plan }) => namespace(plan),
  "platform/config-map-plan": (scope) => (scope.plan.units.some(isOwn) ? planConfigMap(scope) : undefined),
  "platform/network-policy-default-deny": defaultDeny,
  "platform/network-policy-allow-dns": allowDns,
  "platform/priority-class-critical": ({ plan }) => priorityClass(plan, "critical"),
  "platform/priority-class-low": ({ plan }) => priorityClass(plan, "low"),
};

/** The objects of one unit, by file name. */
const UNIT_OBJECTS: Readonly<Record<string, (scope: Scope, unit: Unit) => Output>> = {
  "service-account": ({ plan }, unit) => serviceAccount(plan, unit, unit.role),
  service: ({ plan }, unit) => service(plan, unit),
  "service-peers": unitPeerService,
  deployment,
  "stateful-set": statefulSet,
  "disruption-budget": ({ plan }, unit) => disruptionBudget(plan, unit),
  "horizontal-pod-autoscaler": ({ plan }, unit) => horizontalPodAutoscaler(plan, unit),
  "vertical-pod-autoscaler": ({ plan }, unit) => verticalPodAutoscaler(plan, unit),
  "network-policy": (scope, unit) => networkPolicy(scope, unit, unit.role),
  "pod-monitor": ({ plan }, unit) =>
    podMonitor(plan, unit, unit.role, {
      labels: selector(plan, unit.name),
      port: metricsPortName(plan, unit),
      path: unit.metrics?.path,
    }),
};

/** The objects of one entrance, by file name: those of the API of its controller. */
const ENTRANCE_OBJECTS: readonly (readonly [file: string, render: (scope: Scope, entrance: Entrance) => Output])[] = [
  ["ingress", ofApi("ingress", ingress)],
  ["ingress", ofApi("none", ingress)],
  ["gateway", ofApi("gateway", gateway)],
  ["http-route", ofApi("gateway", httpRoute)],
  ["http-route-redirect", ofApi("gateway", redirectRoute)],
  ["network-policy-acme-solver", acmeSolverPolicy],
];

function locationOf(scope: Scope, store: Store): readonly (readonly [file: string, output: Output])[] {
  return isBucket(store) ? [["backup-storage-location", backupStorageLocation(scope, store)]] : [];
}

function ofApi(api: ControllerDescriptor["api"], render: (scope: Scope, entrance: Entrance) => Output) {
  return (scope: Scope, entrance: Entrance): Output =>
    CONTROLLERS[entrance.controller].api === api ? render(scope, entrance) : undefined;
}

/** Every object of the Plan, in an order in which they can be applied, and the notes on them. */
export function renderObjects(plan: Plan): {
  readonly manifests: readonly NamedManifest[];
  readonly notes: readonly Note[];
} {
  const scope = scopeOf(plan);
  const all: NamedManifest[] = [];
  const notes: Note[] = [...requirements(plan)];
  const add = (
    folder: string,
    outputs: Iterable<readonly [file: string, output: Output]>,
    patches: readonly Patch[],
  ) => {
    const objects: NamedManifest[] = [];
    for (const [name, output] of outputs) {
      const { object, notes: own } = hasNotes(output) ? output : { object: output, notes: [] };
      notes.push(...own);
      if (object) objects.push({ file: folder + name, object });
    }
    all.push(...applyPatches(patches, objects));
  };
  add(
    "",
    rows(PLATFORM_OBJECTS, (render) => render(scope)),
    [],
  );
  for (const store of plan.stores)
    add(`${store.name}/`, [...renderStore(scope, store), ...locationOf(scope, store)], store.patches);
  for (const unit of plan.units)
    add(
      `${unit.name}/`,
      rows(UNIT_OBJECTS, (render) => render(scope, unit)),
      unit.patches,
    );
  for (const entrance of plan.entrances)
    add(
      `${entrance.name}/`,
      ENTRANCE_OBJECTS.map(([file, render]) => [file, render(scope, entrance)] as const),
      entrance.patches,
    );
  const velero = veleroObjects(scope);
  all.push(...velero.manifests);
  notes.push(...velero.notes);
  refuseSameName(all);
  return { manifests: all, notes };
}

/** Every object of the Plan, in an order in which they can be applied. */
export function manifests(plan: Plan): readonly NamedManifest[] {
  return renderObjects(plan).manifests;
}

function rows<Render>(
  table: Readonly<Record<string, Render>>,
  output: (render: Render) => Output,
): readonly (readonly [file: string, output: Output])[] {
  return Object.entries(table).map(([file, render]) => [file, output(render)]);
}

/** Two objects of the same kind and name are one object in the cluster: the second would overwrite the first. */
function refuseSameName(all: readonly NamedManifest[]): void {
  const owners = new Map<string, string>();
  for (const { file, object } of all)
    for (const name of [`${object.kind} ${object.metadata.name}`, ...claimNames(object)]) {
      const owner = owners.get(name);
      if (owner !== undefined)
        throw new KeelsonError("render/same-name", `${owner} and ${file} would both be the ${name}`, {
          hint: `rename ${file.split("/")[0]} in the platform file`,
        });
      owners.set(name, file);
    }
}

/** The claims that a StatefulSet creates: the volume `data` of `a-b` and the volume `data-a` of `b` would be one claim. */
function claimNames(object: Manifest): readonly string[] {
  if (object.kind !== "StatefulSet") return [];
  const claims = object.spec?.volumeClaimTemplates ?? [];
  return claims.map(({ metadata }) => `PersistentVolumeClaim ${metadata?.name}-${object.metadata.name}-0`);
}

export const kubernetes = defineTarget({
  name: "kubernetes",
  description: "one file per object, for kubectl apply or keelson deploy",
  writes: new Set<Declaration>([
    "units",
    "sidecars",
    "resource-autoscaling",
    "request-sizing",
    "gpu",
    "container-stores",
    "replicated-stores",
    "full-backups",
    "log-backups",
    "snapshot-backups",
    "backup-destinations",
    "volume-backups",
    "cluster-object-backups",
    "entrances",
    "public-hosts",
    "tls",
    "waf",
    "dns-records",
    "session-affinity",
    "unit-metrics",
  ]),
  render(plan) {
    const { manifests, notes } = renderObjects(plan);
    const files = manifests.map(({ file, object }) => yamlFile(`${file}.yaml`, object));
    return { files, secrets: generatedSecrets(plan), notes };
  },
});

function isOwn(unit: Unit): boolean {
  return unit.modules.length > 0;
}
