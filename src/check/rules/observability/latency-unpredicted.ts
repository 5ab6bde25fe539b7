import { formatLatency } from "../../../promises/format.js";
import type { PredictedLatency } from "../../../promises/latency/predicted-latency.js";
import { defineRule } from "../../rule.js";

/** A figure that a latency is predicted from is missing. See docs/checks.md, Observability. */
export const latencyUnpredicted = defineRule({
  code: "observability/latency-unpredicted",
  severity: "error",
  summary: "a latency is promised, and a figure that it is predicted from is missing",
  help: "An unknown promise is not kept. Latency is predicted from the load that the file declares and the measured speed of one replica: declare them, or withdraw the promise.",
  check({ sheet }, report) {
    for (const [first, ...others] of unknownByReason(sheet.latency)) {
      const { predicted } = first;
      if (predicted.kind !== "unknown") continue;
      const all = [first, ...others];
      const names = all.map(({ subject }) => subject).sort();
      report(first.path, {
        concerns: all.map(({ subject, of }) => ({ subject, of })),
        why: `${names.join(" and ")} promise${names.length === 1 ? "s" : ""} ${formatLatency(first)}, which cannot be predicted: ${predicted.why}`,
        advice: `${predicted.fix?.advice ?? "declare what is missing"}, or promise no latency here`,
      });
    }
  },
});

/** The promises that cannot be predicted, grouped by where they are declared and by the reason. */
function unknownByReason(
  latency: readonly PredictedLatency[],
): Iterable<readonly [PredictedLatency, ...PredictedLatency[]]> {
  const groups = new Map<string, [PredictedLatency, ...PredictedLatency[]]>();
  for (const each of latency) {
    if (each.predicted.kind !== "unknown") continue;
    const key = JSON.stringify([each.path, each.predicted.why]);
    const same = groups.get(key);
    if (same) same.push(each);
    else groups.set(key, [each]);
  }
  return groups.values();
}
