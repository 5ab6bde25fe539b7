/** What choosing among targets needs to know of each. */
export interface Candidate {
  /** Requests under way. */
  readonly inFlight: number;
  /** Requests it may have under way at once. */
  readonly limit: number;
  /** Relative share, above 0. */
  readonly weight: number;
  /** Epoch milliseconds since which it answers: a fresh server is not thrown into full load. */
  readonly readySince: number;
  /** Epoch milliseconds until which it is left out because it failed. */
  readonly ejectedUntil: number;
}

/** A target that has just become ready gets a share that grows to its whole weight over this time. */
const slowStart = 10_000;
const leastShare = 0.1;

/** The share of its weight that a target gets at `now`. */
function effectiveWeight({ weight, readySince }: Candidate, now: number): number {
  const age = (now - readySince) / slowStart;
  return age >= 1 ? weight : weight * Math.max(leastShare, age);
}

/**
 * The index of the target with the least work for its weight; -1 when every one is full, ejected or in `tried`. `turn`
 * decides between equals, so that they take turns.
 */
export function pick(candidates: readonly Candidate[], now: number, turn: number, tried: number): number {
  let best = -1;
  let bestLoad = Number.POSITIVE_INFINITY;
  const count = candidates.length;
  for (let step = 0; step < count; step += 1) {
    const index = (turn + step) % count;
    const candidate = candidates[index];
    if (candidate === undefined || candidate.inFlight >= candidate.limit || candidate.ejectedUntil > now) continue;
    if ((tried & (1 << (index & 31))) !== 0) continue;
    const load = (candidate.inFlight + 1) / effectiveWeight(candidate, now);
    if (load < bestLoad) {
      best = index;
      bestLoad = load;
    }
  }
  return best;
}

const firstEjection = 1_000;
const longestEjection = 30_000;
/** So many failures in a row are no accident. */
const failuresToEject = 3;

/** How long a target is left out after `failures` failures in a row; 0 while it stays in. */
export function ejection(failures: number): number {
  if (failures < failuresToEject) return 0;
  return Math.min(longestEjection, firstEjection * 2 ** Math.min(failures - failuresToEject, 10));
}
