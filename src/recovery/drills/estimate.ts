import type { DrillFaultEstimate } from "../../contracts/drills.js";
import type { Plan } from "../../plan/plan.js";
import { moduleDatabases } from "../../plan/stores/index.js";
import { promiseSheet } from "../../promises/sheet.js";
import type { FaultExecutor } from "./target.js";

/**
 * What a drill of a running platform would cost, estimated from the worst case of the promise sheet. `recordsPerSecond` is the
 * present rate of usage records; undefined if it is unknown. Pure.
 */
export function estimateDrill(
  plan: Plan,
  fault: Pick<FaultExecutor, "id" | "title" | "losesData">,
  recordsPerSecond: number | undefined,
): DrillFaultEstimate {
  const rows = promiseSheet(plan, []).rows.filter((row) => row.fault === fault.id);
  const totals = (of: "rto" | "rpo") =>
    rows.flatMap(({ [of]: { predicted } }) => (predicted.kind === "bounded" ? [predicted.total] : []));
  const unavailable = totals("rto");
  const lost = totals("rpo");
  const seconds = Math.ceil(Math.max(0, ...lost) / 1000);
  return {
    fault: fault.id,
    title: fault.title,
    ...(unavailable.length > 0 && { unavailableSeconds: Math.ceil(Math.max(...unavailable) / 1000) }),
    // Without a bounded prediction there is no archive to restore from: the drill then ends before the fault.
    ...(fault.losesData &&
      lost.length > 0 && {
        dataLoss: {
          loses: `acknowledged writes to ${moduleDatabases(plan)
            .map(({ name }) => name)
            .join(", ")} since the newest archived WAL segment`,
          estimatedSeconds: seconds,
          ...(recordsPerSecond !== undefined && { estimatedRecords: Math.ceil(recordsPerSecond * seconds) }),
        },
      }),
  };
}
