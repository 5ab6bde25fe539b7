import type { Plan } from "../plan/plan.js";
import { type Declaration, omissions } from "./declarations/index.js";
import type { Note } from "./note.js";
import type { GeneratedSecret } from "./secrets.js";

/** A set of files that a Plan can be rendered to, for one tool. `docs/rendering.md` describes how to add one. */
export interface Target {
  readonly name: string;
  readonly description: string;
  /**
   * The kinds of declarations that this target renders. Each other declaration of a Plan becomes a note. If the target
   * cannot render one of these kinds for a particular object, the code of that object returns the note.
   */
  readonly writes: ReadonlySet<Declaration>;
  /** Pure: the same Plan is rendered to the same bytes. */
  render(plan: Plan): Rendering;
}

export interface Rendering {
  readonly files: readonly RenderedFile[];
  /** Secrets whose values are generated once, outside the rendered files. */
  readonly secrets: readonly GeneratedSecret[];
  /** What the Plan declares and the files do not contain, and what they require in addition. */
  readonly notes: readonly Note[];
}

export interface RenderedFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  /** The whole text, without the marker of a generated file. */
  readonly text: string;
  /** The comment sign of the format. JSON has none: there the marker is the first field of the object. */
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
