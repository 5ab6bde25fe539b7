import { formatDuration } from "../../../platform-file/format.js";
import { formatTerms, formatWorstCase } from "../../../promises/format.js";
import { defineRule } from "../../rule.js";

/** The loss of one node breaks a promise. See docs/checks.md, Availability. */
export const nodeLoss = defineRule({
  code: "availability/node-loss",
  severity: "error",
  summary: "the loss of a node violates the RTO or RPO",
  help: "Kubernetes takes most of a minute to mark a node unready, and evicts its pods five minutes later. Only replicas that are required to run on different nodes stay available: `spread: nodes`, with at least two replicas.",
  check(context, report) {
    for (const of of ["rto", "rpo"] as const) {
      for (const promise of context.brokenPromises("node-loss", of)) {
        if (context.isBrokenBySmallerFault(promise)) continue;
        const { row, predicted, promised } = promise;
        const unit = context.unit(row.subject);
        const single = (unit?.replicas.min ?? 0) < 2;
        const possible = context.shortestKeptPromise(promise);
        const effect = of === "rto" ? "is unavailable for" : "loses the writes of";
        report(unit ? `${unit.path}.${single ? "replicas" : "spread"}` : row.path, {
          concerns: context.concerns(promise),
          why:
            predicted.kind === "unbounded"
              ? `${predicted.why}, but ${row.subject} promises ${of.toUpperCase()} ${formatDuration(promised)}`
              : `after the loss of its node ${row.subject} ${effect} ${formatTerms(predicted.total, predicted.terms)}, but promises ${of.toUpperCase()} ${formatDuration(promised)}`,
          advice: unit
            ? single
              ? "run at least two replicas on different nodes: `replicas: 2`, `spread: { nodes: require }`"
              : "require replicas on different nodes: `spread: { nodes: require }`"
            : `run a second server that takes over${possible === undefined ? "" : `, or promise at least ${formatWorstCase(possible)}`}`,
          ...(unit && of === "rto"
            ? {
                fix: {
                  edits: [
                    ...(single ? [{ path: `${unit.path}.replicas`, value: 2 }] : []),
                    { path: `${unit.path}.spread`, value: { nodes: "require" } },
                  ],
                  safe: false,
                },
              }
            : {}),
        });
      }
    }
  },
});
