import { descriptorsOf, MODULE_PORT } from "../modules/index.js";
import { many } from "../platform-file/one-or-many.js";
import type { ModelInput } from "../platform-file/schema/models.js";
import type { ServiceInput } from "../platform-file/schema/services.js";
import { defaultSize, MODULE_DATA, planImage, planPorts, planResources, planVariables } from "./containers.js";
import { onCluster, type PlanContext } from "./context.js";
import { planServiceLoad } from "./load.js";
import { planPool } from "./nodes.js";
import { elementObjectives } from "./objectives.js";
import type { Scope } from "./origin.js";
import { planPatches } from "./patches.js";
import type { Objectives, Port, Resources, Sidecar, Unit } from "./plan.js";
import { declaredMounts } from "./secrets.js";
import { planVolumes } from "./volumes.js";
import {
  type HealthDefaults,
  MODULE_HEALTH,
  planDisruption,
  planHealth,
  planReplicas,
  planRollout,
  planScale,
  planSpread,
  TCP_HEALTH,
} from "./workload.js";

/** The settings of a unit that depend on its kind: service or model. */
export interface UnitKind {
  readonly name: string;
  readonly role: Unit["role"];
  readonly model: string | undefined;
  readonly modules: readonly string[];
  readonly image: Unit["image"];
  readonly command: readonly string[];
  /** Variables that the kind sets; those of the file take precedence. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports: readonly Port[];
  readonly resources: Resources;
  /** Size of the data directory of Keelson modules; undefined without modules. */
  readonly data: number | undefined;
  readonly health: HealthDefaults;
  readonly load: Unit["load"];
  readonly metrics: Unit["metrics"];
}

/** Services as units. A service that runs beside others is a sidecar of each of them, not a unit. */
export function planServices(context: PlanContext): Unit[] {
  const beside = servicesBeside(context);
  return Object.entries(context.settings.services ?? {})
    .filter(([name]) => !beside.has(name))
    .map(([name, input]) => {
      const scope = context.provenance.at("services", name);
      const modules = input.modules ?? [];
      // A worker that runs modules still serves its health routes.
      const ports = planPorts(scope, input, modules.length > 0 ? MODULE_PORT : undefined);
      return planUnit(context, scope, input, {
        name,
        role: input.role ?? "service",
        model: undefined,
        modules,
        image: planImage(context, scope, input.image),
        command: input.command ?? [],
        ports,
        resources: planResources(scope, input, defaultSize(modules)),
        data: modules.length > 0 ? MODULE_DATA : undefined,
        health: modules.length > 0 ? MODULE_HEALTH : TCP_HEALTH,
        load: planServiceLoad(scope, input.load),
        metrics: planMetrics(input.metrics, ports),
      });
    });
}

/** The declared metrics, on the named port or the first. */
function planMetrics(input: ServiceInput["metrics"], ports: readonly Port[]): Unit["metrics"] {
  const { path = "/metrics", port: named = undefined } = typeof input === "string" ? { path: input } : (input ?? {});
  const port = named === undefined ? ports[0] : ports.find(({ name }) => name === named);
  return input === undefined || port === undefined ? undefined : { path, port: port.number };
}

/** Names of services that run beside others. */
function servicesBeside(context: PlanContext): ReadonlySet<string> {
  const { services = {}, models = {} } = context.settings;
  return new Set([...Object.values(services), ...Object.values(models)].flatMap(({ beside }) => many(beside)));
}

/** One unit: the settings of its kind, and those that all units have in common. */
export function planUnit(context: PlanContext, scope: Scope, input: ServiceInput | ModelInput, kind: UnitKind): Unit {
  const objectives = elementObjectives(scope, input.objectives, context.objectives);
  const volumes = planVolumes(context, scope, input.volumes, kind.data, objectives);
  const sidecars = planSidecars(context, scope, input, kind.ports, objectives);
  const replicas = planReplicas(context, scope, input, [{ volumes }, ...sidecars]);
  const cluster = onCluster(context);
  const streams = kind.role === "model" || descriptorsOf(kind.modules).some(({ streams }) => streams);
  const graceWhy = streams ? "long responses are completed" : "requests in flight are completed";
  return {
    name: kind.name,
    path: scope.path,
    role: kind.role,
    modules: kind.modules,
    model: kind.model,
    workload: workloadOf([{ volumes }, ...sidecars]),
    image: kind.image,
    command: kind.command,
    environment: { ...kind.environment, ...planVariables(input.env) },
    ports: kind.ports,
    metrics: kind.metrics,
    replicas,
    resources: kind.resources,
    scale: planScale(scope, input.scale, replicas),
    rollout: planRollout(context, scope, input.rollout, kind.resources.gpu.count > 0),
    disruption: planDisruption(context, scope, input.disruption, replicas),
    spread: planSpread(context, scope, input.spread, replicas),
    health: planHealth(scope, input.health, kind.ports, kind.health),
    terminationGrace: scope.duration("grace", input.grace, streams ? 120_000 : 30_000, graceWhy),
    drainDelay: scope.duration(
      "drain",
      input.drain,
      cluster ? 5_000 : 0,
      cluster
        ? "the replica is removed from the endpoints within seconds after SIGTERM"
        : "one machine has no endpoints to update",
    ),
    pool: planPool(context, input.nodes),
    priority: scope.pick("priority", input.priority, "normal", "no other priority is set"),
    secrets: declaredMounts(input.secrets),
    volumes,
    sidecars,
    affinity: scope.pick("affinity", input.affinity, "none", "any replica can serve a request"),
    sizing: scope.pick("sizing", input.sizing, "off", "requests stay as configured"),
    load: kind.load,
    objectives,
    patches: planPatches(scope, input.patch),
  };
}

/** A replica with persistent volumes of its own needs a stable identity. */
function workloadOf(containers: readonly Pick<Unit, "volumes">[]): Unit["workload"] {
  const persistent = containers.some(({ volumes }) => volumes.some(({ kind }) => kind === "persistent"));
  return persistent ? "stateful-set" : "deployment";
}

function planSidecars(
  context: PlanContext,
  scope: Scope,
  input: ServiceInput | ModelInput,
  taken: readonly Port[],
  host: Objectives,
): Sidecar[] {
  const inline = "sidecars" in input ? Object.entries(input.sidecars ?? {}) : [];
  const containers = [
    ...inline.map(([name, sidecar]) => ({ name, sidecar, sidecarScope: scope.at("sidecars", name), owner: host })),
    ...many(input.beside).flatMap((name) => {
      const sidecar = context.settings.services?.[name];
      const sidecarScope = context.provenance.at("services", name);
      if (!sidecar) return [];
      return [
        { name, sidecar, sidecarScope, owner: elementObjectives(sidecarScope, sidecar.objectives, context.objectives) },
      ];
    }),
  ];
  let free = Math.max(MODULE_PORT, ...taken.map(({ number }) => number)) + 1;
  return containers.map(({ name, sidecar, sidecarScope, owner }): Sidecar => {
    const modules = sidecar.modules ?? [];
    const ports = planPorts(sidecarScope, sidecar, modules.length > 0 ? free++ : undefined);
    return {
      name,
      path: sidecarScope.path,
      modules,
      image: planImage(context, sidecarScope, sidecar.image),
      command: sidecar.command ?? [],
      environment: planVariables(sidecar.env),
      ports,
      resources: planResources(sidecarScope, sidecar, defaultSize(modules)),
      secrets: declaredMounts(sidecar.secrets),
      volumes: planVolumes(context, sidecarScope, sidecar.volumes, modules.length > 0 ? MODULE_DATA : undefined, owner),
    };
  });
}
