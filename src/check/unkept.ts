import type { Plan } from "../plan/plan.js";
import { promisesOf } from "../promises/comparison/compare.js";
import { promiseSheet } from "../promises/sheet.js";
import { check } from "./check.js";
import { promiseText } from "./verify-fixes.js";

/** What a design cannot keep in one environment. */
export interface Unkept {
  /** The broken and the unknown promises: `RTO of orders in database-loss`. */
  readonly promises: readonly string[];
  /** The number of errors of `keelson check` that are about no promise. */
  readonly otherErrors: number;
}

/** `today`: as `check` has it. */
export function unkept(plan: Plan, today?: string): Unkept {
  const promises = promisesOf(promiseSheet(plan, [])).flatMap(({ place, promised }) =>
    promised.verdict === "kept" ? [] : [promiseText(place)],
  );
  const others = check([plan], undefined, today).filter(
    ({ severity, concerns = [] }) => severity === "error" && concerns.length === 0,
  );
  return { promises, otherErrors: others.length };
}

const MAX_NAMED = 2;

/** One line without the command that shows more; undefined if nothing is to be said. */
export function unkeptText({ promises, otherErrors }: Unkept): string | undefined {
  const named = promises.slice(0, MAX_NAMED).join(", ");
  const more = promises.length > MAX_NAMED ? ` and ${promises.length - MAX_NAMED} more` : "";
  const broken = `cannot keep ${counted(promises.length, "promise")} (${named}${more})`;
  const errors = `has ${counted(otherErrors, promises.length > 0 ? "other error" : "error")}`;
  const parts = [...(promises.length > 0 ? [broken] : []), ...(otherErrors > 0 ? [errors] : [])];
  return parts.length === 0 ? undefined : `this design ${parts.join(", and ")}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
