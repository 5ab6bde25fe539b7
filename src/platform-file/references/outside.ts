import { readOutside } from "../outside.js";
import type { ReferenceContext, ReferenceProblem } from "./context.js";

/** `outside` describes hosts that a workload calls or that serve a model. Any other one has no effect. */
export function* checkOutside({ settings, models, workloads }: ReferenceContext): Iterable<ReferenceProblem> {
  const described = Object.keys(settings.outside ?? {});
  if (described.length === 0) return;
  const calls = workloads.flatMap(({ workload }) =>
    (workload.calls ?? []).map((call) => (typeof call === "string" ? call : call.to)),
  );
  const upstreams = [...models.values()].flatMap(({ upstreams = [] }) =>
    typeof upstreams === "string" ? upstreams : upstreams.map(({ url }) => url),
  );
  const known = new Set([...calls, ...upstreams].flatMap((address) => readOutside(address)?.host ?? []));
  for (const name of described)
    if (!known.has(name))
      yield {
        path: ["outside", name],
        code: "spec/unknown-reference",
        severity: "warning",
        message: `nothing calls \`${name}\`, so its figures have no effect`,
        candidates: { name, known },
      };
}
