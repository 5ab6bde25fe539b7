import type { z } from "zod";
import type { DrillList, drillState, drillSummariesSchema } from "../../contracts/drills.js";

export interface DrillFilter {
  /** Part of the id or of the fault's name or title, in any case. */
  readonly search?: string | undefined;
  readonly status?: z.infer<typeof drillState> | undefined;
  /** Id of the last drill of the page before. Undefined: the first page. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** One page of the drills, newest first. A page after an unknown drill is empty. */
export function pageOfDrills(
  { drills, unreadable }: DrillList,
  { search = "", status, after, limit }: DrillFilter,
): z.input<typeof drillSummariesSchema> {
  const text = search.toLowerCase();
  const matching = drills
    .filter((drill) => status === undefined || drill.state === status)
    .filter(({ id, fault, title }) => [id, fault, title].some((part) => part.toLowerCase().includes(text)))
    .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1));
  const position = after === undefined ? -1 : matching.findIndex(({ id }) => id === after);
  const rest = after !== undefined && position < 0 ? [] : matching.slice(position + 1);
  const shown = rest.slice(0, limit);
  return {
    drills: shown,
    unreadable,
    total: matching.length,
    next: rest.length > limit ? (shown.at(-1)?.id ?? null) : null,
  };
}
