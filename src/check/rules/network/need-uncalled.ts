import { isModule, peersOf, storesRows } from "../../../modules/index.js";
import type { Unit } from "../../../plan/plan.js";
import { moduleDatabases } from "../../../plan/stores/index.js";
import { modulesOf } from "../../../promises/facts/supervisor.js";
import { addedCall } from "../../added-call.js";
import type { CheckContext } from "../../context.js";
import { defineRule } from "../../rule.js";

/** A module cannot reach what it depends on once it runs in its own pod. See docs/checks.md, Network. */
export const needUncalled = defineRule({
  code: "network/need-uncalled",
  severity: "error",
  summary: "a service runs a module whose peer or database it does not call",
  help: "A module finds its peers and its database through the calls that its service declares, and the network policies allow nothing else. In one process, as on a laptop, it works without them; in its own pod it never becomes ready.",
  check(context, report) {
    const databases = moduleDatabases(context.plan)
      .map(({ name }) => name)
      .sort();
    for (const unit of context.plan.units) {
      for (const { module, need, candidates } of missingCalls(context, unit, databases)) {
        const [first] = candidates;
        report(unit.path, {
          why: `${unit.name} runs ${module}, which needs ${need}, ${first === undefined ? "but none is declared" : `but ${unit.name} does not call ${first}`}`,
          advice: first === undefined ? `declare ${need}, and call it` : `add ${first} to the calls of ${unit.name}`,
          ...(first === undefined ? {} : { fix: { edits: [addedCall(context.plan, unit, first)], safe: false } }),
        });
      }
    }
  },
});

interface MissingCall {
  readonly module: string;
  readonly need: string;
  /** The names of the units or stores that satisfy the need. */
  readonly candidates: readonly string[];
}

function missingCalls(context: CheckContext, unit: Unit, databases: readonly string[]): readonly MissingCall[] {
  const modules = modulesOf(unit);
  const needs = modules.filter(isModule).flatMap((module) => {
    const peers = peersOf(module)
      .filter((peer) => !modules.includes(peer))
      .map((peer) => ({
        module,
        need: `a service with the module ${peer}`,
        candidates: context.unitsWithModule(peer),
      }));
    return [...peers, ...(storesRows(module) ? [{ module, need: "a PostgreSQL store", candidates: databases }] : [])];
  });
  const called = context.calls(unit.name);
  return needs.filter(({ candidates }) => !candidates.some((name) => called.has(name)));
}
