import type { DrillResult } from "../result.js";
import { reportFacts, type Table } from "./facts.js";

/** The report for reviews and tickets. */
export function markdownReport(result: DrillResult): string {
  const facts = reportFacts(result);
  return [
    `# ${facts.title}`,
    "",
    `**${facts.verdict.word.toUpperCase()}.** ${facts.verdict.sentence}`,
    "",
    ...facts.facts.map(([name, value]) => `- ${name}: ${value}`),
    "",
    ...(facts.findings.length > 0
      ? ["## Findings", "", ...facts.findings.map(({ what, why }) => `- **${what}**: ${why}`), ""]
      : []),
    ...(facts.assessments.rows.length > 0
      ? ["## Promised, predicted, measured", "", ...table(facts.assessments), ""]
      : []),
    ...(facts.strikes.rows.length > 0 ? ["## Faults", "", ...table(facts.strikes), ""] : []),
    ...(facts.terms ? ["## Pieces of the recovery", "", ...table(facts.terms), ""] : []),
    "## What happened",
    "",
    ...table(facts.events),
    "",
    "## Method",
    "",
    ...facts.method.map((line) => `- ${line}`),
    "",
  ].join("\n");
}

function table({ head, rows }: Table): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
