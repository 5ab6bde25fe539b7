import type { DrillMeasurement, DrillResult, InjectedFault, Outcome } from "../../../contracts/drills.js";
import type { Milliseconds } from "../../../plan/plan.js";
import { formatMeasured, formatOutcome, formatWorstCase } from "../../../promises/format.js";
import { size } from "./size.js";

/** The content of a report, as tables and sentences; each format decides how it looks. */
export interface ReportFacts {
  readonly title: string;
  readonly verdict: { readonly word: string; readonly sentence: string };
  readonly facts: readonly (readonly [string, string])[];
  readonly findings: readonly { readonly what: string; readonly why: string }[];
  readonly measurements: Table;
  readonly faults: Table;
  readonly terms: Table | undefined;
  readonly events: Table;
  readonly method: readonly string[];
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function reportFacts(result: DrillResult): ReportFacts {
  return {
    title: `Drill ${result.fault}: ${result.title}`,
    verdict: verdictWords(result),
    facts: factRows(result),
    findings: result.findings,
    measurements: {
      head: ["component", "RTO promised", "predicted", "measured", "RPO promised", "predicted", "measured", "verdict"],
      rows: result.measurements.map(measurementRow),
    },
    faults: {
      head: [
        "fault",
        "injected at (UTC)",
        "observed by",
        "outage",
        "failed",
        "acknowledged",
        "lost",
        "age of the loss",
        "since the last WAL segment",
      ],
      rows: result.faults.map(faultRow),
    },
    terms:
      result.terms.length === 0
        ? undefined
        : {
            head: ["step", "duration", "data", "rate"],
            rows: result.terms.map(({ name, value, bytes }) => [
              name,
              formatMeasured(value),
              bytes === undefined ? "–" : size(bytes),
              bytes === undefined || value === 0 ? "–" : `${size((bytes / value) * 1000)}/s`,
            ]),
          },
    events: {
      head: ["after", "event"],
      rows: result.events.map(({ t, what }) => [`${(t / 1000).toFixed(2)} s`, what]),
    },
    method: METHOD,
  };
}

const METHOD = [
  "The load is open-loop: requests are sent by the clock, whatever happens to earlier ones. Chat requests go to the gateway over HTTP; writes are committed directly in the database. A component that neither reaches is probed five times per second.",
  "RTO is the outage that these clients observed: from the last success before the fault to the first success that was sent after the last failure. If no request failed, it is the longest gap between two successes. `never` means that the wait for recovery timed out.",
  "RPO is measured as CloudNativePG measures a failover: from the last acknowledged write that survived to the fault. It is 0 if every acknowledged write survived.",
  "The loss of a database costs what was written since the last archived WAL segment, so it depends on the moment of the fault. A database drill archives a segment just before its load starts. The last column of the faults shows how long ago that was. A fault at the end of the archive interval costs the whole interval: compare the predicted worst case with the promise, or run the drill with a longer `--duration`.",
  "Every acknowledged chat is read back from the usage ledger by its request id, every acknowledged write from its table.",
  "Promised figures come from the platform file. Predicted figures are the worst case on the promise sheet.",
];

function verdictWords(result: DrillResult): ReportFacts["verdict"] {
  const { state, verdict, reason, findings, faults, measurements } = result;
  if (state === "running") return { word: "running", sentence: "The drill is running." };
  if (state === "cancelled")
    return { word: "cancelled", sentence: "The drill was cancelled. It proves nothing about the promise." };
  if (state === "failed")
    return {
      word: "failed",
      sentence: `The drill failed and proves nothing about the promise: ${reason ?? "unknown"}.`,
    };
  const wrong = measurements.filter(({ underestimated }) => underestimated).map(({ subject }) => subject);
  const warning = wrong.length > 0 ? ` The measurement exceeds the prediction for ${wrong.join(", ")}.` : "";
  switch (verdict) {
    case "kept":
      return { word: "kept", sentence: `Every promise was kept.${warning}` };
    case "broken":
      return {
        word: "broken",
        sentence:
          findings.length > 0 && faults.length === 0
            ? "The promise cannot be kept: see the findings. Nothing was destroyed."
            : `A promise was broken.${warning}`,
      };
    case "not-promised":
      return { word: "not promised", sentence: `Nothing is promised for these components.${warning}` };
    default:
      return { word: "unknown", sentence: "There was nothing to measure for a promise." };
  }
}

function factRows(result: DrillResult): [string, string][] {
  const { versions, load } = result;
  return [
    ["drill", result.id],
    ["platform", `${result.platform}, environment ${result.environment}`],
    ["started", instant(result.startedAt)],
    ["ended", result.finishedAt === undefined ? "–" : instant(result.finishedAt)],
    ["load", `per second ${load.requests} chat requests to ${load.model} and ${load.writes} writes`],
    // Lost data is counted only when a drill reads everything back.
    ["acknowledged", `${result.acknowledged}${result.state === "finished" ? `, of which lost: ${result.lost}` : ""}`],
    ["failed", String(result.failed)],
    [
      "versions",
      `keelson ${versions.keelson}, PostgreSQL ${versions.postgres || "–"}, Node.js ${versions.node}, ${versions.system}`,
    ],
  ];
}

function measurementRow({
  subject,
  rto,
  rpo,
  promised,
  predicted,
  verdict,
  underestimated,
}: DrillMeasurement): string[] {
  return [
    subject,
    promisedText(promised.rto),
    worstCase(predicted.rto),
    formatOutcome(rto),
    promisedText(promised.rpo),
    worstCase(predicted.rpo),
    formatOutcome(rpo),
    `${verdict.replace("-", " ")}${underestimated ? " (worse than predicted)" : ""}`,
  ];
}

function faultRow(fault: InjectedFault): string[] {
  return [
    fault.description,
    instant(fault.injectedAt).slice(11, 23),
    fault.observedBy === "request" ? "chat requests" : "database writes",
    outageText(fault.rto),
    String(fault.failed),
    String(fault.acknowledged),
    String(fault.lost),
    formatOutcome(fault.rpo),
    fault.sinceArchivedMs === undefined ? "–" : formatMeasured(fault.sinceArchivedMs),
  ];
}

function outageText(rto: Outcome): string {
  return rto.kind === "never-recovered" ? `no recovery within ${formatWorstCase(rto.afterMs)}` : formatOutcome(rto);
}

/** A promised figure. */
export function promisedText(promised: Milliseconds | undefined): string {
  return promised === undefined ? "–" : formatMeasured(promised);
}

/** A predicted worst case, rounded up as on the promise sheet. */
export function worstCase(predicted: Milliseconds | undefined): string {
  return predicted === undefined ? "–" : formatWorstCase(predicted);
}

function instant(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace("Z", " UTC");
}
