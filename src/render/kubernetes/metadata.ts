import type { Element, Plan } from "../../plan/plan.js";
import type { Metadata } from "./manifest.js";

/** Labels that assign an object to one environment of one platform: `deploy` may prune it. */
export const OWNERSHIP_LABELS = {
  platform: "keelson.dev/platform",
  environment: "keelson.dev/environment",
} as const;

/** Labels of an object of the platform as a whole. Labels of the platform file replace none of these. */
export function ownership(plan: Plan): Record<string, string> {
  return { ...plan.cluster.labels, ...ownershipOnly(plan) };
}

/** Labels of an object of a platform in all of its environments. */
export function platformLabels({ platform }: Plan): Record<string, string> {
  return { "app.kubernetes.io/managed-by": "keelson", "app.kubernetes.io/part-of": platform };
}

function ownershipOnly(plan: Plan): Record<string, string> {
  return {
    ...platformLabels(plan),
    [OWNERSHIP_LABELS.environment]: plan.environment,
    [OWNERSHIP_LABELS.platform]: plan.platform,
  };
}

/** Labels of an object of one unit or store. */
export function labels(plan: Plan, element: Pick<Element, "name">, component: string): Record<string, string> {
  return { ...plan.cluster.labels, ...ownLabels(plan, element, component) };
}

/** The labels of `labels` that Keelson sets itself. */
export function ownLabels(plan: Plan, element: Pick<Element, "name">, component: string): Record<string, string> {
  return {
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/instance": plan.namespace,
    "app.kubernetes.io/name": element.name,
    ...ownershipOnly(plan),
  };
}

/** The labels that select pods. They must not change: the selector of a workload is immutable. */
export function selector(plan: Plan, name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": plan.platform };
}

export function metadata(plan: Plan, element: Pick<Element, "name">, component: string, name = element.name): Metadata {
  return { name, namespace: plan.namespace, labels: labels(plan, element, component) };
}

/** Metadata of an object of the platform as a whole. */
export function platformMetadata(plan: Plan, name: string): Metadata {
  return { name, namespace: plan.namespace, labels: ownership(plan) };
}
