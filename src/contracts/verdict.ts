/**
 * The verdicts on a promise, worst first. `unknown` means that the promise can be neither predicted nor measured: it
 * counts as not kept.
 */
export const VERDICTS = ["broken", "unknown", "kept", "not-promised"] as const;

export type Verdict = (typeof VERDICTS)[number];
