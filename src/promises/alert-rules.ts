import type { Path, Plan } from "../plan/plan.js";
import { formatDuration, formatRatio } from "../platform-file/format.js";
import { alertExpression, inNamespace, seriesOf } from "./alert-condition.js";
import { turnedOffBy } from "./alert-settings.js";
import type { Alert } from "./alerts.js";
import { BURN_RATES, budgetLasts, burnExpression, recordedExpression } from "./burn-rate.js";
import type { MetricName } from "./facts/metrics.js";
import { availabilityIndicator } from "./indicators.js";
import { sloObjectivePath } from "./objectives.js";
import { promiseSheet } from "./sheet.js";
import { sloTargets } from "./slo-targets.js";

/** An alert with its condition in PromQL. */
export interface AlertRule extends Pick<Alert, "name" | "subject" | "severity" | "for" | "summary"> {
  readonly expression: string;
  /** What the alert is about, as it is in the promise sheet: faults of its subject, or an objective. */
  readonly description: string;
  /** The command that prints its runbook. */
  readonly runbook: string;
}

/** A value that is computed at each evaluation, for alerts that average it. */
export interface RecordingRule {
  readonly subject: string;
  readonly expression: string;
}

/** An alert of the promise sheet that no expression can state, or that the file disables. */
export interface OmittedAlert {
  readonly path: Path;
  readonly name: string;
  readonly subject: string;
  readonly why: string;
}

/** What Prometheus has to evaluate for the promises of a plan. */
export interface AlertRules {
  readonly faults: readonly AlertRule[];
  readonly objectives: readonly AlertRule[];
  readonly records: readonly RecordingRule[];
  readonly omitted: readonly OmittedAlert[];
}

/** The alert of every row of the promise sheet once, of containers that are killed, and of error budgets. Empty without metrics. */
export function alertRules(plan: Plan): AlertRules {
  if (plan.observe.metrics === "none") return { faults: [], objectives: [], records: [], omitted: [] };
  const { rules, omitted } = faultRules(plan);
  return { faults: [...rules, ...killedContainers(plan)], ...objectiveRules(plan), omitted };
}

function faultRules(plan: Plan): { readonly rules: readonly AlertRule[]; readonly omitted: readonly OmittedAlert[] } {
  const rules = new Map<string, AlertRule>();
  const omitted = new Map<string, OmittedAlert>();
  for (const { fault, path, alert } of promiseSheet(plan, []).rows) {
    const { name, subject, severity, summary, condition } = alert;
    const key = `${name}/${subject}`;
    const known = rules.get(key);
    const why = condition.kind === "unmeasured" ? condition.why : disabled(plan, name);
    if (condition.kind === "unmeasured" || why !== undefined) omitted.set(key, { path, name, subject, why: why ?? "" });
    else if (known) rules.set(key, { ...known, description: `${known.description}, ${fault}` });
    else
      rules.set(key, {
        name,
        subject,
        severity,
        for: alert.for,
        summary,
        expression: alertExpression(condition),
        description: `${subject}: ${fault}`,
        runbook: `keelson promises -e ${plan.environment} --explain ${fault}/${subject}`,
      });
  }
  return { rules: [...rules.values()], omitted: [...omitted.values()] };
}

function disabled(plan: Plan, name: string): string | undefined {
  const setting = turnedOffBy(plan, name);
  return setting === undefined ? undefined : `the file disables it (observe.alerts.${setting})`;
}

/** Twice as long as a scrape and an evaluation take at their default intervals. */
const RESTART_WINDOW = "5m";

const KILLED: MetricName = "kube_pod_container_status_last_terminated_reason";
const RESTARTS: MetricName = "kube_pod_container_status_restarts_total";

/** A container that exceeded its memory limit and has restarted: kube-state-metrics keeps the reason until the next end. */
function killedContainers(plan: Plan): readonly AlertRule[] {
  if (!plan.observe.alerts.oom) return [];
  const killed = seriesOf(KILLED, [inNamespace(plan), { label: "reason", value: "OOMKilled" }]);
  const restarts = seriesOf(RESTARTS, [inNamespace(plan)]);
  return [
    {
      name: "container-killed",
      subject: plan.platform,
      severity: "warning",
      for: 0,
      summary: "a container exceeded its memory limit and was killed",
      expression: `${killed} > 0 and on (namespace, pod, container) increase(${restarts}[${RESTART_WINDOW}]) > 0`,
      description: `${plan.platform}: {{ $labels.container }} of {{ $labels.pod }}`,
      runbook: `keelson promises -e ${plan.environment} --explain process-crash`,
    },
  ];
}

function objectiveRules(plan: Plan): Pick<AlertRules, "objectives" | "records"> {
  if (!plan.observe.alerts.availability) return { objectives: [], records: [] };
  const measured = sloTargets(plan, "availability").flatMap((target) => {
    const { availability } = target.objectives;
    const indicator = availabilityIndicator(target, plan);
    if (availability === undefined || indicator.kind === "unmeasured") return [];
    return [{ target, availability, indicator, path: sloObjectivePath(plan, target.objectives, "availability") }];
  });
  return {
    records: measured.flatMap(({ target, indicator }) =>
      indicator.kind === "level" ? [{ subject: target.name, expression: recordedExpression(indicator) }] : [],
    ),
    objectives: measured.flatMap(({ target, availability, indicator, path }) =>
      BURN_RATES.flatMap((burn) => {
        const labels = { namespace: plan.namespace, subject: target.name };
        const expression = burnExpression(indicator, labels, availability, burn);
        if (expression === undefined) return [];
        const { severity, long, spent } = burn;
        return [
          {
            name: `availability-budget-${long}`,
            subject: target.name,
            severity,
            for: 0,
            summary: `${target.name} spends its error budget: ${formatRatio(spent)} of that of 30 days in ${long}`,
            expression,
            description: `${formatRatio(availability)} available (${path}): at this rate the budget lasts ${formatDuration(budgetLasts(burn))}`,
            runbook: `keelson promises -e ${plan.environment}`,
          },
        ];
      }),
    ),
  };
}
