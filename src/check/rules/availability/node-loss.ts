import { formatDuration } from "../../../platform-file/format.js";
import { readable } from "../../../promises/explain.js";
import { broken, brokenBy, concerns, reckoned } from "../../rows.js";
import { defineRule } from "../../rule.js";

/** One machine takes the promise with it. */
export const nodeLoss = defineRule({
  code: "availability/node-loss",
  severity: "error",
  summary: "a lost machine breaks the RTO or RPO",
  help: "Kubernetes waits most of a minute before it calls a node dead and five more before it moves the pods. Only replicas that surely stand on another node bridge that: `spread: nodes`, required, with at least two of them.",
  check(plan, report, sheet) {
    for (const of of ["rto", "rpo"] as const) {
      for (const cell of broken(sheet, "node-loss", of)) {
        if (brokenBy(sheet, "process-crash", cell)) continue;
        const { row, predicted, promised } = cell;
        const unit = plan.units.find(({ name }) => name === row.subject);
        const alone = (unit?.replicas.min ?? 0) < 2;
        report(unit ? `${unit.path}.${alone ? "replicas" : "spread"}` : row.path, {
          concerns: concerns(sheet, cell, "zone-loss"),
          why:
            predicted.kind === "unbounded"
              ? `${predicted.why}, but ${row.subject} promises ${of.toUpperCase()} ${formatDuration(promised)}`
              : `when its machine is lost ${row.subject} ${of === "rto" ? "is back after" : "loses"} ${reckoned(predicted.total, predicted.terms)}, but promises ${formatDuration(promised)}`,
          advice: unit
            ? alone
              ? "run at least two replicas on different nodes: `replicas: 2`, `spread: { nodes: require }`"
              : "require that replicas stand on different nodes: `spread: { nodes: require }`"
            : `run a second server that takes over${predicted.kind === "bounded" ? `, or promise at least ${readable(predicted.total)}` : ""}`,
          ...(unit && of === "rto"
            ? {
                fix: {
                  edits: [
                    ...(alone ? [{ path: `${unit.path}.replicas`, value: 2 }] : []),
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
