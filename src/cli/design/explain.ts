import { KeelsonError } from "../../errors/keelson-error.js";
import type { PredictedAvailability } from "../../promises/availability.js";
import { availabilityExplanation } from "../../promises/availability-text.js";
import { explanationText } from "../../promises/explanation-text.js";
import { latencyExplanation } from "../../promises/latency/latency-text.js";
import type { ObservedPlan } from "../../promises/latency/measured-load.js";
import type { PredictedLatency } from "../../promises/latency/predicted-latency.js";
import type { SloObjective } from "../../promises/objectives.js";
import type { PromiseSheet, Row } from "../../promises/sheet.js";
import { availabilityTree } from "../../promises/tree/availability-tree.js";
import { latencyTree } from "../../promises/tree/latency-tree.js";
import type { TreeNode } from "../../promises/tree/node.js";
import { treeText } from "../../promises/tree/text.js";
import { promiseTree } from "../../promises/tree/tree.js";
import { printResult } from "../terminal/output.js";
import { terminalMarks } from "./terminal-marks.js";

const AVAILABILITY: SloObjective = "availability";

/** How an objective is declared that the sheet does not have. */
const EXAMPLES: Readonly<Record<string, string>> = {
  availability: "availability: 99.9%",
  latency: "latency: { p95: 2s }",
  firstToken: "firstToken: { p95: 2s }",
} satisfies Record<SloObjective, string>;

interface Output {
  readonly json: true | undefined;
  readonly tree: true | undefined;
  /** Of the platform file; undefined if the platform is defined in code. */
  readonly lines: readonly string[] | undefined;
}

/** `keelson promises --explain NAME`: rows of a fault, or availability or latency objectives. */
export function printExplanation(
  sheet: PromiseSheet,
  plan: ObservedPlan,
  name: string,
  { json, tree, lines }: Output,
): void {
  const { rows, availability, latency } = selected(sheet, name);
  if (tree) {
    const lineText = (line: number) => lines?.[line - 1];
    const trees: readonly TreeNode[] = [
      ...rows.map((row) => promiseTree(row, sheet, plan, lineText)),
      ...availability.map((each) => availabilityTree(each, plan, lineText)),
      ...latency.map((each) => latencyTree(each, plan, lineText)),
    ];
    printResult(json, trees, () => trees.map((each) => treeText(each, terminalMarks())).join("\n\n"));
    return;
  }
  const only = rows.length > 0 ? {} : { availability, latency };
  const marks = terminalMarks();
  printResult(json, { ...sheet, rows, ...only }, () => {
    if (rows.length > 0) return explanationText(rows, marks);
    return availability.length > 0
      ? availabilityExplanation(availability, plan, marks)
      : latencyExplanation(latency, plan, marks);
  });
}

interface Selected {
  readonly rows: readonly Row[];
  readonly availability: readonly PredictedAvailability[];
  readonly latency: readonly PredictedLatency[];
}

/** What `FAULT`, `FAULT/SUBJECT`, `availability`, `latency` or `firstToken/SUBJECT` names. Throws a `KeelsonError` if there is nothing. */
function selected(sheet: PromiseSheet, name: string): Selected {
  const [first, ...rest] = name.split("/");
  // The name of a volume contains the separator: `chroma/data`.
  const subject = rest.length === 0 ? undefined : rest.join("/");
  const isSelected = (of: string, each: string): boolean => of === first && (subject === undefined || each === subject);
  const rows = sheet.rows.filter((row) => isSelected(row.fault, row.subject));
  const latency = sheet.latency.filter((each) => isSelected(each.of, each.subject));
  const availability = sheet.availability.filter((each) => isSelected(AVAILABILITY, each.subject));
  if (rows.length > 0 || availability.length > 0 || latency.length > 0) return { rows, availability, latency };
  const names = [
    ...sheet.rows.map((row) => [row.fault, row.subject] as const),
    ...sheet.availability.map((each) => [AVAILABILITY, each.subject] as const),
    ...sheet.latency.map((each) => [each.of, each.subject] as const),
  ];
  const known = names.filter(([of]) => of === first).map((each) => each.join("/"));
  const example = EXAMPLES[first ?? ""];
  const available = known.length > 0 ? known : [...new Set(names.map(([of]) => of))];
  throw new KeelsonError("promises/unknown-row", `the sheet of ${sheet.environment} has no row ${name}`, {
    hint:
      example !== undefined && known.length === 0
        ? `declare the objective: objectives: { ${example} }`
        : `available rows: ${available.join(", ")}`,
  });
}
