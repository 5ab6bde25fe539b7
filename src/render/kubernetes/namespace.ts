import type { Plan } from "../../plan/plan.js";
import type { Namespace } from "./manifest.js";
import { ownership } from "./metadata.js";

/** Everything of one environment lives in it; admission rejects pods that exceed its Pod Security level. */
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
