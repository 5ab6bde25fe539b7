import type { Path, Plan, Store, Unit } from "../../../plan/plan.js";
import { hasServers, storeTraits } from "../../../plan/stores/index.js";
import { serverSurvival, unitSurvival } from "../../../promises/placement/survival.js";
import type { Remedy } from "../../../promises/prediction.js";
import type { Server } from "../../../promises/subjects.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import type { CheckContext } from "../../context.js";
import { formatEdits } from "../../edit-text.js";
import { redundancy } from "../../redundancy.js";
import { defineRule } from "../../rule.js";

/** Several replicas or servers, and the loss of one node stops them all. See docs/checks.md, Availability. */
export const redundancyLost = defineRule({
  code: "availability/redundancy-lost",
  severity: "warning",
  summary:
    "several replicas are required on different nodes, or servers form a cluster, and the loss of one node stops them",
  help: "Two servers of a quorum are less available than one, a queue without replicas is on one server of three, and replicas that must be on different nodes are all on the only one. The redundancy costs as much as one that works.",
  check(context, report) {
    const { plan } = context;
    if (onOneMachine(plan)) return;
    for (const { subject, members, why, enough } of [...servers(plan), ...replicas(plan)]) {
      // A promise that this breaks is reported by the rule of the fault, with its numbers.
      if (isReported(context, subject.path)) continue;
      report(`${subject.path}.replicas`, {
        why: `${subject.name} runs ${members}, and the loss of one node stops it: ${why}`,
        advice: enough?.advice ?? "run as many servers, on as many nodes, as the loss of one leaves enough of",
        ...(enough?.edits ? { fix: { edits: enough.edits, safe: false } } : {}),
      });
    }
  },
});

interface Redundant {
  readonly subject: Unit | Store;
  readonly members: string;
  readonly why: string;
  /** The change with which enough remain, if one is known. */
  readonly enough: Remedy | undefined;
}

function servers(plan: Plan): readonly Redundant[] {
  return plan.stores.filter(hasServers).flatMap((store) => {
    const { servers: count, neverServes } = storeTraits(store);
    // Servers that never serve are no redundancy, and `availability/store-never-serves` reports them.
    if (neverServes) return [];
    if (store.provider.kind !== "in-cluster" || store.provider.failover === undefined || count < 2) return [];
    const { enough, why } = serverSurvival(store, plan, "node");
    return enough ? [] : [{ subject: store, members: `${count} servers`, why, enough: moreServers(store, plan) }];
  });
}

/** Three servers, or three shards, are the fewest that a majority remains of. */
function moreServers(store: Server, plan: Plan): Remedy | undefined {
  const key = "shards" in store ? "shards" : "replicas";
  const changed: Server = "shards" in store ? { ...store, shards: 3 } : { ...store, replicas: 3 };
  if (!serverSurvival(changed, plan, "node").enough) return undefined;
  const edits = [{ path: `${store.path}.${key}`, value: 3 }];
  return { advice: `run three on different nodes: ${formatEdits(edits)}`, edits };
}

/** Replicas that are preferred on different nodes promise nothing about the loss of one. */
function replicas(plan: Plan): readonly Redundant[] {
  return plan.units.flatMap((unit) => {
    if (unit.replicas.min < 2 || unit.spread.nodes !== "require") return [];
    const { enough, why, lost } = unitSurvival(unit, plan, "node");
    return enough || lost < unit.replicas.min
      ? []
      : [
          {
            subject: unit,
            members: `${unit.replicas.min} replicas`,
            why,
            enough: redundancy(unit, plan, Number.POSITIVE_INFINITY, "node"),
          },
        ];
  });
}

function isReported(context: CheckContext, path: Path): boolean {
  return (["rto", "rpo"] as const).some((of) => context.brokenPromises("node-loss", of, path).length > 0);
}
