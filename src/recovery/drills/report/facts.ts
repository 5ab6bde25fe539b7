import { measuredText, readable } from "../../../promises/explain.js";
import type { DrillAssessment, DrillResult } from "../result.js";
import { size } from "./size.js";

/** What a report says, as tables and sentences; how it looks is the business of each format. */
export interface ReportFacts {
  readonly title: string;
  readonly verdict: { readonly word: string; readonly sentence: string };
  readonly facts: readonly (readonly [string, string])[];
  readonly findings: readonly { readonly what: string; readonly why: string }[];
  readonly assessments: Table;
  readonly strikes: Table;
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
    assessments: {
      head: ["element", "RTO promised", "predicted", "measured", "RPO promised", "predicted", "measured", "verdict"],
      rows: result.measurements.map(assessmentRow),
    },
    strikes: {
      head: [
        "fault",
        "at (UTC)",
        "seen by",
        "without service",
        "failed",
        "acknowledged",
        "lost",
        "age of the loss",
        "log stored before",
      ],
      rows: result.strikes.map((strike) => [
        strike.what,
        instant(strike.at).slice(11, 23),
        strike.seenBy === "request" ? "chat requests" : "writes to the database",
        duration(strike.rto, "it did not come back"),
        String(strike.failed),
        String(strike.acknowledged),
        String(strike.lost),
        duration(strike.rpo, "–"),
        duration(strike.sinceShipped, "–"),
      ]),
    },
    terms:
      result.terms.length === 0
        ? undefined
        : {
            head: ["piece of the recovery", "took", "data"],
            rows: result.terms.map(({ name, value, bytes }) => [
              name,
              duration(value, "–"),
              bytes === undefined ? "–" : size(bytes),
            ]),
          },
    events: {
      head: ["after", "what happened"],
      rows: result.events.map(({ t, what }) => [`${(t / 1000).toFixed(2)} s`, what]),
    },
    method: METHOD,
  };
}

const METHOD = [
  "Load is open-loop: work is sent by the clock, whatever becomes of earlier work. Chat requests go over HTTP to the gateway; writes are committed straight in the database. Elements that those do not ask are asked five times a second by a probe of their own.",
  "RTO is the time without service as these clients saw it: from the last success before the fault to the first success that was asked for after the last failure. Where nothing failed, it is the longest pause between two successes.",
  "RPO is measured as CloudNativePG measures a failover: from the last acknowledged write that is still there to the fault. It is 0 when every acknowledged write is there.",
  "What the loss of a database costs depends on the moment: the log is shipped in intervals, and a database drill sees it shipped just before its load begins. The last column of the faults says how long ago that was. A fault at the end of the interval costs all of it: hold the predicted figure, which is the worst case, against the promise, or strike later with a longer `--duration`.",
  "Every acknowledged chat is looked for in the usage ledger by its request id, every acknowledged write in its table.",
  "Promised figures are those of the platform file; predicted ones are the worst case that the promise sheet reckons.",
];

function verdictWords({ state, verdict, reason, findings, measurements }: DrillResult): ReportFacts["verdict"] {
  if (state === "running") return { word: "running", sentence: "The drill is under way." };
  if (state === "failed")
    return { word: "not finished", sentence: `The drill did not come to its end: ${reason ?? "unknown"}.` };
  const under = measurements
    .filter((measurement) => measurement.underestimated)
    .map((measurement) => measurement.subject);
  const warning =
    under.length > 0 ? ` The prediction was too good for ${under.join(", ")}: it has to be corrected.` : "";
  switch (verdict) {
    case "kept":
      return { word: "kept", sentence: `Every promise was kept.${warning}` };
    case "broken":
      return {
        word: "broken",
        sentence:
          findings.length > 0 && measurements.length === 0
            ? "The promise cannot be kept: see the findings. Nothing was destroyed."
            : `A promise was broken.${warning}`,
      };
    case "not-promised":
      return { word: "not promised", sentence: `Nothing is promised for what was struck.${warning}` };
    default:
      return { word: "unknown", sentence: "It cannot be said whether the promise was kept." };
  }
}

function factRows(result: DrillResult): [string, string][] {
  const { versions, load } = result;
  return [
    ["drill", result.id],
    ["platform", `${result.platform}, environment ${result.environment}`],
    ["began", instant(result.startedAt)],
    ["ended", result.finishedAt === undefined ? "–" : instant(result.finishedAt)],
    ["load", `${load.requests} chats/s to ${load.model}, ${load.writes} writes/s`],
    // What was lost is only known where a drill came as far as comparing.
    ["acknowledged", `${result.acknowledged}${result.state === "failed" ? "" : `, of which lost: ${result.lost}`}`],
    ["failed", String(result.failed)],
    [
      "versions",
      `keelson ${versions.keelson}, PostgreSQL ${versions.postgres || "–"}, Node.js ${versions.node}, ${versions.system}`,
    ],
  ];
}

function assessmentRow(assessment: DrillAssessment): string[] {
  const { promised, predicted } = assessment;
  return [
    assessment.subject,
    duration(promised.rto, "–"),
    worstCase(predicted.rto),
    duration(assessment.rto, "never"),
    duration(promised.rpo, "–"),
    worstCase(predicted.rpo),
    duration(assessment.rpo, "–"),
    `${assessment.verdict.replace("-", " ")}${assessment.underestimated ? " (worse than predicted)" : ""}`,
  ];
}

/** A measured time, or one that was promised. */
export function duration(milliseconds: number | undefined, absent: string): string {
  return milliseconds === undefined ? absent : measuredText(milliseconds);
}

/** A worst case, rounded up as on the promise sheet. */
export function worstCase(milliseconds: number | undefined): string {
  return milliseconds === undefined ? "–" : readable(milliseconds);
}

function instant(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace("Z", " UTC");
}
