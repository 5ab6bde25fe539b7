import type { Plan } from "../../plan/plan.js";
import { controlPlaneDown } from "../alerts.js";
import { defineFault, type SubjectHandler } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, cited } from "../prediction.js";
import { repairControlPlane } from "../runbooks/platform.js";
import type { WholePlatform } from "../subjects.js";
import { onOneMachine } from "../terms/machine.js";

const platform: SubjectHandler<WholePlatform> = {
  rto: (_platform, plan) => continues(plan),
  rpo: (_platform, plan) => continues(plan),
  alert: controlPlaneDown,
  runbook: (_platform, plan) => repairControlPlane(plan),
};

/**
 * The API server or etcd fails, and the nodes run on. What needs the control plane waits for it: a failover by an operator, pods
 * of a lost node, scaling and deployments. Those are outages only together with a second fault.
 */
export const controlPlaneLoss = defineFault({
  id: "control-plane-loss",
  title: "The control plane of the cluster does not answer",
  includes: [],
  on: (plan) =>
    onOneMachine(plan)
      ? undefined
      : {
          platform,
          unit: undefined,
          model: undefined,
          volume: undefined,
          database: undefined,
          cache: undefined,
          broker: undefined,
          bucket: undefined,
          entrance: undefined,
        },
  drill: { kind: "by hand", why: "it needs a cluster whose control plane may be stopped" },
});

const running = {
  value: 0,
  source:
    "existing pods and services continue to work normally without the API server (kubernetes.io: Troubleshooting Clusters, A general overview of cluster failure modes)",
  read: "2026-11-30",
};

function continues(plan: Plan): Prediction {
  return bounded(plan, "cluster", [cited("nothing: pods and services run on", running)]);
}
