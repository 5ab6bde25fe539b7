import type { Verdict } from "../../contracts/verdict.js";
import { originOf } from "../../plan/origin.js";
import type { Element, Milliseconds, Origin, Plan } from "../../plan/plan.js";
import { cellSummary } from "../explanation-text.js";
import { faults, smallerFaults } from "../faults/index.js";
import { formatOutcome, formatPrediction, formatWorstCase } from "../format.js";
import { verdictText } from "../marks.js";
import type { TermOrigin } from "../origin.js";
import type { Term } from "../prediction.js";
import type { Cell, PromiseSheet, Row } from "../sheet.js";
import { calleesOf } from "../slo-targets.js";
import { dayOf, sourceText } from "../source-text.js";

/** What a promise depends on: each node rests on its children. Plain data, with the text that the terminal shows. */
export interface TreeNode {
  readonly kind: "row" | "fault" | "subject" | "component" | "promise" | "term" | "source" | "measurement";
  readonly text: string;
  /** Of a promise: the predicted worst case. Of a term: its duration. */
  readonly value?: Milliseconds;
  readonly verdict?: Verdict;
  /** Of a source: a line of the platform file, the document of a fact with its date, an assumption, a drill. */
  readonly origin?: TermOrigin;
  /** The line of the platform file at `origin`, if its text is known. */
  readonly line?: string;
  readonly children: readonly TreeNode[];
}

/** The text of a line (counted from 1) of the platform file; undefined if the platform is defined in code. */
export type LineText = (line: number) => string | undefined;

/** What one row of the sheet depends on: the fault, the subject with the components that it calls, and the terms. */
export function promiseTree(row: Row, sheet: Pick<PromiseSheet, "rows">, plan: Plan, lineText: LineText): TreeNode {
  const source = (origin: TermOrigin, text = sourceText(origin)) => sourceNode(origin, text, lineText);
  const components = new Components(row, sheet.rows, plan, source);
  return {
    kind: "row",
    text: `${row.fault} / ${row.subject}: ${verdictText(row.verdict)}`,
    verdict: row.verdict,
    children: [
      faultNode(row),
      components.subject(),
      promiseNode("RTO", row.rto, components, source),
      promiseNode("RPO", row.rpo, components, source),
    ],
  };
}

type SourceNode = (origin: TermOrigin, text?: string) => TreeNode;

function faultNode({ fault: id, title }: Row): TreeNode {
  const children = smallerFaults(id).map((name) => {
    const smaller = faults.find((each) => each.id === name);
    const text = smaller === undefined ? `includes ${name}` : `includes ${name}: ${smaller.title}`;
    return { kind: "fault", text, children: [] } as const;
  });
  return { kind: "fault", text: `fault: ${title}`, children };
}

function promiseNode(name: string, cell: Cell, components: Components, source: SourceNode): TreeNode {
  const { predicted, promised, promisedAt, measured, measuredAt, verdict } = cell;
  const objective =
    promised === undefined || promisedAt === undefined
      ? []
      : [
          {
            kind: "promise",
            text: `promised ${formatWorstCase(promised)}`,
            value: promised,
            children: [source(promisedAt)],
          } as const,
        ];
  const found =
    measured === undefined || measuredAt === undefined
      ? []
      : [
          {
            kind: "measurement",
            text: `${formatOutcome(measured)} measured by the newest drill on ${dayOf(measuredAt)}`,
            children: [],
          } as const,
        ];
  const terms =
    predicted.kind === "bounded"
      ? predicted.terms.map((term) => termNode(term, components, source))
      : [{ kind: "term", text: `${predicted.kind}: ${predicted.why}`, children: [source(predicted.origin)] } as const];
  return {
    kind: "promise",
    text: cellSummary(name, cell),
    ...(predicted.kind === "bounded" ? { value: predicted.total } : {}),
    verdict,
    children: [...objective, ...terms, ...found],
  };
}

function termNode(
  { name, value, how, origin, restsOn = [] }: Term,
  components: Components,
  source: SourceNode,
): TreeNode {
  return {
    kind: "term",
    text: `${formatWorstCase(value)} ${how === undefined ? name : `${name} (${how})`}`,
    value,
    children: [source(origin), ...restsOn.map((each) => components.node(each, "rests on "))],
  };
}

function sourceNode(origin: TermOrigin, text: string, lineText: LineText): TreeNode {
  const line = "line" in origin && origin.line > 0 ? lineText(origin.line) : undefined;
  const where = origin.kind === "default" && origin.line > 0 ? `${text}, at line ${origin.line}` : text;
  const from =
    "inheritedFrom" in origin && origin.inheritedFrom !== undefined ? `, inherited from ${origin.inheritedFrom}` : "";
  return { kind: "source", text: `${where}${from}`, origin, ...(line === undefined ? {} : { line }), children: [] };
}

/** The components around the subject of a row, each with its own prediction for the same fault. Each is expanded once. */
class Components {
  readonly #elements: ReadonlyMap<string, Element>;
  readonly #callees: ReadonlyMap<string, readonly string[]>;
  readonly #shown: Set<string>;

  constructor(
    readonly row: Row,
    readonly rows: readonly Row[],
    readonly plan: Plan,
    readonly source: SourceNode,
  ) {
    this.#elements = new Map([...plan.units, ...plan.models, ...plan.stores].map((each) => [each.name, each]));
    this.#callees = calleesOf(plan);
    this.#shown = new Set([row.subject]);
  }

  subject(): TreeNode {
    const { subject, subjectKind, path } = this.row;
    const callers = [...this.#callees].flatMap(([from, to]) => (to.includes(subject) ? [from] : []));
    return {
      kind: "subject",
      text: subjectKind === "platform" ? `subject: the platform ${subject}` : `subject: ${subject}`,
      children: [
        this.#declaration(path),
        ...this.#called(subject),
        ...callers.map((name) => ({ kind: "component", text: `called by ${name}`, children: [] }) as const),
      ],
    };
  }

  /** A component with its line and what it calls. */
  node(name: string, prefix: string): TreeNode {
    const own = this.rows.find(({ fault, subject }) => fault === this.row.fault && subject === name);
    const state =
      own === undefined
        ? `the fault does not affect it by itself`
        : `RTO ${formatPrediction(own.rto.predicted)} after the same fault: ${verdictText(own.rto.verdict)}`;
    const text = `${prefix}${name}: ${state}`;
    const verdict = own === undefined ? {} : { verdict: own.rto.verdict };
    if (this.#shown.has(name)) return { kind: "component", text, ...verdict, children: [] };
    this.#shown.add(name);
    const element = this.#elements.get(name);
    const declared = element === undefined ? [] : [this.#declaration(element.path)];
    return { kind: "component", text, ...verdict, children: [...declared, ...this.#called(name)] };
  }

  #called(name: string): readonly TreeNode[] {
    return (this.#callees.get(name) ?? []).map((each) => this.node(each, "calls "));
  }

  #declaration(path: string): TreeNode {
    const origin: Origin = originOf(this.plan, path);
    return this.source(origin);
  }
}
