/** Requests that arrive at slots that are all alike, and wait for a free one in order of arrival. */
export interface Station {
  /** Requests per second. */
  readonly rate: number;
  /** Of the gaps between them. */
  readonly variation: number;
  readonly slots: number;
  /** Mean seconds that a request holds a slot while this many are in use; not less with more of them. */
  readonly serviceTime: (inUse: number) => number;
}

/** The share of the slots that the load needs; at 1 and above the queue grows without limit. */
export function utilisation({ rate, slots, serviceTime }: Station): number {
  return (rate * serviceTime(slots)) / slots;
}

/** What an arriving request finds. */
export interface Occupancy {
  /** Probability that all slots are in use. */
  readonly waits: number;
  /** The number of requests in front of it that with probability `1 - tail` is not exceeded; at most the number of slots. */
  inFront(tail: number): number;
}

/** Weights are divided by this number when one exceeds it, so that none overflows. */
const MAX_WEIGHT = 1e200;

/**
 * The steady state with exponential service times, and bursts of this mean size at the moments of a Poisson process: the queue M^X/M/c with geometric X (Erlang's C formula without bursts, and with
 * the same service time in every state). Requests leave one by one, so the flow up equals the flow down at each number n:
 * p(n + 1) min(n + 1, c) / S = (λ / b) Σ p(j) (1 − 1/b)^(n − j). An arriving request finds those that were there when its burst
 * arrived, and the part of the burst in front of it, which is geometric from 0. `utilisation` must be below 1.
 */
export function occupancyOf(station: Station, burstSize: number): Occupancy {
  const { rate, slots, serviceTime } = station;
  const more = 1 - 1 / burstSize;
  const bursts = rate / burstSize;
  const weights: number[] = [1];
  let reaching = 1;
  for (let n = 1; n < slots; n += 1) {
    const weight = (bursts * reaching * serviceTime(n)) / n;
    weights.push(weight);
    reaching = reaching * more + weight;
    if (reaching > MAX_WEIGHT) {
      for (const [index, each] of weights.entries()) weights[index] = each / MAX_WEIGHT;
      reaching /= MAX_WEIGHT;
    }
  }
  // From `slots` on the weights are a geometric series with the ratio `more + served`.
  const served = (bursts * serviceTime(slots)) / slots;
  const full = (served * reaching) / (1 - more - served);
  const total = weights.reduce((sum, weight) => sum + weight, full);
  const atLeast = (count: number): number =>
    weights.reduce((sum, weight, n) => sum + (n >= count ? weight : weight * more ** (count - n)), full) / total;
  return {
    waits: atLeast(slots),
    inFront(tail) {
      for (let count = 0; count < slots; count += 1) if (atLeast(count + 1) <= tail) return count;
      return slots;
    },
  };
}
