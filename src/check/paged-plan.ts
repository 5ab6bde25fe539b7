import type { Plan } from "../plan/plan.js";
import type { Edit } from "../platform-file/diagnostic.js";

const RECEIVER = "pagerduty";

/** The edit that sends critical alerts to the on-call engineer. The receiver is an example: any that pages one will do. */
export const PAGING_EDIT: Edit = { path: "observe.routes.critical", value: RECEIVER };

/** The same as the file declares it. */
export const PAGING_DECLARATION = `\`observe: { routes: { critical: ${RECEIVER} } }\``;

/** The plan with that edit. */
export function pagedPlan(plan: Plan): Plan {
  const { observe } = plan;
  return { ...plan, observe: { ...observe, routes: { ...observe.routes, critical: RECEIVER } } };
}
