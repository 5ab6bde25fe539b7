import type { Cited } from "../../plan/plan.js";

/** From the page to hands on the keyboard, where the critical route ends at somebody's pager. */
export const pagedResponse: Cited = {
  value: 5 * 60_000,
  source: "5 min for highly critical services (Site Reliability Engineering, chapter 11: Being On-Call)",
};

/** The same where alerts are only seen by whoever looks at a channel or dashboard. */
export const unpagedResponse: Cited = {
  value: 30 * 60_000,
  source: "30 min for less time-sensitive systems (Site Reliability Engineering, chapter 11: Being On-Call)",
};
