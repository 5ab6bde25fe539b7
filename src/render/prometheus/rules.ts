import type { Plan } from "../../plan/plan.js";
import { formatDuration } from "../../platform-file/format.js";
import { type AlertRule, type AlertRules, alertRules } from "../../promises/alert-rules.js";
import { OBJECTIVE_MET } from "../../promises/burn-rate.js";
import type { Note } from "../note.js";

/** Groups of rules as Prometheus reads them (prometheus.io/docs/prometheus/latest/configuration/recording_rules). */
export interface RuleGroups {
  readonly groups: readonly RuleGroup[];
}

interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (PrometheusAlert | PrometheusRecord)[];
}

interface PrometheusAlert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface PrometheusRecord {
  readonly record: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The rules of a plan, and a note on each alert of the promise sheet that is not among them. */
export function ruleGroups(plan: Plan): { readonly rules: RuleGroups; readonly notes: readonly Note[] } {
  const all = alertRules(plan);
  const groups = [
    { name: `${plan.namespace}-faults`, rules: all.faults.map((rule) => alertOf(plan, rule)) },
    // Rules of a group are evaluated in order: the alerts see what was just recorded.
    {
      name: `${plan.namespace}-objectives`,
      rules: [...recordsOf(plan, all), ...all.objectives.map((rule) => alertOf(plan, rule))],
    },
  ];
  return {
    rules: { groups: groups.filter(({ rules }) => rules.length > 0) },
    notes: all.omitted.map(({ path, name, subject, why }) => ({
      path,
      message: `no rule of the alert ${name} of ${subject}: ${why}`,
    })),
  };
}

function alertOf(plan: Plan, rule: AlertRule): PrometheusAlert {
  const { name, subject, severity, summary, description, runbook, expression } = rule;
  return {
    alert: name,
    expr: expression,
    ...(rule.for > 0 ? { for: formatDuration(rule.for) } : {}),
    labels: { severity, subject, platform: plan.platform, environment: plan.environment },
    annotations: { summary, description, runbook, ...runbookUrl(plan) },
  };
}

/** The page of the promises, with their runbooks, where the dashboard has a public address. */
function runbookUrl({ entrances, units }: Plan): { readonly runbook_url?: string } {
  const dashboards = new Set(units.filter(({ modules }) => modules.includes("dashboard")).map(({ name }) => name));
  const entrance = entrances.find(
    ({ host, routes }) =>
      host !== undefined && routes.some(({ unit, prefix }) => prefix === "/" && dashboards.has(unit)),
  );
  return entrance?.host === undefined ? {} : { runbook_url: `https://${entrance.host}/promises` };
}

function recordsOf({ namespace }: Plan, { records }: AlertRules): readonly PrometheusRecord[] {
  return records.map(({ subject, expression }) => ({
    record: OBJECTIVE_MET,
    expr: expression,
    labels: { namespace, subject },
  }));
}
