import { KeelsonError } from "../../errors/keelson-error.js";
import { explanationText } from "../../promises/explanation-text.js";
import { latencyExplanation } from "../../promises/latency/latency-text.js";
import type { ObservedPlan } from "../../promises/latency/measured-load.js";
import type { PredictedLatency } from "../../promises/latency/predicted-latency.js";
import { LATENCY_OBJECTIVES } from "../../promises/objectives.js";
import type { PromiseSheet, Row } from "../../promises/sheet.js";
import { latencyTree } from "../../promises/tree/latency-tree.js";
import type { TreeNode } from "../../promises/tree/node.js";
import { treeText } from "../../promises/tree/text.js";
import { promiseTree } from "../../promises/tree/tree.js";
import { printResult } from "../terminal/output.js";
import { terminalMarks } from "./terminal-marks.js";

interface Output {
  readonly json: true | undefined;
  readonly tree: true | undefined;
  /** Of the platform file; undefined if the platform is defined in code. */
  readonly lines: readonly string[] | undefined;
}

/** `keelson promises --explain NAME`: rows of a fault, or latency objectives. */
export function printExplanation(
  sheet: PromiseSheet,
  plan: ObservedPlan,
  name: string,
  { json, tree, lines }: Output,
): void {
  const { rows, latency } = selected(sheet, name);
  if (tree) {
    const lineText = (line: number) => lines?.[line - 1];
    const trees: readonly TreeNode[] = [
      ...rows.map((row) => promiseTree(row, sheet, plan, lineText)),
      ...latency.map((each) => latencyTree(each, plan, lineText)),
    ];
    printResult(json, trees, () => trees.map((each) => treeText(each, terminalMarks())).join("\n\n"));
    return;
  }
  const shown = latency.length > 0 ? { ...sheet, rows, latency } : { ...sheet, rows };
  printResult(json, shown, () =>
    rows.length > 0 ? explanationText(rows, terminalMarks()) : latencyExplanation(latency, plan, terminalMarks()),
  );
}

interface Selected {
  readonly rows: readonly Row[];
  readonly latency: readonly PredictedLatency[];
}

/** What `FAULT`, `FAULT/SUBJECT`, `latency` or `firstToken/SUBJECT` names. Throws a `KeelsonError` if there is nothing. */
function selected(sheet: PromiseSheet, name: string): Selected {
  const [first, ...rest] = name.split("/");
  // The name of a volume contains the separator: `chroma/data`.
  const subject = rest.length === 0 ? undefined : rest.join("/");
  const isSelected = (of: string, each: string): boolean => of === first && (subject === undefined || each === subject);
  const rows = sheet.rows.filter((row) => isSelected(row.fault, row.subject));
  const latency = sheet.latency.filter((each) => isSelected(each.of, each.subject));
  if (rows.length > 0 || latency.length > 0) return { rows, latency };
  const names = [
    ...sheet.rows.map((row) => [row.fault, row.subject] as const),
    ...sheet.latency.map((each) => [each.of, each.subject] as const),
  ];
  const known = names.filter(([of]) => of === first).map((each) => each.join("/"));
  const isLatency = LATENCY_OBJECTIVES.some((of) => of === first);
  const available = known.length > 0 ? known : [...new Set(names.map(([of]) => of))];
  throw new KeelsonError("promises/unknown-row", `the sheet of ${sheet.environment} has no row ${name}`, {
    hint:
      isLatency && known.length === 0
        ? `declare the objective: objectives: { ${first}: { p95: 2s } }`
        : `available rows: ${available.join(", ")}`,
  });
}
