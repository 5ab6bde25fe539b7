import type { Element, Plan } from "../../plan/plan.js";
import type { Metadata } from "./manifest.js";

/** Marks an object as belonging to one environment of one platform: what `deploy` may prune. */
export const ownershipLabels = {
  platform: "keelson.dev/platform",
  environment: "keelson.dev/environment",
} as const;

export function ownership(plan: Plan): Record<string, string> {
  return {
    "app.kubernetes.io/managed-by": "keelson",
    "app.kubernetes.io/part-of": plan.platform,
    [ownershipLabels.environment]: plan.environment,
    [ownershipLabels.platform]: plan.platform,
  };
}

/** Labels of what belongs to one unit or store. */
export function labels(plan: Plan, element: Pick<Element, "name">, component: string): Record<string, string> {
  return {
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/instance": plan.namespace,
    "app.kubernetes.io/name": element.name,
    ...ownership(plan),
  };
}

/** The labels that pods are selected by: few, and never changed afterwards, because selectors cannot be. */
export function selector(plan: Plan, name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": plan.platform };
}

export function metadata(plan: Plan, element: Pick<Element, "name">, component: string, name = element.name): Metadata {
  return { name, namespace: plan.namespace, labels: labels(plan, element, component) };
}

/** Of the platform as a whole, not of one unit. */
export function platformMetadata(plan: Plan, name: string): Metadata {
  return { name, namespace: plan.namespace, labels: ownership(plan) };
}
