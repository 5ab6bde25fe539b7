import type { Unit } from "../../plan/plan.js";
import { isAutoscaled } from "./horizontal-pod-autoscaler.js";
import type { Deployment } from "./manifest.js";
import { metadata, selector } from "./metadata.js";
import { podTemplate } from "./pod-template.js";
import { seconds } from "./quantity.js";
import type { Scope } from "./scope.js";

/** A unit without persistent volumes. */
export function deployment(scope: Scope, unit: Unit): Deployment | undefined {
  if (unit.workload !== "deployment") return undefined;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(scope.plan, unit, unit.role),
    spec: {
      ...(!isAutoscaled(unit) && { replicas: unit.replicas.min }),
      revisionHistoryLimit: 3,
      // A pod that is not ready within twice its start-up time has failed.
      progressDeadlineSeconds: Math.max(600, 2 * seconds(unit.health.startup)),
      selector: { matchLabels: selector(scope.plan, unit.name) },
      strategy:
        unit.rollout.strategy === "recreate"
          ? { type: "Recreate" }
          : {
              type: "RollingUpdate",
              rollingUpdate: { maxSurge: unit.rollout.surge, maxUnavailable: unit.rollout.unavailable },
            },
      template: podTemplate(scope, unit),
    },
  };
}
