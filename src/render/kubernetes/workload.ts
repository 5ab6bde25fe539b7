import type { Unit } from "../../plan/plan.js";

/** The Kubernetes kind of each workload. */
export const WORKLOAD_KINDS = {
  deployment: "Deployment",
  "stateful-set": "StatefulSet",
} as const satisfies Record<Unit["workload"], string>;
