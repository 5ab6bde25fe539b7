import type { BackupKind, Milliseconds, Store } from "../../../plan/plan.js";

const minute = 60_000;

/** Intervals that people choose, longest first. */
const usual: readonly Milliseconds[] = [1440, 720, 360, 240, 120, 60, 30, 15, 10, 5, 1, 1 / 2, 1 / 4, 1 / 6].map(
  (count) => count * minute,
);

/** Allowed for the upload of one segment of a database's log. */
const segment = 5_000;

/** Log shipping that keeps an RPO; every 5 min unless that is too seldom. Undefined where none is short enough. */
export function logInterval(rpo: Milliseconds, longest: Milliseconds = 5 * minute): Milliseconds | undefined {
  return longestWithin(rpo - segment, longest);
}

/** The longest usual interval of at most `longest` that is no more than what is left of the RPO. */
export function longestWithin(left: Milliseconds, longest: Milliseconds): Milliseconds | undefined {
  return usual.find((every) => every <= left && every <= longest);
}

/** The shortest interval at which the provider takes them. */
export function shortest({ provider }: Store, kind: BackupKind): Milliseconds {
  return provider.limits[kind]?.every.value ?? 0;
}
