import { many } from "../one-or-many.js";
import { standardClasses } from "../schema/models.js";
import { listedAt, type ReferenceContext, type ReferenceProblem, unknownReference } from "./context.js";

/** `fallback` names other models, or `simulated`. */
export function* checkFallbacks(context: ReferenceContext): Iterable<ReferenceProblem> {
  const known = [...context.models.keys(), "simulated"];
  for (const [name, { fallback }] of context.models)
    for (const [index, other] of many(fallback).entries())
      if (other !== "simulated" && !context.models.has(other))
        yield unknownReference(context, listedAt(["models", name, "fallback"], index, fallback), {
          kind: "model",
          name: other,
          known,
          groups: ["models"],
        });
}

/** `class` names a size class of the file or a standard one. */
export function* checkClasses(context: ReferenceContext): Iterable<ReferenceProblem> {
  const known = new Set([...Object.keys(context.settings.classes ?? {}), ...standardClasses]);
  for (const [name, model] of context.models)
    if (model.class !== undefined && !known.has(model.class))
      yield unknownReference(context, ["models", name, "class"], {
        kind: "size class",
        name: model.class,
        known,
        groups: ["classes"],
      });
}

/** A checksum belongs to one file: in a list, each source has its own. */
export function* checkChecksums(context: ReferenceContext): Iterable<ReferenceProblem> {
  for (const [name, { source, sha256 }] of context.models)
    if (sha256 !== undefined && many(source).length > 1)
      yield {
        path: ["models", name, "sha256"],
        code: "spec/conflict",
        message: "`sha256` does not say to which of several sources it belongs",
        hint: "write it beside its source: { from: hf://OWNER/REPO/FILE.gguf, sha256: … }",
      };
}
