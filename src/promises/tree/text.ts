import type { Verdict } from "../../contracts/verdict.js";
import { type Marks, PLAIN } from "../marks.js";
import type { TreeNode } from "./node.js";

/** The columns of a terminal, and of most reviews of code. */
const WIDTH = 80;
/** A deep node keeps room for words, even where it exceeds the width. */
const MIN_TEXT_WIDTH = 24;

/** The tree with its branches drawn. Text is wrapped at 80 columns, and lines of the platform file are cut there. */
export function treeText(root: TreeNode, marks: Marks = PLAIN): string {
  return [marks.heading(root.text), ...childLines(root, "", marks)].join("\n");
}

function childLines({ children }: TreeNode, indent: string, marks: Marks): readonly string[] {
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1;
    const below = `${indent}${isLast ? "   " : "│  "}`;
    const [first = "", ...more] = nodeLines(child, WIDTH - below.length, marks);
    const hanging = `${below}${child.children.length > 0 ? "│  " : "   "}`;
    return [
      `${indent}${isLast ? "└─ " : "├─ "}${first}`,
      ...more.map((line) => `${hanging}${line}`),
      ...childLines(child, below, marks),
    ];
  });
}

/** The lines of one node; those after the first are indented further by the caller. */
function nodeLines(node: TreeNode, width: number, marks: Marks): readonly string[] {
  const limit = Math.max(MIN_TEXT_WIDTH, width);
  const { text, kind, verdict } = node;
  const lines = wrapped(text, limit, limit - 3).map((words) => markedText(words, kind, verdict, marks));
  const quoted = quotation(node, limit - 3);
  return quoted === undefined ? lines : [...lines, marks.quiet(quoted)];
}

/** The line of the platform file; of a long one the part around the value. */
function quotation({ line, origin }: TreeNode, width: number): string | undefined {
  if (line === undefined || origin === undefined || !("column" in origin)) return undefined;
  const whole = line.trim();
  if (whole.length <= width) return whole;
  const indentation = line.length - line.trimStart().length;
  const start = Math.max(0, origin.column - 1 - indentation - Math.floor(width / 3));
  const part = start === 0 ? whole : `…${whole.slice(start + 1)}`;
  return part.length <= width ? part : `${part.slice(0, width - 1)}…`;
}

function markedText(text: string, kind: TreeNode["kind"], verdict: Verdict | undefined, marks: Marks): string {
  if (verdict !== undefined) return marks.verdict(text, verdict);
  return kind === "source" ? marks.quiet(text) : text;
}

/** Words in lines of at most a width; a longer word has a line of its own. */
function wrapped(text: string, firstWidth: number, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const limit = lines.length === 0 ? firstWidth : width;
    if (line !== "" && line.length + 1 + word.length > limit) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
