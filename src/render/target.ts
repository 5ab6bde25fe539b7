import type { Plan } from "../plan/plan.js";
import { type Declaration, omissions } from "./declarations/index.js";
import type { Note } from "./note.js";
import type { GeneratedSecret } from "./secrets.js";

/** A set of files for one tool. `docs/rendering.md` describes how to add one. */
export type Target = EnvironmentTarget | PlatformTarget;

/** The files of one environment. */
export interface EnvironmentTarget extends TargetDescription {
  readonly scope: "environment";
  /** Pure: the same Plan is rendered to the same bytes. */
  render(plan: Plan): Rendering;
}

/** The files of a platform in all of its environments, which share what they have in common. */
export interface PlatformTarget extends TargetDescription {
  readonly scope: "platform";
  /** Pure. There is at least one Plan; they are those of one platform, in the order of its environments. */
  render(plans: readonly Plan[]): Rendering;
}

interface TargetDescription {
  readonly name: string;
  readonly description: string;
  /**
   * The kinds of declarations that this target renders. Each other declaration of a Plan becomes a note. If the target
   * cannot render one of these kinds for a particular object, the code of that object returns the note.
   */
  readonly writes: ReadonlySet<Declaration>;
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
  /** The comment sign of the format. JSON has none: there the marker is the first field of the object. In a Go template it is an action. */
  readonly comment: "#" | "%" | "json" | "go-template";
}

/** The files of one environment, whatever the scope of the target. */
export function renderEnvironment(target: Target, plan: Plan): Rendering {
  return target.scope === "platform" ? target.render([plan]) : target.render(plan);
}

/** Adds a note for every declaration outside `writes`, so that no target can omit one silently. */
export function defineTarget(definition: Omit<EnvironmentTarget, "scope">): EnvironmentTarget {
  return {
    ...definition,
    scope: "environment",
    render(plan) {
      const rendering = definition.render(plan);
      return { ...rendering, notes: [...rendering.notes, ...omissions(plan, definition.writes)] };
    },
  };
}

/** A rendering of all environments, with the notes of each. */
export interface PlatformRendering extends Omit<Rendering, "notes"> {
  readonly notes: readonly (readonly Note[])[];
}

/** As `defineTarget`, for a target of all environments. */
export function definePlatformTarget(
  definition: Omit<PlatformTarget, "scope" | "render"> & { render(plans: readonly Plan[]): PlatformRendering },
): PlatformTarget {
  return {
    ...definition,
    scope: "platform",
    render(plans) {
      const rendering = definition.render(plans);
      const notes = plans.map((plan, index) => [
        ...(rendering.notes[index] ?? []),
        ...omissions(plan, definition.writes),
      ]);
      return { ...rendering, notes: notesOfAll(plans, notes) };
    },
  };
}

/** Each note once; one that only some environments have names them. */
function notesOfAll(plans: readonly Plan[], notes: readonly (readonly Note[])[]): readonly Note[] {
  const byText = new Map<string, { readonly note: Note; readonly environments: Set<string> }>();
  plans.forEach(({ environment }, index) => {
    for (const note of notes[index] ?? []) {
      const key = `${note.path} ${note.message}`;
      const known = byText.get(key) ?? { note, environments: new Set() };
      known.environments.add(environment);
      byText.set(key, known);
    }
  });
  return [...byText.values()].map(({ note, environments }) =>
    environments.size === plans.length
      ? note
      : { ...note, message: `${[...environments].join(", ")}: ${note.message}` },
  );
}
