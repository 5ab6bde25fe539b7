import type { DrillResult } from "../../../contracts/drills.js";
import { reportFacts, type Table } from "./facts.js";

/** The report as Markdown, for reviews and tickets. */
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
    ...(facts.measurements.rows.length > 0
      ? ["## Promised, predicted, measured", "", ...table(facts.measurements), ""]
      : []),
    ...(facts.faults.rows.length > 0 ? ["## Injected faults", "", ...table(facts.faults), ""] : []),
    ...(facts.terms ? ["## Steps of the recovery", "", ...table(facts.terms), ""] : []),
    "## Events",
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
