/** The facts of a target that the choice among targets depends on. Times are epoch milliseconds. */
export interface Candidate {
  /** Requests in flight. */
  readonly inFlight: number;
  /** Maximum number of requests in flight. */
  readonly limit: number;
  /** Relative share, above 0. */
  readonly weight: number;
  /** When it became ready: its share grows from there (slow start). */
  readonly readySince: number;
  /** It receives no requests before this time, because it failed. */
  readonly ejectedUntil: number;
}

/**
 * The targets that a request has tried, and what each means for its next attempt:
 *
 * - `excluded`: it is not used again, because the request may still run there.
 * - `avoided`: it is used again once every other target is ejected or excluded.
 */
export type Tried<Target> = ReadonlyMap<Target, "excluded" | "avoided">;

/** True when a target that was not tried is not ejected, whether or not it has room. */
export function hasUntried<Target extends Candidate>(
  targets: readonly Target[],
  now: number,
  tried: Tried<Target>,
): boolean {
  return targets.some((target) => target.ejectedUntil <= now && !tried.has(target));
}

/** Slow start: over this time the share of a target that became ready grows to its whole weight. */
const SLOW_START_MS = 10_000;
const MIN_SHARE = 0.1;

/** The part of its weight that a target gets at `now`. */
function effectiveWeight({ weight, readySince }: Candidate, now: number): number {
  const share = (now - readySince) / SLOW_START_MS;
  return share >= 1 ? weight : weight * Math.max(MIN_SHARE, share);
}

/**
 * The target with the fewest requests for its weight (weighted least outstanding requests); undefined when every one
 * that `tried` permits is full or ejected. `turn` selects among equal targets, so that
 * they are used in turn.
 */
export function pick<Target extends Candidate>(
  targets: readonly Target[],
  now: number,
  turn: number,
  tried: Tried<Target> | undefined,
): Target | undefined {
  const avoids = tried !== undefined && hasUntried(targets, now, tried);
  let best: Target | undefined;
  let bestLoad = Number.POSITIVE_INFINITY;
  const count = targets.length;
  for (let step = 0; step < count; step += 1) {
    const target = targets[(turn + step) % count];
    if (target === undefined || target.inFlight >= target.limit || target.ejectedUntil > now) continue;
    const past = tried?.get(target);
    if (past === "excluded" || (past === "avoided" && avoids)) continue;
    const load = (target.inFlight + 1) / effectiveWeight(target, now);
    if (load < bestLoad) {
      best = target;
      bestLoad = load;
    }
  }
  return best;
}
