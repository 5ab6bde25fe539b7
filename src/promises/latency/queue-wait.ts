import { occupancyOf, type Station, utilisation } from "./occupancy.js";

/**
 * Seconds in the queue that with probability `1 - tail` are not exceeded, in order of arrival. The mean wait of those that wait is
 * that of Allen and Cunneen for G/G/c: the service time, over the slots that are free on average, times half the sum of the
 * squared coefficients of variation of arrivals and services. Its distribution is exponential, which is exact for exponential services
 * and the limit of heavy load (Kingman) for all others. Services that vary less than exponential ones count as exponential.
 *
 * A burst takes all slots at once. If services vary little, they also end at once, and until then no request is served: the mean service
 * time counts in addition, by the share of requests that are not the first of their burst.
 *
 * `longest` is the longest service time: with the mean it bounds the variation.
 */
export function queueWait(station: Station, longest: number, tail: number): number {
  const { burstSize, slots } = station;
  const serviceTime = station.serviceTime(slots);
  const arrivals = 2 * burstSize - 1;
  const services = Math.max(1, longest / serviceTime - 1);
  const mean = (((arrivals + services) / 2) * serviceTime) / (slots * (1 - utilisation(station)));
  const { waits } = occupancyOf(station);
  return waits <= tail ? 0 : mean * Math.log(waits / tail) + serviceTime * (1 - 1 / burstSize);
}
