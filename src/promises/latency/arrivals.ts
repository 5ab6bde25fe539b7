/**
 * Gaps between requests are independent of each other. Their `variation`, the square of their coefficient of variation, is the square of the
 * declared `burst`. With 1 the requests are those of many independent clients (a Poisson process). Above 1 only the rate and the variation are
 * known, so the worst gaps that have them are meant: most of them are 0, and the others all equal.
 */
export function variationOf(burst: number): number {
  return burst * burst;
}

/** The variation of the requests of each of several replicas that get them at random (exact for a renewal process). */
export function splitVariation(variation: number, replicas: number): number {
  return 1 + (variation - 1) / replicas;
}

/** The mean number of requests that arrive together, which is geometric, with the worst gaps. */
export function largestMeanBurst(variation: number): number {
  return variation <= 1 ? 1 : 1 + variation;
}

/**
 * ln E e^(−x A), where the gaps A have the mean 1. Of all gaps above 0 with this variation those that are 0 or `1 + variation` have
 * the largest value (A. E. Eckberg, Sharp bounds on Laplace-Stieltjes transforms, with applications to various queueing problems,
 * Mathematics of Operations Research 2, 1977).
 */
export function logOfGapTransform(x: number, variation: number): number {
  if (variation <= 1) return -Math.log1p(x);
  const longest = 1 + variation;
  return Math.log1p(Math.expm1(-x * longest) / longest);
}

/** Probabilities below this are not counted: the result of a quantile is the next number above. */
const MAX_COUNT = 20_000;

/**
 * The number of requests that others send during a time in which `expected` of them arrive on average, and that with
 * probability `1 - tail` is not exceeded. It includes those of the burst that one's own request is part of: in front of it and
 * behind it there are geometric numbers.
 */
export function othersArriving(expected: number, burstSize: number, tail: number): number {
  const more = 1 - 1 / burstSize;
  const bursts = expected / burstSize;
  // Requests of the bursts during the time (Pólya–Aeppli), by Panjer's recursion, and of one's own burst (negative binomial).
  const during: number[] = [Math.exp(-bursts)];
  if (during[0] === 0) return normalQuantile(expected, burstSize, tail);
  let total = 0;
  for (let count = 0; count < MAX_COUNT; count += 1) {
    if (count > 0) during.push(nextOfPanjer(during, bursts, more));
    let probability = 0;
    for (let own = 0; own <= count; own += 1) {
      const ofOwn = (own + 1) * (1 - more) ** 2 * more ** own;
      if (ofOwn < Number.MIN_VALUE) break;
      probability += ofOwn * (during[count - own] ?? 0);
    }
    total += probability;
    if (total >= 1 - tail) return count;
  }
  return MAX_COUNT;
}

/** P(n) = (bursts ÷ n) Σ j g(j) P(n − j), where g is geometric: g(j) = (1 − more) more^(j − 1). */
function nextOfPanjer(known: readonly number[], bursts: number, more: number): number {
  const count = known.length;
  let sum = 0;
  let weight = 1 - more;
  for (let size = 1; size <= count; size += 1) {
    sum += size * weight * (known[count - size] ?? 0);
    weight *= more;
    if (weight === 0) break;
  }
  return (bursts / count) * sum;
}

/** For so many arrivals that the probability of none is 0 in floating point: Cantelli's inequality bounds the number. */
function normalQuantile(expected: number, burstSize: number, tail: number): number {
  const mean = expected + 2 * (burstSize - 1);
  const variance = expected * (2 * burstSize - 1) + 2 * burstSize * (burstSize - 1);
  return Math.ceil(mean + Math.sqrt((variance * (1 - tail)) / tail));
}
