import type { Plan } from "../plan/plan.js";
import { formatDuration } from "../platform-file/format.js";
import { pagedResponse } from "../promises/facts/people.js";
import type { Prediction, Remedy } from "../promises/prediction.js";
import { ON_CALL_RESPONSE } from "../promises/terms/store.js";
import type { BrokenPromise, CheckContext } from "./context.js";
import { PAGING_DECLARATION, PAGING_EDIT } from "./paged-plan.js";

/** The remedy for a recovery that waits for a person whom no alert pages; empty where it would change nothing. */
export function pagingRemedy(plan: Plan): readonly string[] {
  return isUnpaged(plan) ? [`page the on-call engineer (${PAGING_DECLARATION})`] : [];
}

/** Paging, where by itself it keeps a broken promise; undefined where it does not. */
export function sufficientPaging(context: CheckContext, promise: BrokenPromise): Remedy | undefined {
  const { predicted, promised } = promise;
  if (!isUnpaged(context.plan) || !awaitsPerson(predicted)) return undefined;
  const paged = context.predictedIfPaged(promise);
  if (paged?.kind !== "bounded" || paged.total > promised) return undefined;
  const response = formatDuration(pagedResponse.value);
  return {
    advice: `page the on-call engineer, who is then counted on to respond within ${response} (${PAGING_DECLARATION})`,
    edits: [PAGING_EDIT],
  };
}

/** Whether a term is the response of a person whom an alert notifies. */
export function awaitsPerson(predicted: Prediction): boolean {
  return predicted.kind === "bounded" && predicted.terms.some(({ name }) => name === ON_CALL_RESPONSE);
}

function isUnpaged({ observe, provide }: Plan): boolean {
  return provide !== "embedded" && observe.metrics !== "none" && observe.routes.critical === undefined;
}
