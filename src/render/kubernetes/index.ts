import { KeelsonError } from "../../errors/keelson-error.js";
import type { Plan, Unit } from "../../plan/plan.js";
import { generatedSecrets } from "../secrets.js";
import type { RenderedFile, Rendering, Target } from "../target.js";
import { stringifyYaml } from "../yaml.js";
import { planConfigMap } from "./config-map.js";
import { deployment } from "./deployment.js";
import { disruptionBudget } from "./disruption-budget.js";
import { horizontalPodAutoscaler } from "./horizontal-pod-autoscaler.js";
import { ingress } from "./ingress.js";
import type { Manifest, NamedManifest } from "./manifest.js";
import { namespace } from "./namespace.js";
import { allowDns, defaultDeny, networkPolicy } from "./network-policy.js";
import { notesOn } from "./notes.js";
import { applyPatches } from "./patches.js";
import { priorityClass } from "./priority-class.js";
import { type Scope, scopeOf } from "./scope.js";
import { service } from "./service.js";
import { serviceAccount } from "./service-account.js";
import { statefulSet, unitPeerService } from "./stateful-set.js";
import { renderStore } from "./stores/index.js";

/** What the platform as a whole consists of, by file name. The namespace comes first in every listing. */
const platformObjects: Readonly<Record<string, (scope: Scope) => Manifest | undefined>> = {
  "00-namespace": ({ plan }) => namespace(plan),
  "platform/config-map-plan": (scope) => (scope.plan.units.some(isOwn) ? planConfigMap(scope) : undefined),
  "platform/network-policy-default-deny": defaultDeny,
  "platform/network-policy-allow-dns": allowDns,
  "platform/priority-class-critical": ({ plan }) => priorityClass(plan, "critical"),
  "platform/priority-class-low": ({ plan }) => priorityClass(plan, "low"),
};

/** What one unit consists of, by file name. */
const unitObjects: Readonly<Record<string, (scope: Scope, unit: Unit) => Manifest | undefined>> = {
  "service-account": ({ plan }, unit) => serviceAccount(plan, unit, unit.role),
  service: ({ plan }, unit) => service(plan, unit),
  "service-peers": unitPeerService,
  deployment,
  "stateful-set": statefulSet,
  "disruption-budget": ({ plan }, unit) => disruptionBudget(plan, unit),
  "horizontal-pod-autoscaler": ({ plan }, unit) => horizontalPodAutoscaler(plan, unit),
  "network-policy": (scope, unit) => networkPolicy(scope, unit, unit.role),
};

/** Every object of the Plan, in an order in which they can be applied. */
export function manifests(plan: Plan): readonly NamedManifest[] {
  const scope = scopeOf(plan);
  const all: NamedManifest[] = [];
  for (const [file, render] of Object.entries(platformObjects)) {
    const object = render(scope);
    if (object) all.push({ file, object });
  }
  for (const store of plan.stores)
    all.push(
      ...applyPatches(
        store.patches,
        renderStore(scope, store).map(([file, object]) => ({ file: `${store.name}/${file}`, object })),
      ),
    );
  for (const unit of plan.units) {
    const objects: NamedManifest[] = [];
    for (const [file, render] of Object.entries(unitObjects)) {
      const object = render(scope, unit);
      if (object) objects.push({ file: `${unit.name}/${file}`, object });
    }
    all.push(...applyPatches(unit.patches, objects));
  }
  for (const entrance of plan.entrances) {
    const object = ingress(plan, entrance);
    if (object) all.push(...applyPatches(entrance.patches, [{ file: `${entrance.name}/ingress`, object }]));
  }
  refuseSameName(all);
  return all;
}

/** Two objects of a kind and a name are one to the cluster: the later would take the earlier's place, unseen. */
function refuseSameName(all: readonly NamedManifest[]): void {
  const owners = new Map<string, string>();
  for (const { file, object } of all) {
    const name = `${object.kind} ${object.metadata.name}`;
    const owner = owners.get(name);
    if (owner !== undefined)
      throw new KeelsonError("render/same-name", `${owner} and ${file} would both be the ${name}`, {
        hint: `rename ${file.split("/")[0]} in the platform file`,
      });
    owners.set(name, file);
  }
}

export const kubernetes: Target = {
  description: "one file per object, for kubectl apply or keelson deploy",
  render(plan: Plan): Rendering {
    const files: RenderedFile[] = manifests(plan).map(({ file, object }) => ({
      path: `${file}.yaml`,
      text: stringifyYaml(object),
      comment: "#",
    }));
    return { files, secrets: generatedSecrets(plan), notes: notesOn(plan) };
  },
};

function isOwn(unit: Unit): boolean {
  return unit.modules.length > 0;
}
