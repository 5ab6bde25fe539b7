import { formatDuration } from "../platform-file/format.js";
import { formatTerms } from "../promises/format.js";
import type { BrokenPromise, CheckContext } from "./context.js";
import type { Found } from "./rule.js";

/** The finding about a promise that a fault breaks: what happens, and the remedy that the prediction names. */
export function brokenPromise(context: CheckContext, promise: BrokenPromise, event: string, otherwise: string): Found {
  const { row, of, predicted, promised } = promise;
  const effect = of === "rto" ? "is unavailable for" : "loses the writes of";
  const remedy = predicted.kind === "unbounded" ? predicted.fix : undefined;
  const possible = context.shortestKeptPromise(promise);
  return {
    concerns: context.concerns(promise),
    why:
      predicted.kind === "unbounded"
        ? `${predicted.why}, but ${row.subject} promises ${of.toUpperCase()} ${formatDuration(promised)}`
        : `${event} ${row.subject} ${effect} ${formatTerms(predicted.total, predicted.terms)}, but promises ${of.toUpperCase()} ${formatDuration(promised)}`,
    advice: `${remedy?.advice ?? otherwise}${possible === undefined ? "" : `, or promise at least ${formatDuration(possible)}`}`,
    ...(remedy?.edits ? { fix: { edits: remedy.edits, safe: false } } : {}),
  };
}
