import { storeTraits } from "../../../plan/stores/index.js";
import { brokenPromise, type Wording } from "../../broken-promise.js";
import type { CheckContext } from "../../context.js";
import { redundancy } from "../../redundancy.js";
import { defineRule } from "../../rule.js";

/** The loss of one node breaks a promise. See docs/checks.md, Availability. */
export const nodeLoss = defineRule({
  code: "availability/node-loss",
  severity: "error",
  summary: "the loss of a node violates the RTO or RPO",
  help: "Kubernetes takes most of a minute to mark a node unready, and evicts its pods five minutes later. Only replicas that are required to run on different nodes stay available: `spread: { nodes: require }`, with at least two replicas and as many nodes.",
  check(context, report) {
    for (const of of ["rto", "rpo"] as const) {
      for (const promise of context.brokenPromises("node-loss", of)) {
        if (context.isBrokenBySmallerFault(promise)) continue;
        const { row, promised } = promise;
        const unit = context.unit(row.subject);
        const key = unit && unit.replicas.min < 2 ? "replicas" : "spread";
        const found = brokenPromise(context, promise, {
          event: "after the loss of its node",
          ...soonerFailover(context, row.subject),
          remedy: unit && of === "rto" ? redundancy(unit, context.plan, promised, "node") : undefined,
        });
        report(unit ? `${unit.path}.${key}` : row.path, found);
      }
    }
  },
});

function soonerFailover(context: CheckContext, subject: string): Pick<Wording, "otherwise" | "limit"> {
  if (context.unit(subject)) return { limit: "no number of replicas recovers sooner" };
  const store = context.store(subject);
  return store && storeTraits(store).copies > 1
    ? { limit: `${store.provider.product} fails over no sooner` }
    : { otherwise: "run a second server that takes over" };
}
