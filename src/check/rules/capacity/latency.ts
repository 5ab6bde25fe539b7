import type { Edit } from "../../../platform-file/diagnostic.js";
import { formatLatency, formatPercentile, formatResponse } from "../../../promises/format.js";
import type { PredictedLatency } from "../../../promises/latency/predicted-latency.js";
import {
  fastestLatency,
  type ReplicasNeeded,
  replicasEdit,
  replicasNeeded,
} from "../../../promises/latency/replicas-needed.js";
import type { CheckContext } from "../../context.js";
import { sloEdit } from "../../promise-edits.js";
import { defineRule, type Found } from "../../rule.js";

/** Under the declared load responses take longer than promised. See docs/checks.md, Capacity. */
export const latencyRule = defineRule({
  code: "capacity/latency",
  severity: "error",
  summary: "under the declared load responses take longer than promised",
  help: "Responses wait for a slot of the model, and share its speed with others. The wait grows without limit as the load approaches what the replicas serve.",
  check(context, report) {
    for (const latency of context.sheet.latency)
      if (latency.verdict === "broken") report(latency.path, broken(context, latency));
  },
});

function broken({ plan }: CheckContext, latency: PredictedLatency): Found {
  const { subject, of, predicted, percentile } = latency;
  const needed = replicasNeeded(plan, latency);
  const why =
    predicted.kind === "bounded"
      ? takes(latency, predicted)
      : `${predicted.why}, but ${subject} promises ${formatLatency(latency)}`;
  const fastest = needed ? undefined : fastestLatency(plan, latency);
  return {
    concerns: [{ subject, of }],
    why,
    advice: needed
      ? `run ${needed.map(replicasText).join(" and ")}${predicted.kind === "bounded" ? `, or promise at least ${formatResponse(predicted.total)}` : ""}`
      : fastest === undefined
        ? `serve less load, or promise no ${formatPercentile(percentile)} here`
        : `promise at least ${formatResponse(fastest)}, which enough replicas keep: without any wait it is not shorter`,
    fix: { edits: needed && needed.length > 0 ? needed.map(replicasEdit) : [keptLatency(latency)], safe: false },
  };
}

/** What the present replicas keep. */
function keptLatency({ of, path, percentile, predicted }: PredictedLatency): Edit {
  const total = predicted.kind === "bounded" ? predicted.total : Number.POSITIVE_INFINITY;
  return sloEdit(of, `${path}.${formatPercentile(percentile)}`, total);
}

/** `3 replicas of chat`, `up to 6 replicas of chat`. */
function replicasText({ unit, replicas }: ReplicasNeeded): string {
  return `${replicas.min === unit.replicas.min ? `up to ${replicas.max}` : replicas.min} replicas of ${unit.name}`;
}

/** The percentile with its terms. */
function takes(
  latency: PredictedLatency,
  { total, terms }: Extract<PredictedLatency["predicted"], { kind: "bounded" }>,
): string {
  const { of, subject, percentile } = latency;
  const sum = terms
    .filter(({ value }) => value > 0)
    .map(({ name, value }) => `${name} ${formatResponse(value)}`)
    .join(" + ");
  const what = of === "firstToken" ? "the first token" : "a response";
  return `${what} takes ${formatResponse(total)} at ${formatPercentile(percentile)} (${sum}), but ${subject} promises ${formatLatency(latency)}`;
}
