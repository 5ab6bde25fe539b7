import type { Source } from "../plan/plan.js";
import { periodText } from "./latency/measured-load.js";
import type { TermOrigin } from "./origin.js";

/** The source of a term as one line: a position, or what states or measured it. */
export function sourceText(origin: TermOrigin): string {
  switch (origin.kind) {
    case "file":
      return positionText(origin);
    case "environment":
      return `${positionText(origin)} (${origin.environment})`;
    case "default":
      return `default: ${origin.why}`;
    case "citation":
      return citedText(origin);
    case "assumption":
      return `assumed: ${origin.why}`;
    case "verification":
      return `measured by the verification of backup ${origin.backup} on ${dayOf(origin.at)}`;
    case "ledger":
      return `measured: ${periodText(origin)}`;
    case "measurement":
      return `measured by drill ${origin.drill} on ${dayOf(origin.at)}`;
  }
}

/** A source, and the day on which it was read. */
export function citedText({ source, read }: Source): string {
  return read === undefined ? source : `${source}, read ${read}`;
}

/** `platform.yaml:12:3`; the name of the file alone if the line is not known. */
export function positionText({ file, line, column }: { file: string; line: number; column: number }): string {
  return line > 0 ? `${file}:${line}:${column}` : file;
}

/** The day of a point in time, in UTC: `2026-11-30`. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
