import type { DesignFinding } from "../src/api/design.js";
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

const measuredAt = Date.UTC(2026, 10, 21, 8);

/** A restore whose steps a drill has measured: one faster, one slower than estimated. */
const restored: Cell = {
  ...cell("kept", 41_000, { kind: "measured", ms: 38_000 }),
  predicted: {
    kind: "bounded",
    total: 41_000,
    terms: [
      { name: "probe", value: 9_000, origin: at },
      {
        name: "restore of the backup",
        value: 26_000,
        estimate: 40_000,
        how: "measured on 512Mi",
        origin: { kind: "measurement", drill: "d4", at: measuredAt },
        measured: { value: 26_000, bytes: 536_870_912, drill: "d4", at: measuredAt },
      },
      {
        name: "replay of the log",
        value: 6_000,
        estimate: 4_000,
        origin: { kind: "measurement", drill: "d4", at: measuredAt },
        measured: { value: 6_000, drill: "d4", at: measuredAt },
      },
    ],
  },
};

const DAY_MS = 86_400_000;

/** Drills over a month: a promise that was tightened, and one drill after which nothing recovered. */
const history = [52_000, 47_000, undefined, 44_000, 38_000].map((ms, index) => ({
  drill: `d${index}`,
  at: measuredAt - (4 - index) * 7 * DAY_MS,
  rto:
    ms === undefined ? ({ kind: "never-recovered", afterMs: 120_000 } as const) : ({ kind: "measured", ms } as const),
  rpo: { kind: "measured", ms: 4_000 - index * 300 } as const,
  promised: { rto: index < 3 ? 90_000 : 60_000, rpo: 60_000 },
  predicted: { rto: 55_000, rpo: 30_000 },
}));

/** A promise sheet with each verdict and each kind of measurement. */
export const rows: readonly Row[] = [
  { ...row("database", "kept", restored, cell("kept", 5_000, { kind: "measured", ms: 2_800 })), history },
  row("gateway", "kept", cell("kept", 25_000, { kind: "measured", ms: 3_200 }), cell("kept", 0)),
  row("orders", "broken", cell("broken", 94_000), cell("kept", 0, { kind: "not-applicable" })),
  row("search", "broken", cell("broken", 25_000, { kind: "never-recovered", afterMs: 120_000 }), cell("kept", 0)),
  row("reports", "unknown", unknown, unknown),
];

/** A platform file with a finding of each severity, one of them with a fix. */
export const file = `platform: shop
stores:
  orders: { postgres: 17 }
objectives: { rto: 5m, rpo: 1m }
`;

const place = (line: number) => ({ file: "platform.yaml", line, column: 3 });

export const findings: readonly DesignFinding[] = [
  {
    code: "recovery/no-backup",
    severity: "error",
    message: "no backup of orders is declared, but orders promises RPO 1m",
    hint: "declare backups: `full: daily keep 7d, log: 30s keep 7d`",
    at: place(3),
    diff: `--- a/platform.yaml
+++ b/platform.yaml
@@ -2,3 +2,3 @@
 stores:
-  orders: { postgres: 17 }
+  orders: { postgres: 17, backups: { full: daily keep 7d, log: 30s keep 7d } }
 objectives: { rto: 5m, rpo: 1m }
`,
    safe: true,
  },
  { code: "recovery/drill-missing", severity: "warning", message: "no drill is scheduled", at: place(4), safe: false },
  { code: "delivery/image-unpinned", severity: "note", message: "the image has no digest", at: place(0), safe: false },
];
