import type { Path, Plan } from "../plan/plan.js";
import type { GeneratedSecret } from "./secrets.js";

/** A form that a Plan can be written down in. Add one by adding a folder and a line in `targets.ts`. */
export interface Target {
  readonly description: string;
  render(plan: Plan): Rendering;
}

export interface Rendering {
  readonly files: readonly RenderedFile[];
  /** Secrets whose values are made once, outside the rendered files. */
  readonly secrets: readonly GeneratedSecret[];
  /** What the Plan says and this target cannot carry out. Never silently dropped. */
  readonly notes: readonly Note[];
}

export interface RenderedFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  /** The whole text, without the seal that marks it as Keelson's own. */
  readonly text: string;
  /** How a remark is written in this format: after a sign, or as the first field of a JSON object. */
  readonly comment: "#" | "%" | "json";
}

/** Something the Plan asks for and the target leaves out, with its place in the platform file. */
export interface Note {
  readonly path: Path;
  readonly message: string;
}
