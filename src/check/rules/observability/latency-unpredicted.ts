import type { Path } from "../../../plan/plan.js";
import { formatLatency } from "../../../promises/format.js";
import type { PromisedLatency } from "../../../promises/latency.js";
import { defineRule } from "../../rule.js";

/** A latency objective has no prediction. See docs/checks.md, Observability. */
export const latencyUnpredicted = defineRule({
  code: "observability/latency-unpredicted",
  severity: "note",
  summary: "a latency objective is promised, which is not predicted",
  help: "Latency depends on load and hardware, and is not the sum of known terms. The promise sheet shows the objective without a verdict. Compare it with measurements: the gateway exports the durations of its requests at /metrics.",
  check({ sheet }, report) {
    for (const [path, [first, ...others]] of byPath(sheet.latency)) {
      const names = [first, ...others].map(({ subject }) => subject).sort();
      report(path, {
        why: `${names.join(" and ")} promise${names.length === 1 ? "s" : ""} ${formatLatency(first)}, which is not predicted`,
        advice: "measure it under the expected load, and configure an alert on the durations at /metrics",
      });
    }
  },
});

function byPath(
  latency: readonly PromisedLatency[],
): ReadonlyMap<Path, readonly [PromisedLatency, ...PromisedLatency[]]> {
  const paths = new Map<Path, [PromisedLatency, ...PromisedLatency[]]>();
  for (const each of latency) {
    const same = paths.get(each.path);
    if (same) same.push(each);
    else paths.set(each.path, [each]);
  }
  return paths;
}
