import { brokenPromise, type Wording } from "../../broken-promise.js";
import type { BrokenPromise, CheckContext } from "../../context.js";
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
          ...soonerFailover(context, promise),
          remedy: unit && of === "rto" ? redundancy(unit, context.plan, promised, "node") : undefined,
        });
        report(unit ? `${unit.path}.${key}` : row.path, found);
      }
    }
  },
});

function soonerFailover(
  context: CheckContext,
  { row, predicted }: BrokenPromise,
): Pick<Wording, "otherwise" | "limit"> {
  if (context.unit(row.subject)) return { limit: "no number of replicas recovers sooner" };
  const failsOver = predicted.kind === "bounded" && predicted.terms.some(({ name }) => name === "failover");
  const product = context.store(row.subject)?.provider.product;
  return failsOver && product !== undefined
    ? { limit: `${product} fails over no sooner` }
    : { otherwise: "run as many servers that one takes over (three for a quorum)" };
}
