import { many } from "../one-or-many.js";
import type { ServiceInput } from "../schema/services.js";
import type { ReferenceContext, ReferenceProblem } from "./context.js";
import { listedAt, type SettingPath, unknownReference } from "./context.js";

/** What a service runs, and the settings that contradict its role. */
export function* checkServices({ services, hostOf }: ReferenceContext): Iterable<ReferenceProblem> {
  for (const [name, service] of services) {
    const at: SettingPath = ["services", name];
    const { modules, image, role, port, ports, expose, health } = service;
    if (!modules && image === undefined) yield runsNothing(at, name, "write `modules: [gateway]` or `image: …`");
    if (role === "worker" && (port !== undefined || ports || expose))
      yield {
        path: at,
        code: "spec/conflict",
        message: `\`${name}\` is a worker, and a worker has no port`,
        hint: "remove `role: worker`",
      };
    if (!modules && port === undefined && !ports)
      for (const probe of ["ready", "live"] as const)
        if (health?.[probe])
          yield {
            path: [...at, "health", probe],
            code: "spec/conflict",
            message: `\`${name}\` has no port for this probe`,
            hint: role === "worker" ? "remove `role: worker`, and write `port: 8080`" : "write `port: 8080`",
          };
    const host = hostOf.get(name);
    const unscraped = metricsConflict(service, host);
    if (unscraped !== undefined)
      yield { path: [...at, "metrics"], code: "spec/conflict", message: `\`${name}\` ${unscraped}` };
    if (expose !== undefined && expose !== false && host !== undefined)
      yield {
        path: [...at, "expose"],
        code: "spec/conflict",
        message: `\`${name}\` runs beside \`${host}\` and has no address of its own`,
      };
    for (const [sidecar, container] of Object.entries(service.sidecars ?? {}))
      if (!container.modules && container.image === undefined)
        yield runsNothing([...at, "sidecars", sidecar], sidecar, "write `modules: […]` or `image: …`");
  }
}

/** Why nothing can scrape the metrics that a service declares; undefined without a conflict, or without metrics. */
function metricsConflict(service: ServiceInput, host: string | undefined): string | undefined {
  const { metrics, modules, port, ports } = service;
  if (metrics === undefined) return undefined;
  if (modules) return "runs Keelson's modules, which serve their metrics on a port of their own";
  if (host !== undefined) return `runs beside \`${host}\`, and only that one has metrics`;
  return port === undefined && !ports ? "has no port for its metrics" : undefined;
}

/** `beside` names services that run in the same replica. */
export function* checkBeside(context: ReferenceContext): Iterable<ReferenceProblem> {
  const { services, workloads } = context;
  for (const { at, workload } of workloads)
    for (const [index, name] of many(workload.beside).entries())
      if (!services.has(name))
        yield unknownReference(context, listedAt([...at, "beside"], index, workload.beside), {
          kind: "service",
          name,
          known: services.keys(),
          groups: ["services"],
        });
}

/** `nodes` of a workload or store names a node pool. */
export function* checkPools(context: ReferenceContext): Iterable<ReferenceProblem> {
  const { settings, pools, workloads, isRemoved } = context;
  const stores = Object.entries(settings.stores ?? {}).map(([name, store]) => [["stores", name], store] as const);
  for (const [at, { nodes }] of [...workloads.map(({ at, workload }) => [at, workload] as const), ...stores]) {
    if (nodes === undefined || pools.has(nodes)) continue;
    // An environment that removes all pools (`nodes: null`, such as a laptop) needs no pool.
    if (settings.nodes === undefined && isRemoved(nodes, ["nodes"])) continue;
    yield unknownReference(context, [...at, "nodes"], {
      kind: "node pool",
      name: nodes,
      known: pools,
      groups: ["nodes"],
    });
  }
}

function runsNothing(path: SettingPath, name: string, hint: string): ReferenceProblem {
  return { path, code: "spec/missing-key", message: `\`${name}\` has neither modules nor an image`, hint };
}
