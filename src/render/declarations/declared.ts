import type { Path, Plan } from "../../plan/plan.js";

/** One declaration of a Plan, with the note of targets that do not render it. */
export interface Declared {
  readonly path: Path;
  /** Text of the note: what is declared, and that this target does not render it. It must be true for every such target. */
  readonly omission: string;
}

/** Lists everything of one kind that a Plan declares. Pure. */
export type Declares = (plan: Plan) => readonly Declared[];

/** For kinds that a Plan declares at most once: the omission's text, or undefined where it is not declared. */
export function once(path: Path, omission: (plan: Plan) => string | undefined): Declares {
  return (plan) => {
    const text = omission(plan);
    return text === undefined ? [] : [{ path, omission: text }];
  };
}
