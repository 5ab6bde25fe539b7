import type { Plan } from "../plan/plan.js";
import type { Edit } from "../platform-file/diagnostic.js";
import { formatDuration } from "../platform-file/format.js";
import { formatTerms } from "../promises/format.js";
import type { Prediction, Remedy } from "../promises/prediction.js";
import type { BrokenPromise, CheckContext } from "./context.js";
import { awaitsPerson, pagingRemedy, sufficientPaging } from "./paging.js";
import { keptInstead } from "./promise-edits.js";
import type { Found } from "./rule.js";

/** What to say about a broken promise besides its terms. */
export interface Wording {
  /** `after the loss of its volume`, for a prediction with a bound. */
  readonly event: string;
  /** How to shorten the outage or loss, where neither the prediction nor the rule knows a change that is enough. */
  readonly otherwise?: string | undefined;
  /** Why nothing in the file shortens it, instead. */
  readonly limit?: string;
  /** The change that the advice describes, where it is unambiguous. */
  readonly edits?: (promise: BrokenPromise, context: CheckContext) => readonly Edit[];
  /**
   * A change of the design that keeps the promise, as the rule has found: instead of the advice and the remedy of the prediction.
   * Where paging the on-call engineer keeps it by itself, which needs no node, that is advised.
   */
  readonly remedy?: Remedy | undefined;
}

/**
 * The finding about a promise that a fault breaks: what happens, and the remedy that the prediction names. `others` are promises
 * of the same element that it breaks for the same reason.
 */
export function brokenPromise(
  context: CheckContext,
  promise: BrokenPromise,
  wording: Wording,
  others: readonly BrokenPromise[] = [],
): Found {
  const { row, of, predicted } = promise;
  const promises = [promise, ...others];
  const promised = promises.map((each) => `${each.of.toUpperCase()} ${formatDuration(each.promised)}`).join(" and ");
  const effect = of === "rto" ? "is unavailable for" : "loses the writes of";
  const paging = of === "rto" ? sufficientPaging(context, promise) : undefined;
  const remedy = paging ?? wording.remedy ?? (predicted.kind === "unbounded" ? predicted.fix : undefined);
  const isSufficient = (remedy?.worstCase ?? 0) <= promise.promised && others.every(isKeptByItsRemedy);
  const changes = (remedy ? isSufficient && remedy.edits : wording.edits?.(promise, context)) || [];
  const instead = keptInstead(context, ...promises);
  return {
    concerns: promises.flatMap((each) => context.concerns(each)),
    why:
      predicted.kind === "unbounded"
        ? `${predicted.why}, but ${row.subject} promises ${promised}`
        : `${wording.event} ${row.subject} ${effect} ${formatTerms(predicted.total, predicted.terms)}, but promises ${promised}`,
    advice: adviceFor(
      wording,
      predicted.kind === "bounded" && changes.length === 0,
      remedy?.advice,
      pagingFor(predicted, context.plan),
      instead.advice,
    ),
    fix: { edits: changes.length > 0 ? changes : instead.edits, safe: false },
  };
}

/** What bounds a loss may leave an outage that is longer than promised. */
function isKeptByItsRemedy({ predicted, promised }: BrokenPromise): boolean {
  return predicted.kind !== "unbounded" || (predicted.fix?.worstCase ?? 0) <= promised;
}

/** What works comes first: the change of the design, or the promise that is kept. */
function adviceFor(
  { otherwise, limit }: Wording,
  onlyPromise: boolean,
  remedy: string | undefined,
  paging: string | undefined,
  instead: string,
): string {
  const promised = limit === undefined ? instead : `${instead}: ${limit}`;
  const shorter = remedy ?? [paging, otherwise].filter((each) => each !== undefined).join(", or ");
  if (shorter === "") return promised;
  return onlyPromise ? `${promised}; to shorten it, ${shorter}` : `${shorter}, or ${instead}`;
}

/** How a recovery that waits for a person begins sooner; undefined if it waits for none, or the person is paged. */
function pagingFor(predicted: Prediction, plan: Plan): string | undefined {
  return awaitsPerson(predicted) ? pagingRemedy(plan)[0] : undefined;
}
