import { readOutside } from "../platform-file/outside.js";
import type { PlanContext } from "./context.js";
import type { Dependency, Model, OutsideHost } from "./plan.js";

/** The hosts outside the platform that units call or that serve models, with the figures that the file declares for them. */
export function planOutside(
  { provenance, settings }: PlanContext,
  dependencies: readonly Dependency[],
  models: readonly Model[],
): OutsideHost[] {
  const hosts = new Set([
    ...dependencies.flatMap(({ to, kind }) => (kind === "outside" ? to : [])),
    ...models.flatMap(({ upstreams }) => upstreams.flatMap(({ url }) => readOutside(url)?.host ?? [])),
  ]);
  return [...hosts].map((name) => {
    const declared = settings.outside?.[name];
    const { path } = provenance.at("outside", name);
    return { name, path, availability: declared?.availability, rto: declared?.rto };
  });
}
