import { largestMeanBurst, logOfGapTransform } from "./arrivals.js";
import { occupancyOf, type Station, utilisation } from "./occupancy.js";

/**
 * Seconds in the queue, in order of arrival, that are exceeded with a probability of at most `tail`. `longest` is the longest service time.
 *
 * The bound holds for independent service times with this mean and this maximum, and for any independent gaps between requests with
 * this rate and variation:
 *
 * - A request waits no longer than the unfinished work of the slots ÷ their number. While all slots work, the work decreases as that of
 *   one server that is as fast as all of them; when one becomes free, each of the others has at most `longest` left. So the wait exceeds
 *   that of the one server by at most `longest` × (slots − 1) ÷ slots (S. L. Brumelle, Some inequalities for parallel-server
 *   queues, Operations Research 19, 1971).
 * - One server: P(wait > t) ≤ e^(−θt), where E e^(θ(S − A)) = 1 for a service time S and a gap A (J. F. C. Kingman, Inequalities in the
 *   theory of queues, Journal of the Royal Statistical Society B 32, 1970).
 * - θ is least if S is either 0 or the longest, and A as `logOfGapTransform` describes it (Y. Chen and W. Whitt, Extremal models for the
 *   GI/GI/K waiting-time tail-probability decay rate, Operations Research Letters 48, 2020).
 *
 * Where hardly any request waits this is too long by up to a service time. The wait is then 0: if `waits` is at most half of the tail,
 * because it is not a bound for services that are not exponential.
 */
export function boundOfWait(station: Station, longest: number, tail: number): number {
  if (longest <= 0 || waits(station) <= tail / 2) return 0;
  return bound(station, longest, tail);
}

/**
 * The same where the service times are not independent, because requests in one batch delay each other, so that nothing is a bound. A
 * request that waits does so for what the slots have left, in the mean at most half of the longest time, and then as in the bound: exactly so
 * for one slot (the first ladder height of Pollaczek and Khinchine, and the rest of the wait).
 */
export function estimatedWait(station: Station, longestAlone: number, tail: number): number {
  const waiting = waits(station);
  if (longestAlone <= 0 || waiting <= tail) return 0;
  const longest = Math.max(longestAlone, LEAST_SPREAD * station.serviceTime(station.slots));
  return Math.min(bound(station, longest, tail), longest / 2 + Math.log(waiting / tail) / decayRate(station, longest));
}

/** Requests that are all alike still delay each other by different times: they vary at least as exponential ones do. */
const LEAST_SPREAD = 2;

function bound(station: Station, longest: number, tail: number): number {
  const { slots } = station;
  return (longest * (slots - 1)) / slots + Math.log(1 / tail) / decayRate(station, longest);
}

/** The probability to wait in the queue M^X/M/c, with bursts as large as the gaps allow. */
function waits(station: Station): number {
  return occupancyOf(station, largestMeanBurst(station.variation)).waits;
}

/** θ of the bound, from below: per second. `utilisation` must be below 1. */
function decayRate(station: Station, longest: number): number {
  const { rate, variation, slots } = station;
  const share = Math.min(1, (utilisation(station) * slots) / rate / longest);
  // ln E e^(θ(S − A)) is convex in θ, 0 at 0, negative up to the root, and positive above it.
  const above = (theta: number): boolean =>
    Math.log1p(share * Math.expm1((theta * longest) / slots)) + logOfGapTransform(theta / rate, variation) > 0;
  let high = slots / longest;
  while (!above(high)) high *= 2;
  let low = high / 2;
  while (above(low)) low /= 2;
  for (let round = 0; round < ROUNDS; round += 1) {
    const middle = (low + high) / 2;
    if (above(middle)) high = middle;
    else low = middle;
  }
  return low;
}

/** Halves of the interval until its ends are equal in the digits that are shown. */
const ROUNDS = 40;
