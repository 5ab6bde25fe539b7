import type { Plan } from "../plan/plan.js";
import type { Note } from "./target.js";

/** Weights that no container comes to by itself. */
export function modelNotes(plan: Plan): readonly Note[] {
  return plan.models.flatMap(({ name, path, engine, source, unit }) => {
    if (unit === undefined) return [];
    const at = `${path}.source`;
    if (source.kind === "file")
      return [{ path: at, message: `${name}: its weights, ${source.file}, are not in the container: put them there` }];
    if (source.kind === "huggingface" && engine === "ollama")
      return [{ path: at, message: `${name}: Ollama is not told to fetch ${source.url}: import it there` }];
    return [];
  });
}
