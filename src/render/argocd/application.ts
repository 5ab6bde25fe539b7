import type { Plan, Repository } from "../../plan/plan.js";
import { ownership, platformLabels } from "../kubernetes/metadata.js";

/** The namespace in which Argo CD is installed by default, and reads its Applications and AppProjects. */
export const ARGOCD_NAMESPACE = "argocd";

/** The cluster in which Argo CD itself runs. */
export const IN_CLUSTER = "https://kubernetes.default.svc";

const API_VERSION = "argoproj.io/v1alpha1";

/** A cluster that is briefly unreachable ends no synchronisation: five attempts, the last after 80 seconds. */
const RETRY = { limit: 5, backoff: { duration: "5s", factor: 2, maxDuration: "3m" } };

/** `argoproj.io/v1alpha1` Application: the fields that Keelson renders, from its definition in Argo CD 3.5. */
export interface Application {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: "Application";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly project: string;
    readonly source: {
      readonly repoURL: string;
      readonly targetRevision: string;
      readonly path: string;
    };
    readonly destination: { readonly server: string; readonly namespace: string };
    readonly syncPolicy: {
      readonly automated?: { readonly prune: boolean; readonly selfHeal: boolean };
      readonly retry: typeof RETRY;
      readonly syncOptions: readonly string[];
    };
  };
}

/** The Application of one environment: its overlay of the target `kustomize`. */
export function environmentApplication(plan: Plan, repository: Repository): Application {
  return {
    apiVersion: API_VERSION,
    kind: "Application",
    metadata: { name: plan.namespace, namespace: ARGOCD_NAMESPACE, labels: ownership(plan) },
    spec: {
      project: plan.platform,
      source: {
        repoURL: repository.url,
        targetRevision: repository.revision,
        path: `${repository.folder}/overlays/${plan.environment}`,
      },
      destination: { server: IN_CLUSTER, namespace: plan.namespace },
      syncPolicy: {
        ...(plan.delivery.sync === "automatic" && { automated: { prune: true, selfHeal: true } }),
        retry: RETRY,
        // Server-side apply knows who set a field; what is no longer rendered is removed after everything else is applied.
        syncOptions: ["ServerSideApply=true", "PruneLast=true", "FailOnSharedResource=true"],
      },
    },
  };
}

/** The application of applications: it applies the project and the Applications of the platform. */
export function rootApplication(plan: Plan, { url, revision, folder }: Repository): Application {
  return {
    apiVersion: API_VERSION,
    kind: "Application",
    metadata: {
      name: plan.platform,
      namespace: ARGOCD_NAMESPACE,
      labels: platformLabels(plan),
    },
    spec: {
      project: "default",
      source: { repoURL: url, targetRevision: revision, path: `${folder}/argocd/platform` },
      destination: { server: IN_CLUSTER, namespace: ARGOCD_NAMESPACE },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        retry: RETRY,
        syncOptions: ["ServerSideApply=true"],
      },
    },
  };
}
