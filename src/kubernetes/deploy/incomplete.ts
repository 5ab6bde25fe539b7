import { KeelsonError } from "../../errors/keelson-error.js";
import { KubernetesError } from "../errors.js";
import { describe } from "../live-object.js";
import type { Step } from "./decide.js";

/**
 * The error of a deploy that the API server ended after some of its steps: admission decides about each write again, so it may
 * reject what its dry run accepted. States what was applied and what was not.
 */
export function incomplete(error: unknown, steps: readonly Step[], done: ReadonlySet<Step>): unknown {
  const writes = steps.filter(({ action }) => action !== "keep");
  const left = writes.filter((step) => !done.has(step));
  if (!(error instanceof KubernetesError) || left.length === writes.length) return error;
  const names = (action: Step["action"]) =>
    left.filter((step) => step.action === action).map(({ object }) => describe(object));
  const line = (title: string, objects: readonly string[]) =>
    objects.length === 0 ? [] : [`${title}: ${objects.join(", ")}`];
  return new KeelsonError(
    "deploy/incomplete",
    `${error.message} (${done.size} of ${writes.length} objects were applied)`,
    {
      details: [
        ...(error.hint === undefined ? [] : [error.hint]),
        ...line("not applied", names("apply")),
        ...line("not pruned", names("prune")),
      ],
      cause: error,
    },
  );
}
