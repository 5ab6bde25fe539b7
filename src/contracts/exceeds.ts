import type { Outcome } from "./drills.js";

/** Whether a measurement is longer than a limit, in milliseconds. NaN exceeds every limit, and so does `never-recovered`. */
export function exceeds(measured: Outcome, limit: number): boolean {
  switch (measured.kind) {
    case "measured":
      return !(measured.ms <= limit);
    case "never-recovered":
      return true;
    case "not-applicable":
      return false;
  }
}
