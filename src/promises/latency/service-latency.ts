import type { Plan, Ratio, Unit } from "../../plan/plan.js";
import { formatRate, formatRatio } from "../../platform-file/format.js";
import { bounded, declared, type Prediction, unbounded, unknown } from "../prediction.js";
import { splitVariation, variationOf } from "./arrivals.js";
import { loadEnds } from "./load-ends.js";
import { type Station, utilisation } from "./occupancy.js";
import { boundOfWait } from "./queue-wait.js";
import { worstPrediction } from "./worst.js";

/** The percentile of the latency of a service with declared work, at each end of its load. */
export function serviceLatency(plan: Plan, unit: Unit, percentile: Ratio): Prediction {
  const { load, name, path } = unit;
  const missing = (what: string): Prediction =>
    unknown(plan, path, `${what} of ${name} is not declared`, {
      advice: "declare `load: { rate: 50/s, work: 20ms..80ms, concurrency: 16 }`",
    });
  if (!load?.rate) return missing("the rate of requests");
  const { work } = load;
  if (!work) return missing("the time of one request");
  const ends = loadEnds(plan, load.rate, unit, 1);
  return worstPrediction(
    ends.map(({ rate, replicas }) => {
      // A Service of Kubernetes distributes connections at random: each replica has a queue of its own.
      const station: Station = {
        rate: rate / replicas,
        variation: splitVariation(variationOf(load.burst), replicas),
        slots: load.concurrency,
        serviceTime: () => work.min / 1000,
      };
      const used = utilisation(station);
      const how = `${formatRate(rate)} on ${replicas} × ${load.concurrency} slots`;
      if (used >= 1)
        return unbounded(
          plan,
          `${load.path}.rate`,
          `${how} of ${name} need ${formatRatio(Math.ceil(used * 100) / 100)} of the slots: the queue grows without limit`,
        );
      // Half of the tail: whether a request waits at all is not a bound, and a measured percentile scatters.
      const wait = boundOfWait(station, work.max / 1000, (1 - percentile) / 2) * 1000;
      return bounded(plan, path, [
        declared(
          plan,
          "wait for a slot",
          wait,
          `${load.path}.rate`,
          `${how}, ${formatRatio(Math.round(used * 100) / 100)} in use`,
        ),
        declared(plan, "work", work.max, `${load.path}.work`),
      ]);
    }),
  );
}
