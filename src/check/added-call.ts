import { isDeclared } from "../plan/origin.js";
import type { Plan, Unit } from "../plan/plan.js";
import type { Edit } from "../platform-file/diagnostic.js";

/** One more call of a unit, after those that are declared. */
export function addedCall(plan: Plan, { path }: Unit, name: string): Edit {
  const calls = `${path}.calls`;
  let count = 0;
  while (isDeclared(plan, `${calls}[${count}]`)) count++;
  return count === 0 ? { path: calls, value: [name] } : { path: `${calls}[${count}]`, value: name };
}
