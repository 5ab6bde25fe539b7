import type { Plan } from "../plan/plan.js";
import { type Declaration, omissions } from "./declarations/index.js";
import type { Note } from "./note.js";
import type { GeneratedSecret } from "./secrets.js";

/** A set of files that a Plan can be rendered to, for one tool. `docs/rendering.md` describes how to add one. */
export interface Target {
  readonly name: string;
  readonly description: string;
  /**
   * The kinds of declarations that this target renders. Everything else that a Plan declares is noted as omitted. Where
   * it cannot render one of these for a certain object, the file of that object returns a note.
   */
  readonly writes: ReadonlySet<Declaration>;
  /** Pure: the same Plan gives the same bytes. */
  render(plan: Plan): Rendering;
}

export interface Rendering {
  readonly files: readonly RenderedFile[];
  /** Secrets whose values are generated once, outside the rendered files. */
  readonly secrets: readonly GeneratedSecret[];
  /** Everything that the Plan declares and these files do not contain or cannot do alone. */
  readonly notes: readonly Note[];
}

export interface RenderedFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  /** The whole text, without the marker of a generated file. */
  readonly text: string;
  /** How the format writes a comment: after a sign, or as the first field of a JSON object. */
  readonly comment: "#" | "%" | "json";
}

/** Adds a note for every declaration outside `writes`, so that no target can omit one silently. */
export function defineTarget(definition: Target): Target {
  return {
    ...definition,
    render(plan) {
      const rendering = definition.render(plan);
      return { ...rendering, notes: [...rendering.notes, ...omissions(plan, definition.writes)] };
    },
  };
}
