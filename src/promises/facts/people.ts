import type { Cited } from "../../plan/plan.js";

/** Time from the page until the on-call engineer acts, if the critical route pages one. */
export const pagedResponse: Cited = {
  value: 5 * 60_000,
  source: "5 min for highly critical services (Site Reliability Engineering, chapter 11: Being On-Call)",
};

/** The same if alerts only appear in a channel or on a dashboard. */
export const unpagedResponse: Cited = {
  value: 30 * 60_000,
  source: "30 min for less time-sensitive systems (Site Reliability Engineering, chapter 11: Being On-Call)",
};
