import { MODULE_PORT } from "../../modules/index.js";
import { many } from "../one-or-many.js";
import type { ReferenceContext, ReferenceProblem, SettingPath, Workload } from "./context.js";

type Ports = Pick<Workload, "port" | "ports">;

/** `port` and `ports` are two ways to declare the same thing. */
export function* checkPortForms({ workloads }: ReferenceContext): Iterable<ReferenceProblem> {
  for (const { at, workload } of workloads)
    if (workload.port !== undefined && workload.ports)
      yield {
        path: [...at, "port"],
        code: "spec/conflict",
        message: "both `port` and `ports` are set",
        hint: "move it into `ports`",
      };
}

/** Probes, `expose` and `metrics` name a port of their workload. */
export function* checkPortNames({ workloads, services }: ReferenceContext): Iterable<ReferenceProblem> {
  for (const { at, workload } of workloads)
    for (const probe of ["ready", "live"] as const) {
      const problem = unknownPort([...at, "health", probe, "port"], workload.health?.[probe]?.port, workload);
      if (problem) yield problem;
    }
  for (const [name, service] of services) {
    for (const key of ["expose", "metrics"] as const) {
      const setting = service[key];
      const port = typeof setting === "object" ? setting.port : undefined;
      const problem = unknownPort(["services", name, key, "port"], port, service);
      if (problem) yield problem;
    }
  }
}

/** A reference to a port by name that the workload does not have; undefined if it has it, or none is named. */
export function unknownPort(
  path: SettingPath,
  port: string | undefined,
  { ports }: Ports,
): ReferenceProblem | undefined {
  if (port === undefined) return undefined;
  const known = ports ? Object.keys(ports) : ["http"];
  if (known.includes(port)) return undefined;
  return {
    path,
    code: "spec/unknown-reference",
    message: `there is no port \`${port}\``,
    candidates: { name: port, known },
  };
}

/** Containers of one replica share its network, so each port number belongs to one container. */
export function* checkPortNumbers({ workloads, services }: ReferenceContext): Iterable<ReferenceProblem> {
  for (const { at, name, workload } of workloads) {
    const owners = new Map<number, string>();
    const modules = "modules" in workload && workload.modules && !workload.ports;
    if (modules) owners.set(workload.port ?? MODULE_PORT, name);
    const sidecars = "sidecars" in workload ? Object.entries(workload.sidecars ?? {}) : [];
    const containers: readonly (readonly [name: string, ports: Ports, at: SettingPath])[] = [
      ...(modules ? [] : [[name, workload, at] as const]),
      ...sidecars.map(([sidecar, ports]) => [sidecar, ports, [...at, "sidecars", sidecar]] as const),
      ...many(workload.beside).flatMap((other) => {
        const service = services.get(other);
        return service ? [[other, service, ["services", other]] as const] : [];
      }),
    ];
    for (const [container, ports, path] of containers)
      for (const { number, where } of portNumbers(ports, path)) {
        const owner = owners.get(number);
        if (owner === undefined) owners.set(number, container);
        else
          yield {
            path: where,
            code: "spec/conflict",
            message:
              owner === container
                ? `\`${container}\` has port ${number} twice`
                : `\`${owner}\` already listens on port ${number}, and containers of one replica share its ports`,
            hint: "give each a number of its own",
          };
      }
  }
}

function portNumbers(
  { port, ports }: Ports,
  at: SettingPath,
): { readonly number: number; readonly where: SettingPath }[] {
  if (port !== undefined) return [{ number: port, where: [...at, "port"] }];
  return Object.entries(ports ?? {}).map(([name, value]) => ({
    number: typeof value === "object" ? value.number : value,
    where: [...at, "ports", name],
  }));
}
