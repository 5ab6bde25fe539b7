import type { Verdict } from "../../contracts/verdict.js";
import type { Milliseconds, Ratio } from "../../plan/plan.js";
import { formatWorstCase } from "../format.js";
import type { TermOrigin } from "../origin.js";
import type { Term } from "../prediction.js";
import { sourceText } from "../source-text.js";

/** What a promise depends on: each node rests on its children. Plain data, with the text that the terminal shows. */
export interface TreeNode {
  readonly kind: "row" | "fault" | "subject" | "component" | "promise" | "term" | "source" | "measurement";
  readonly text: string;
  /** Of a promise: the predicted worst case. Of a term: its duration. */
  readonly value?: Milliseconds;
  /** Of an availability: what is promised or predicted. */
  readonly ratio?: Ratio;
  readonly verdict?: Verdict;
  /** Of a source: a line of the platform file, the document of a fact with its date, an assumption, a drill. */
  readonly origin?: TermOrigin;
  /** The line of the platform file at `origin`, if its text is known. */
  readonly line?: string;
  readonly children: readonly TreeNode[];
}

/** The text of a line (counted from 1) of the platform file; undefined if the platform is defined in code. */
export type LineText = (line: number) => string | undefined;

/** Makes the node of a source. */
export type SourceNode = (origin: TermOrigin, text?: string) => TreeNode;

/** Sources with the lines of one platform file. */
export function sourceNodes(lineText: LineText): SourceNode {
  return (origin, text = sourceText(origin)) => {
    const line = "line" in origin && origin.line > 0 ? lineText(origin.line) : undefined;
    const where = origin.kind === "default" && origin.line > 0 ? `${text}, at line ${origin.line}` : text;
    const from =
      "inheritedFrom" in origin && origin.inheritedFrom !== undefined ? `, inherited from ${origin.inheritedFrom}` : "";
    return { kind: "source", text: `${where}${from}`, origin, ...(line === undefined ? {} : { line }), children: [] };
  };
}

/** A term, its source, and the components that it rests on. */
export function termNode(
  { name, value, how, origin }: Term,
  source: SourceNode,
  components: readonly TreeNode[] = [],
  format: (duration: Milliseconds) => string = formatWorstCase,
): TreeNode {
  return {
    kind: "term",
    text: `${format(value)} ${how === undefined ? name : `${name} (${how})`}`,
    value,
    children: [source(origin), ...components],
  };
}
