import { z } from "zod";
import { type DrillResult, drillResultSchema, type Outcome, RESULT_VERSION } from "../../contracts/drills.js";

/** The content of a `result.json`, or why it cannot be used. */
export type ParsedResult =
  | { readonly kind: "result"; readonly result: DrillResult }
  | { readonly kind: "unreadable"; readonly why: string };

/**
 * Parses a `result.json` of this version or of version 1 (Keelson 0.1.0). Pure; never throws.
 *
 * Version 1 wrote durations as plain numbers and left the field out in two cases: the platform never recovered, or there
 * was nothing to measure. An absent figure is read as never recovered if the clients of the fault sent any request,
 * because a promise must not count as kept for lack of a figure.
 */
export function parseResult(text: string): ParsedResult {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { kind: "unreadable", why: "it is not valid JSON" };
  }
  const current = drillResultSchema.safeParse(document);
  if (current.success) return { kind: "result", result: current.data };
  const version = formatVersion.safeParse(document);
  if (version.success)
    return version.data.formatVersion > RESULT_VERSION
      ? { kind: "unreadable", why: "it was written by a newer version of Keelson" }
      : { kind: "unreadable", why: issueOf(current.error) };
  const first = versionOne.safeParse(document);
  if (first.success) return { kind: "result", result: fromVersionOne(first.data) };
  return { kind: "unreadable", why: issueOf(first.error) };
}

function issueOf({ issues: [issue] }: z.ZodError): string {
  return issue ? `${issue.path.join(".") || "the document"}: ${issue.message}` : "it is invalid";
}

const formatVersion = z.object({ formatVersion: z.number() });

const milliseconds = z.number();

const figures = { rto: milliseconds.optional(), rpo: milliseconds.optional() };

const versionOneFault = z.object({
  what: z.string(),
  at: z.number(),
  subjects: z.array(z.string()),
  seenBy: z.enum(["request", "write"]),
  ...figures,
  sinceShipped: milliseconds.optional(),
  probed: z.array(z.object({ subject: z.string(), rto: milliseconds.optional() })).default([]),
  failed: z.number(),
  acknowledged: z.number(),
  lost: z.number(),
});

/** Fields with the same meaning in both versions. */
const unchanged = drillResultSchema.omit({
  formatVersion: true,
  state: true,
  rto: true,
  rpo: true,
  measurements: true,
  faults: true,
});

const versionOne = unchanged.extend({
  state: z.enum(["running", "finished", "failed"]),
  ...figures,
  measurements: z.array(drillResultSchema.shape.measurements.element.extend(figures)),
  strikes: z.array(versionOneFault),
});

type VersionOne = z.infer<typeof versionOne>;
type VersionOneFault = z.infer<typeof versionOneFault>;

function fromVersionOne({ strikes: faults, rto, rpo, ...drill }: VersionOne): DrillResult {
  const end = drill.finishedAt ?? drill.startedAt;
  const worst = faults.find(({ subjects }) => drill.subject !== undefined && subjects.includes(drill.subject));
  return {
    ...drill,
    formatVersion: RESULT_VERSION,
    state: drill.state === "failed" && drill.reason === "it was cancelled" ? "cancelled" : drill.state,
    ...(drill.subject !== undefined && { rto: outcomeOf(rto, worst, end), rpo: outcomeOf(rpo, worst, end) }),
    measurements: drill.measurements.map((measurement) => {
      const fault = faults.find(({ subjects }) => subjects.includes(measurement.subject));
      return {
        ...measurement,
        rto: outcomeOf(measurement.rto, fault, end),
        rpo: outcomeOf(measurement.rpo, fault, end),
      };
    }),
    faults: faults.map((fault) => ({
      description: fault.what,
      injectedAt: fault.at,
      subjects: fault.subjects,
      observedBy: fault.seenBy,
      rto: outcomeOf(fault.rto, fault, end),
      rpo: outcomeOf(fault.rpo, fault, end),
      ...(fault.sinceShipped !== undefined && { sinceArchivedMs: fault.sinceShipped }),
      probes: fault.probed.map((probe) => ({ subject: probe.subject, rto: outcomeOf(probe.rto, fault, end) })),
      failed: fault.failed,
      acknowledged: fault.acknowledged,
      lost: fault.lost,
    })),
  };
}

function outcomeOf(figure: number | undefined, fault: VersionOneFault | undefined, end: number): Outcome {
  if (figure !== undefined) return { kind: "measured", ms: figure };
  if (fault !== undefined && fault.failed + fault.acknowledged === 0)
    return { kind: "not-applicable", reason: "no request was sent" };
  return { kind: "never-recovered", afterMs: Math.max(0, end - (fault?.at ?? end)) };
}
