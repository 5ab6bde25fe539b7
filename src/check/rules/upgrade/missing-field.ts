import { compareVersions, VERSIONED_FIELDS, type VersionedField } from "../../../plan/ends-of-life.js";
import type { Plan } from "../../../plan/plan.js";
import { hasServers } from "../../../plan/stores/index.js";
import { isAutoscaled } from "../../../promises/latency/load-ends.js";
import { serverGroup, unitGroup } from "../../../promises/placement/survival.js";
import { defineRule } from "../../rule.js";

/** A rendered field has no effect in the declared version. See docs/checks.md, Upgrades. */
export const missingField = defineRule({
  code: "upgrade/missing-field",
  severity: "error",
  summary: "the declared version of Kubernetes ignores a field that the platform relies on",
  help: "An API server drops fields of features that it does not know or that are off by default. The objects are accepted, and what the field prevents happens all the same.",
  check({ plan }, report) {
    if (plan.provide === "embedded") return;
    const { kubernetes } = plan.cluster;
    const missing = fieldsOf(plan).filter(({ since }) => compareVersions(kubernetes, since) < 0);
    if (missing.length === 0) return;
    const newest =
      missing
        .map(({ since }) => since)
        .sort(compareVersions)
        .at(-1) ?? kubernetes;
    report("cluster.kubernetes", {
      why: `Kubernetes ${kubernetes} ignores ${missing.map(({ field, since, effect, source }) => `${field} (since ${since}; ${source}): ${effect}`).join("; ")}`,
      advice: `use Kubernetes ${newest} or newer`,
      fix: { edits: [{ path: "cluster.kubernetes", value: newest }], safe: false },
    });
  },
});

/** The fields that the objects of a Plan contain. */
function fieldsOf(plan: Plan): readonly VersionedField[] {
  const { units, stores } = plan;
  const { autoscalers, nativeSidecars, preStopSleep, unhealthyEviction, spreadPerRevision, spreadMinimum } =
    VERSIONED_FIELDS;
  const groups = [
    ...units.map((unit) => unitGroup(unit, plan)),
    ...stores
      .filter(hasServers)
      .filter(({ provider }) => provider.kind === "in-cluster")
      .map((store) => serverGroup(store, plan)),
  ];
  const used: readonly (readonly [VersionedField, boolean])[] = [
    [autoscalers, units.some((unit) => isAutoscaled(plan, unit))],
    [nativeSidecars, units.some(({ sidecars }) => sidecars.length > 0)],
    [preStopSleep, units.some(({ modules, drainDelay }) => modules.length === 0 && drainDelay > 0)],
    [unhealthyEviction, units.some(({ disruption }) => disruption !== undefined)],
    [
      spreadPerRevision,
      units.some(
        ({ workload, spread }) => workload === "deployment" && (spread.zones !== "none" || spread.nodes !== "none"),
      ),
    ],
    [spreadMinimum, groups.some(({ minDomains: { zones, nodes } }) => zones > 1 || nodes > 1)],
  ];
  return used.flatMap(([field, isUsed]) => (isUsed ? [field] : []));
}
