import type { Plan } from "../../plan/plan.js";
import { leakReported } from "../alerts.js";
import { pagedResponse, secretRotated, unpagedResponse } from "../facts/people.js";
import { defineFault } from "../fault.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, cited, sum, unbounded, work } from "../prediction.js";
import { rotateSecrets } from "../runbooks/secrets.js";
import { onOneMachine } from "../terms/machine.js";
import { rolloutOfAll } from "../terms/rollout.js";

/**
 * Every secret is known to others. The RTO is the time from the report of the leak until none of the old values is valid. On one
 * machine the owner of the secrets is the only one who can leak and replace them.
 */
export const secretLeak = defineFault({
  id: "secret-leak",
  title: "The secrets of the platform are known to others",
  includes: [],
  on: (plan) =>
    onOneMachine(plan) || plan.secrets.length === 0
      ? undefined
      : {
          platform: {
            rto: (_platform, plan) => rotation(plan),
            rpo: (_platform, plan) =>
              bounded(plan, "secrets", [cited("nothing: a rotation changes no data", unchanged)]),
            alert: leakReported,
            runbook: (_platform, plan) => rotateSecrets(plan),
          },
          unit: undefined,
          model: undefined,
          volume: undefined,
          database: undefined,
          cache: undefined,
          broker: undefined,
          bucket: undefined,
          entrance: undefined,
        },
  drill: {
    kind: "impossible",
    why: "the secrets of a running platform are not leaked for a drill: rotate one instead",
  },
});

/** No alert reports a leak: a person does. */
function rotation(plan: Plan): Prediction {
  const paged = plan.observe.routes.critical !== undefined;
  const count = plan.secrets.length;
  const how = `${count} × 10m`;
  const rollouts = plan.units
    .filter(({ secrets }) => secrets.length > 0)
    .map((unit) => ({ unit, rollout: rolloutOfAll(unit, plan) }))
    .sort((a, b) => (a.unit.name < b.unit.name ? -1 : 1));
  for (const { unit, rollout } of rollouts)
    if (rollout.kind === "stuck") return unbounded(plan, unit.rollout.path, rollout.why, { advice: rollout.advice });
  const restarts = rollouts.map(({ unit: { name }, rollout }) => ({
    name,
    terms: rollout.kind === "ends" ? rollout.terms : [],
  }));
  return bounded(plan, "secrets", [
    cited("on-call response", paged ? pagedResponse : unpagedResponse),
    work(assumed("secrets rotated", count * secretRotated.value, secretRotated.why, how)),
    ...slowestRollout(restarts),
  ]);
}

/** Pods read secrets as files and restart to use new ones, all units at the same time. */
function slowestRollout(
  rollouts: readonly { readonly name: string; readonly terms: readonly Term[] }[],
): readonly Term[] {
  const [slowest] = [...rollouts].sort((a, b) => sum(b.terms) - sum(a.terms) || (a.name < b.name ? -1 : 1));
  return (slowest?.terms ?? []).map((term) =>
    term.name === "start of the previous version"
      ? { ...term, name: `restart of ${slowest?.name}, the slowest` }
      : term,
  );
}

const unchanged = {
  value: 0,
  source: "what others have read or changed with a leaked secret is an incident of its own",
};
