import type { IHorizontalPodAutoscalerBehavior, IMetricSpec } from "kubernetes-models/autoscaling/v2";
import type { Plan, Scale, Unit } from "../../plan/plan.js";
import type { HorizontalPodAutoscaler } from "./manifest.js";
import { metadata } from "./metadata.js";
import { seconds } from "./quantity.js";
import { WORKLOAD_KINDS } from "./workload.js";

/** Whether the autoscaler owns the number of replicas of the unit. */
export function isAutoscaled(unit: Unit): boolean {
  return unit.replicas.max > unit.replicas.min && unit.scale !== undefined && resourceMetrics(unit.scale).length > 0;
}

export function horizontalPodAutoscaler(plan: Plan, unit: Unit): HorizontalPodAutoscaler | undefined {
  if (!unit.scale || !isAutoscaled(unit)) return undefined;
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: metadata(plan, unit, unit.role),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: WORKLOAD_KINDS[unit.workload], name: unit.name },
      minReplicas: Math.max(1, unit.replicas.min),
      maxReplicas: unit.replicas.max,
      metrics: resourceMetrics(unit.scale),
      behavior: behaviour(unit.scale),
    },
  };
}

/** Only metrics of the resource metrics API: an unavailable metric would block every scale-down. */
function resourceMetrics(scale: Scale): IMetricSpec[] {
  const targets = [
    ["cpu", scale.cpu],
    ["memory", scale.memory],
  ] as const;
  return targets.flatMap(([name, target]) =>
    target === undefined
      ? []
      : [
          {
            type: "Resource",
            resource: { name, target: { type: "Utilization", averageUtilization: Math.round(target * 100) } },
          },
        ],
  );
}

function behaviour(scale: Scale): IHorizontalPodAutoscalerBehavior {
  const cooldown = Math.min(3600, seconds(scale.cooldown));
  return {
    scaleUp:
      scale.up === "aggressive"
        ? {
            stabilizationWindowSeconds: 0,
            selectPolicy: "Max",
            policies: [
              { type: "Percent", value: 100, periodSeconds: 15 },
              { type: "Pods", value: 4, periodSeconds: 15 },
            ],
          }
        : {
            stabilizationWindowSeconds: 60,
            selectPolicy: "Max",
            policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
          },
    scaleDown:
      scale.down === "aggressive"
        ? {
            stabilizationWindowSeconds: Math.min(60, cooldown),
            selectPolicy: "Max",
            policies: [{ type: "Percent", value: 50, periodSeconds: 60 }],
          }
        : {
            stabilizationWindowSeconds: cooldown,
            selectPolicy: "Min",
            policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
          },
  };
}
