import { join } from "node:path";
import type { DrillResult } from "../../contracts/drills.js";
import { singleLine } from "../../errors/terminal-text.js";
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
    `  ${loadText("chats", "answered", result.series)} · ${loadText("writes", "acknowledged", result.writes)}${result.state === "finished" ? ` · ${result.lost} lost` : ""}`,
    ...(result.failures ?? []).map(
      ({ kind, reason, count }) =>
        `  failed ${kind === "request" ? "chats" : "writes"}: ${count} × ${singleLine(reason)}`,
    ),
    `  report: ${join(directory, "report.html")}`,
  ].join("\n");
}

/** `chats: 280 answered, 12 failed` */
function loadText(noun: string, verb: string, bins: DrillResult["series"]): string {
  const sum = (of: "ok" | "failed") => bins.reduce((total, bin) => total + bin[of], 0);
  return `${noun}: ${sum("ok")} ${verb}, ${sum("failed")} failed`;
}
