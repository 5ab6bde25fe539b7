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
 * outside `tried` is full or ejected. When all were tried, all may be used again. `turn` selects among equal targets, so that
 * they are used in turn.
 */
export function pick<Target extends Candidate>(
  targets: readonly Target[],
  now: number,
  turn: number,
  tried: ReadonlySet<Target> | undefined,
): Target | undefined {
  const excluded = tried === undefined || targets.every((target) => tried.has(target)) ? undefined : tried;
  let best: Target | undefined;
  let bestLoad = Number.POSITIVE_INFINITY;
  const count = targets.length;
  for (let step = 0; step < count; step += 1) {
    const target = targets[(turn + step) % count];
    if (target === undefined || target.inFlight >= target.limit || target.ejectedUntil > now) continue;
    if (excluded?.has(target)) continue;
    const load = (target.inFlight + 1) / effectiveWeight(target, now);
    if (load < bestLoad) {
      best = target;
      bestLoad = load;
    }
  }
  return best;
}
