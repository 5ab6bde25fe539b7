import { join } from "node:path";
import type { DrillResult } from "../../contracts/drills.js";
import { formatOutcome } from "../../promises/format.js";
import { promisedText, worstCase } from "../../recovery/drills/report/facts.js";
import { coloursFor } from "../terminal/colours.js";

/** The result of a drill on the terminal. `directory`: where its report is. */
export function summary(result: DrillResult, directory: string): string {
  const out = coloursFor(process.stdout, process.env);
  const verdict =
    result.state === "finished"
      ? (result.verdict ?? "unknown").replace("-", " ")
      : `${result.state}${result.state === "failed" ? `: ${result.reason ?? ""}` : ""}`;
  const mark = verdict === "kept" ? out.green : out.red;
  return [
    "",
    `${out.bold(result.fault)}: ${mark(verdict)}`,
    ...result.findings.map(({ what, why }) => `  ! ${what}: ${why}`),
    ...result.measurements.map((measurement) => {
      const { subject, promised, predicted, underestimated } = measurement;
      const compared = (of: "rto" | "rpo") =>
        `${of.toUpperCase()} ${formatOutcome(measurement[of])} (predicted ${worstCase(predicted[of])}, promised ${promisedText(promised[of])})`;
      return `  ${subject.padEnd(12)} ${compared("rto")}  ${compared("rpo")}${underestimated ? out.yellow("  worse than predicted") : ""}`;
    }),
    `  ${result.acknowledged} acknowledged, ${result.state === "finished" ? `${result.lost} lost, ` : ""}${result.failed} failed`,
    `  report: ${join(directory, "report.html")}`,
  ].join("\n");
}
