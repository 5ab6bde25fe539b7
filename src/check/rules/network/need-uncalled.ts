import { MODULE_FACTS } from "../../../plan/modules.js";
import type { Plan, Unit } from "../../../plan/plan.js";
import { moduleDatabases } from "../../../plan/stores/index.js";
import { modulesOf } from "../../../promises/facts/supervisor.js";
import { defineRule } from "../../rule.js";

/** A module that can reach what it needs only where everything runs in one process. */
export const needUncalled = defineRule({
  code: "network/need-uncalled",
  severity: "error",
  summary: "a service runs a module whose peer or database it does not call",
  help: "A module finds its peers and its database over the edges that its service declares, and the network policies let nothing else through. Together in one process it works all the same, as on a laptop; apart, it never gets ready.",
  check(plan, report) {
    for (const unit of plan.units)
      for (const { module, need, candidates } of missing(plan, unit)) {
        const [first] = candidates;
        report(unit.path, {
          why: `${unit.name} runs ${module}, which needs ${need}, ${first === undefined ? "and there is none" : `but ${unit.name} does not call ${first}`}`,
          advice: first === undefined ? `declare ${need}, and call it` : `add ${first} to the calls of ${unit.name}`,
        });
      }
  },
});

interface Missing {
  readonly module: string;
  readonly need: string;
  /** What would do: names of units or stores. */
  readonly candidates: readonly string[];
}

function missing(plan: Plan, unit: Unit): Missing[] {
  const called = new Set(plan.edges.filter(({ from }) => from === unit.name).map(({ to }) => to));
  const databases = moduleDatabases(plan)
    .map(({ name }) => name)
    .sort();
  const runs = modulesOf(unit);
  return runs.flatMap((module) => {
    const facts = MODULE_FACTS[module];
    if (facts === undefined) return [];
    const peers = facts.calls
      .filter((peer) => !runs.includes(peer))
      .map((peer) => ({ module, need: `a service with the module ${peer}`, candidates: thoseWith(plan, peer) }));
    const database = facts.database ? [{ module, need: "a PostgreSQL store", candidates: databases }] : [];
    return [...peers, ...database].filter(({ candidates }) => !candidates.some((name) => called.has(name)));
  });
}

function thoseWith(plan: Plan, module: string): string[] {
  return plan.units
    .filter((unit) => modulesOf(unit).includes(module))
    .map(({ name }) => name)
    .sort();
}
