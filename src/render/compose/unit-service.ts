import { DATA_DIRECTORY } from "../../plan/directories.js";
import { formatImage } from "../../plan/images.js";
import type { Plan, Unit } from "../../plan/plan.js";
import { entryPoint } from "../entry-point.js";
import { metricsPort } from "../metrics-port.js";
import type { Note } from "../note.js";
import { PLAN_FILE } from "../plan-document.js";
import { serveArguments } from "../serve-arguments.js";
import { sharedMemoryBytes, usesSharedMemory } from "../shared-memory.js";
import { userEnvironment } from "../user-environment.js";
import { composeBytes, composeDuration, composeResources } from "./quantity.js";
import { secretMounts } from "./secrets.js";
import { type ComposeService, HARDENING, type HealthCheck } from "./service.js";

/** The parts of the Compose file that the service of a unit refers to. */
export interface ServiceContext {
  readonly networks: readonly string[];
  readonly dependsOn: readonly string[];
  /** Services with a health check: their callers wait until they are healthy. */
  readonly withHealthCheck: ReadonlySet<string>;
  /** The port that is published on this machine, for a unit behind an entrance. */
  readonly published: { readonly variable: string; readonly port: number } | undefined;
}

export function unitService(
  plan: Plan,
  unit: Unit,
  context: ServiceContext,
): { readonly service: ComposeService; readonly notes: readonly Note[] } {
  return { service: serviceOf(plan, unit, context), notes: unitNotes(unit, context.published !== undefined) };
}

/** Replicas and volumes that one machine cannot provide as declared. */
function unitNotes(unit: Unit, published: boolean): readonly Note[] {
  const { name, path, replicas } = unit;
  const notes: Note[] = [];
  if (replicas.min > 1 && composeReplicas(unit, published) === 1)
    notes.push({
      path: `${path}.replicas`,
      message: published
        ? `${name}: one replica runs, because it publishes a port`
        : `${name}: one replica runs, because its volumes cannot be shared`,
    });
  const mounts = Object.values(unitVolumes(unit)).join(" ");
  if (unit.modules.length === 0 && mounts !== "")
    notes.push({
      path: `${path}.volumes`,
      message: `${name}: if its image does not let user 1001 write to ${mounts}, run \`docker compose run --rm --no-deps --user 0:0 --cap-add CHOWN --entrypoint chown ${name} 1001:1001 ${mounts}\`${replicas.min > 1 && !published ? "; its replicas share the volume" : ""}`,
    });
  return notes;
}

function serviceOf(plan: Plan, unit: Unit, context: ServiceContext): ComposeService {
  const own = unit.modules.length > 0;
  const entrance = unit.ports.find((port) => port.protocol === "http") ?? unit.ports[0];
  const check = healthCheck(unit);
  const replicas = composeReplicas(unit, context.published !== undefined);
  return {
    image: formatImage(unit.image),
    ...(own
      ? { command: serveArguments(unit, unit.modules, unit.ports, metricsPort(plan, unit)) }
      : foreignCommand(unit)),
    user: "1001:1001",
    ...environment(plan, unit, own),
    ...(context.published &&
      entrance && {
        ports: [`127.0.0.1:\${${context.published.variable}:-${context.published.port}}:${entrance.number}`],
      }),
    networks: context.networks,
    ...(context.dependsOn.length > 0 && { depends_on: dependsOn(context) }),
    ...(own && { configs: [{ source: "plan", target: PLAN_FILE }] }),
    secrets: secretMounts(unit.secrets),
    volumes: Object.entries(unitVolumes(unit)).map(([volume, path]) =>
      hasOwnVolumes(unit, replicas) ? path : `${volume}:${path}`,
    ),
    tmpfs: ["/tmp"],
    ...(usesSharedMemory(unit) && { shm_size: composeBytes(sharedMemoryBytes(unit.resources.memory)) }),
    ...(check && { healthcheck: check }),
    ...HARDENING,
    stop_grace_period: composeDuration(unit.terminationGrace),
    deploy: { replicas, ...composeResources(unit.resources) },
  };
}

/**
 * Only one container can publish a host port, and all replicas of a service share a named volume. So a unit that needs
 * either has one replica.
 */
export function composeReplicas(unit: Unit, published: boolean): number {
  return published || keepsFiles(unit) ? 1 : Math.max(1, unit.replicas.min);
}

/**
 * Whether each replica gets an anonymous volume: replicas of modules must not write to the same log. Docker creates such a
 * volume with the owner of the directory in the image; only in Keelson's image that owner is certain to be user 1001.
 */
export function hasOwnVolumes({ modules }: Unit, replicas: number): boolean {
  return modules.length > 0 && replicas > 1;
}

export function keepsFiles({ workload }: Unit): boolean {
  return workload === "stateful-set";
}

/** Volumes of a unit and where they are mounted. */
export function unitVolumes(unit: Unit): Readonly<Record<string, string>> {
  const declared = unit.volumes.map((volume) => [`${unit.name}-${volume.name}`, volume.mount] as const);
  const needsData = unit.modules.length > 0 && !unit.volumes.some((volume) => volume.mount === DATA_DIRECTORY);
  // A declared volume may have the same name and another directory.
  let name = "data";
  while (unit.volumes.some((volume) => volume.name === name)) name = `keelson-${name}`;
  return Object.fromEntries([...declared, ...(needsData ? [[`${unit.name}-${name}`, DATA_DIRECTORY] as const] : [])]);
}

/** An HTTP request by Node.js. Undefined for other images, which may not contain an HTTP client: their HEALTHCHECK applies. */
export function healthCheck(unit: Unit): HealthCheck | undefined {
  const { ready, startup } = unit.health;
  const port = unit.ports.find((candidate) => candidate.name === ready.port) ?? unit.ports[0];
  if (unit.modules.length === 0 || !port || ready.http === undefined) return undefined;
  const url = `http://127.0.0.1:${port.number}${ready.http}`;
  const request = `fetch('${url}').then((response) => process.exit(response.ok ? 0 : 1), () => process.exit(1))`;
  return {
    test: ["CMD", "node", "-e", request],
    interval: composeDuration(ready.every),
    timeout: composeDuration(Math.max(2000, ready.timeout)),
    retries: Math.max(1, ready.failures),
    start_period: composeDuration(startup),
  };
}

function foreignCommand(unit: Unit): Pick<ComposeService, "command" | "entrypoint"> {
  const { program, options } = entryPoint(unit.command);
  return { ...(program && { entrypoint: program }), ...(options && { command: options }) };
}

function environment(plan: Plan, unit: Unit, own: boolean): Pick<ComposeService, "environment"> {
  const otlp = plan.observe.otlp;
  const usual = own ? otlp !== undefined && { OTEL_EXPORTER_OTLP_ENDPOINT: otlp } : userEnvironment(unit.volumes);
  const all = { ...usual, ...unit.environment };
  const sorted = Object.entries(all).sort(([left], [right]) => (left < right ? -1 : 1));
  return sorted.length > 0 ? { environment: Object.fromEntries(sorted) } : {};
}

function dependsOn(context: ServiceContext): NonNullable<ComposeService["depends_on"]> {
  return Object.fromEntries(
    context.dependsOn.map((name) => [
      name,
      { condition: context.withHealthCheck.has(name) ? ("service_healthy" as const) : ("service_started" as const) },
    ]),
  );
}
