import { singleLine } from "../../errors/terminal-text.js";
import type { EnvironmentComparison } from "./comparison.js";
import { grouped, sizeDifferences, summaryOf } from "./format.js";

/** GitHub accepts comments of up to 65,536 characters, GitLab of up to 1,000,000. */
const MAX_CHARACTERS = 60_000;

/** A comparison as a comment of a review. Rows that do not fit are counted and not shown. */
export function comparisonMarkdown(title: string, environments: readonly EnvironmentComparison[]): string {
  const lines = [`### ${escaped(title)}`, "", `**${summaryOf(environments)}**`];
  let size = lines.join("\n").length;
  let left = 0;
  for (const each of environments) {
    const rows = grouped(each.changes).map(({ kind, subjects, promise, promised, predicted, allKept, reasons }) => {
      const cells = [subjects, promise, promised, allKept ? `${predicted}, all kept` : predicted, reasons.join("; ")];
      return `| ${[kind === "lost" ? "**lost**" : kind, ...cells.map(escaped)].join(" | ")} |`;
    });
    const sizes = sizeDifferences(each);
    if (rows.length === 0 && sizes.length === 0) continue;
    lines.push("", `#### ${escaped(each.environment)}`);
    if (rows.length > 0)
      lines.push(
        "",
        "| change | subject | promise | promised | predicted | why |",
        "| --- | --- | --- | --- | --- | --- |",
      );
    for (const row of rows) {
      size += row.length + 1;
      if (size <= MAX_CHARACTERS) lines.push(row);
      else left += 1;
    }
    if (sizes.length > 0) lines.push("", `Size: ${sizes.map(escaped).join("; ")}`);
  }
  if (left > 0) lines.push("", `${left} more rows do not fit into a comment: see the output of the job.`);
  return `${lines.join("\n")}\n`;
}

/**
 * Names and reasons come from the platform file, whose author must not write markup into the comment of a bot. GitHub looks for users, issues and
 * addresses after it has read the Markdown, so that a backslash does not keep a user from being notified (github/markup#1168, read
 * 2026-11-30): a space without width divides what it looks for.
 */
function escaped(text: string): string {
  return singleLine(text)
    .replace(/[\\`*_{}[\]<>|#!~@&$%]/g, "\\$&")
    .replace(/[@#]|:(?=\/\/)|\bwww(?=\.)|\bGH(?=-\d)/gi, "$&&#8203;");
}
