import type { Edit } from "../platform-file/diagnostic.js";
import { formatDuration } from "../platform-file/format.js";
import { formatTerms } from "../promises/format.js";
import type { BrokenPromise, CheckContext } from "./context.js";
import type { Found } from "./rule.js";

/** What to say about a broken promise besides its terms. */
export interface Wording {
  /** `after the loss of its volume`, for a prediction with a bound. */
  readonly event: string;
  /** The advice where the prediction names no remedy. */
  readonly otherwise: string;
  /** The change that the advice describes, where it is unambiguous. */
  readonly edits?: (promise: BrokenPromise, context: CheckContext) => readonly Edit[];
}

/**
 * The finding about a promise that a fault breaks: what happens, and the remedy that the prediction names. `others` are promises
 * of the same element that it breaks for the same reason.
 */
export function brokenPromise(
  context: CheckContext,
  promise: BrokenPromise,
  { event, otherwise, edits }: Wording,
  others: readonly BrokenPromise[] = [],
): Found {
  const { row, of, predicted } = promise;
  const promises = [promise, ...others];
  const promised = promises.map((each) => `${each.of.toUpperCase()} ${formatDuration(each.promised)}`).join(" and ");
  const effect = of === "rto" ? "is unavailable for" : "loses the writes of";
  const remedy = predicted.kind === "unbounded" ? predicted.fix : undefined;
  const changes = remedy ? remedy.edits : edits?.(promise, context);
  const possible = context.shortestKeptPromise(promise);
  return {
    concerns: promises.flatMap((each) => context.concerns(each)),
    why:
      predicted.kind === "unbounded"
        ? `${predicted.why}, but ${row.subject} promises ${promised}`
        : `${event} ${row.subject} ${effect} ${formatTerms(predicted.total, predicted.terms)}, but promises ${promised}`,
    advice: `${remedy?.advice ?? otherwise}${possible === undefined ? "" : `, or promise at least ${formatDuration(possible)}`}`,
    ...(changes && changes.length > 0 ? { fix: { edits: changes, safe: false } } : {}),
  };
}
