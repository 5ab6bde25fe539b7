import type { Path } from "../../../plan/plan.js";
import type { PromisedLatency } from "../../../promises/latency.js";
import { latencyText } from "../../../promises/text.js";
import { defineRule } from "../../rule.js";

/** A promise that no prediction stands behind. */
export const latencyUnpredicted = defineRule({
  code: "observability/latency-unpredicted",
  severity: "note",
  summary: "a latency is promised, which nothing here predicts",
  help: "How long an answer takes depends on the load and the machine, and no sum of known waits bounds it. The promise sheet shows such an objective without a verdict: neither kept nor broken. What holds is what is measured: the gateway answers /metrics with the durations of its requests, and whoever keeps them can hold them against the objective.",
  check(_plan, report, sheet) {
    for (const [path, promises] of byPath(sheet.latency)) {
      const [first] = promises;
      if (!first) continue;
      const names = promises.map(({ subject }) => subject).sort();
      report(path, {
        why: `${names.join(" and ")} promise${names.length === 1 ? "s" : ""} ${latencyText(first)}, and nothing predicts whether that is kept`,
        advice: "measure it under the load that is expected, and alert on what /metrics counts",
      });
    }
  },
});

function byPath(latency: readonly PromisedLatency[]): ReadonlyMap<Path, readonly PromisedLatency[]> {
  const places = new Map<Path, PromisedLatency[]>();
  for (const each of latency) places.set(each.path, [...(places.get(each.path) ?? []), each]);
  return places;
}
