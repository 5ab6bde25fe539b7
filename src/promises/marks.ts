import type { Verdict } from "../contracts/verdict.js";

/** How parts of a text are highlighted in a terminal. The text is complete without highlighting. */
export interface Marks {
  readonly heading: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly verdict: (text: string, verdict: Verdict) => string;
}

export const PLAIN: Marks = { heading: (text) => text, quiet: (text) => text, verdict: (text) => text };

/** One character for each verdict. */
export const SIGNS: Readonly<Record<Verdict, string>> = { kept: "✓", broken: "✗", unknown: "?", "not-promised": "·" };

export function verdictText(verdict: Verdict): string {
  return verdict.replace("-", " ");
}
