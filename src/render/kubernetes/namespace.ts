import type { Plan } from "../../plan/plan.js";
import type { Namespace } from "./manifest.js";
import { ownership } from "./metadata.js";

/** Everything of one environment lives in it; pods that ask for more than the level are refused at the door. */
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
