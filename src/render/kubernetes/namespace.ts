import type { Plan } from "../../plan/plan.js";
import type { Namespace } from "./manifest.js";
import { ownership } from "./metadata.js";

/** The namespace of one environment. Pod Security admission rejects pods that violate its level. */
export function namespace(plan: Plan): Namespace {
  const level = plan.security.pods;
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: plan.namespace,
      labels: {
        ...ownership(plan),
        "pod-security.kubernetes.io/audit": level,
        "pod-security.kubernetes.io/enforce": level,
        "pod-security.kubernetes.io/warn": level,
      },
    },
  };
}
