import type { Plan, Repository } from "../../plan/plan.js";
import type { Manifest } from "../kubernetes/manifest.js";
import { platformLabels } from "../kubernetes/metadata.js";
import { ARGOCD_NAMESPACE, IN_CLUSTER } from "./application.js";

/** `argoproj.io/v1alpha1` AppProject: the fields that Keelson renders, from its definition in Argo CD 3.5. */
export interface AppProject {
  readonly apiVersion: "argoproj.io/v1alpha1";
  readonly kind: "AppProject";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly description: string;
    readonly sourceRepos: readonly string[];
    readonly destinations: readonly { readonly server: string; readonly namespace: string }[];
    readonly clusterResourceWhitelist: readonly GroupKind[];
    readonly namespaceResourceWhitelist: readonly GroupKind[];
    readonly orphanedResources: { readonly warn: boolean };
  };
}

interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/**
 * The project of a platform: its Applications can apply only the kinds of objects that are rendered, to the namespaces of these objects.
 * Objects in these namespaces that no Application renders are reported.
 */
export function appProject(plan: Plan, repositories: readonly Repository[], objects: readonly Manifest[]): AppProject {
  const namespaced = objects.filter(({ metadata }) => metadata.namespace !== undefined);
  const ofCluster = objects.filter(({ metadata }) => metadata.namespace === undefined);
  const namespaces = new Set(namespaced.flatMap(({ metadata }) => metadata.namespace ?? []));
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "AppProject",
    metadata: {
      name: plan.platform,
      namespace: ARGOCD_NAMESPACE,
      labels: platformLabels(plan),
    },
    spec: {
      description: `The platform ${plan.platform}`,
      sourceRepos: [...new Set(repositories.map(({ url }) => url))],
      destinations: [...namespaces].sort().map((namespace) => ({ server: IN_CLUSTER, namespace })),
      clusterResourceWhitelist: kindsOf(ofCluster),
      namespaceResourceWhitelist: kindsOf(namespaced),
      orphanedResources: { warn: true },
    },
  };
}

/** Each kind once, in the order of its name. */
function kindsOf(objects: readonly Manifest[]): readonly GroupKind[] {
  const kinds = new Map(
    objects.map(({ apiVersion, kind }) => {
      const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
      return [`${kind} ${group}`, { group, kind }];
    }),
  );
  return [...kinds].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, each]) => each);
}
