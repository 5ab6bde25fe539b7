import type { Plan } from "../../plan/plan.js";
import { onOneMachine } from "../../promises/terms/machine.js";
import type { Declaration } from "../declarations/index.js";
import { platformMetadata } from "../kubernetes/metadata.js";
import type { Note } from "../note.js";
import { defineTarget, type RenderedFile } from "../target.js";
import { yamlFile } from "../yaml-file.js";
import { alertmanagerConfig } from "./alertmanager.js";
import { type RuleGroups, ruleGroups } from "./rules.js";
import { prometheusConfig } from "./scrape.js";

export const prometheus = defineTarget({
  name: "prometheus",
  description: "alert rules for Prometheus or its operator, and configurations of Prometheus and Alertmanager",
  writes: new Set<Declaration>(["alerts", "alert-routes"]),
  render(plan) {
    const { rules, notes } = ruleGroups(plan);
    const alertmanager = alertmanagerConfig(plan);
    const files: RenderedFile[] = [
      ...(byOperator(plan)
        ? [yamlFile("prometheus-rule.yaml", prometheusRule(plan, rules))]
        : [yamlFile("rules.yml", rules), yamlFile("prometheus.yml", prometheusConfig(plan))]),
      ...(alertmanager.config === undefined ? [] : [yamlFile("alertmanager.yml", alertmanager.config)]),
    ];
    return { files, secrets: [], notes: [...notes, ...requirements(plan), ...alertmanager.notes] };
  },
});

/** The operator reads objects of the cluster; PodMonitors, which the kubernetes target renders, say what it scrapes. */
function byOperator(plan: Plan): boolean {
  return plan.observe.discovery === "pod-monitors" && !onOneMachine(plan);
}

/** `monitoring.coreos.com/v1` PrometheusRule: its groups are those of a file of rules. */
function prometheusRule(plan: Plan, rules: RuleGroups): object {
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: platformMetadata(plan, `${plan.platform}-alerts`),
    spec: rules,
  };
}

function requirements(plan: Plan): readonly Note[] {
  if (plan.observe.metrics === "none")
    return [{ path: "observe.metrics", message: "no metrics are stored, so no alert has a rule" }];
  if (onOneMachine(plan))
    return [
      {
        path: "observe.metrics",
        message:
          "prometheus.yml scrapes `keelson up` on port 8800 with the token in the file internal-token: copy it from DATA/secrets/internal/token",
      },
    ];
  return [
    {
      path: "observe.metrics",
      message: byOperator(plan)
        ? "a PrometheusRule requires the Prometheus Operator in the cluster, and a Prometheus that selects it (ruleSelector, ruleNamespaceSelector): `cluster.labels` adds labels to it"
        : "prometheus.yml is for a Prometheus in the namespace monitoring, whose account may list nodes, pods and endpoints; Alertmanager is expected beside it on port 9093",
    },
    {
      path: "observe.alerts",
      message:
        "the rules read kube-state-metrics and the kubelets as well as the pods of the platform: both must be scraped",
    },
  ];
}
