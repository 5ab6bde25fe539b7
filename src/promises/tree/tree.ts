import { originOf } from "../../plan/origin.js";
import type { Element, Origin, Plan } from "../../plan/plan.js";
import { cellSummary } from "../explanation-text.js";
import { faults, smallerFaults } from "../faults/index.js";
import { formatOutcome, formatPrediction, formatWorstCase } from "../format.js";
import { verdictText } from "../marks.js";
import type { Cell, PromiseSheet, Row } from "../sheet.js";
import { calleesOf } from "../slo-targets.js";
import { dayOf } from "../source-text.js";
import { type LineText, type SourceNode, sourceNodes, type TreeNode, termNode } from "./node.js";

/** What one row of the sheet depends on: the fault, the subject with the components that it calls, and the terms. */
export function promiseTree(row: Row, sheet: Pick<PromiseSheet, "rows">, plan: Plan, lineText: LineText): TreeNode {
  const source = sourceNodes(lineText);
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
      ? predicted.terms.map((term) =>
          termNode(
            term,
            source,
            (term.restsOn ?? []).map((each) => components.node(each, "rests on ")),
          ),
        )
      : [{ kind: "term", text: `${predicted.kind}: ${predicted.why}`, children: [source(predicted.origin)] } as const];
  return {
    kind: "promise",
    text: cellSummary(name, cell),
    ...(predicted.kind === "bounded" ? { value: predicted.total } : {}),
    verdict,
    children: [...objective, ...terms, ...found],
  };
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
