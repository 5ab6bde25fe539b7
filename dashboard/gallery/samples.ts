import type { Cell, Row } from "../src/api/promises.js";

const at = { kind: "file", file: "platform.yaml", line: 11, column: 15 } as const;

function cell(verdict: Cell["verdict"], total: number, measured?: Cell["measured"]): Cell {
  return {
    verdict,
    promised: 60_000,
    promisedAt: at,
    predicted: {
      kind: "bounded",
      total,
      terms: [
        { name: "liveness probe", value: total, origin: { kind: "citation", source: "Kubernetes documentation" } },
      ],
    },
    ...(measured === undefined ? {} : { measured, measuredAt: Date.UTC(2026, 10, 21, 8) }),
  };
}

function row(subject: string, verdict: Cell["verdict"], rto: Cell, rpo: Cell): Row {
  return {
    fault: "process-crash",
    title: "A process exits or hangs",
    subject,
    verdict,
    rto,
    rpo,
    alert: { name: "replicas-missing", severity: "critical", summary: `${subject} has too few ready replicas` },
    runbook: {
      id: "restart-unit",
      title: "Restart the unit",
      when: "a replica does not become ready",
      steps: [{ action: "Read the events of its pods", command: "kubectl describe pod" }],
      done: "all replicas are ready",
    },
    drill: "process-crash",
  };
}

const unknown: Cell = {
  verdict: "unknown",
  promised: 60_000,
  promisedAt: at,
  predicted: { kind: "unknown", why: "no metrics are collected", origin: at },
};

/** A promise sheet with each verdict and each kind of measurement. */
export const rows: readonly Row[] = [
  row("gateway", "kept", cell("kept", 25_000, { kind: "measured", ms: 3_200 }), cell("kept", 0)),
  row("orders", "broken", cell("broken", 94_000), cell("kept", 0, { kind: "not-applicable" })),
  row("search", "broken", cell("broken", 25_000, { kind: "never-recovered", afterMs: 120_000 }), cell("kept", 0)),
  row("reports", "unknown", unknown, unknown),
];
