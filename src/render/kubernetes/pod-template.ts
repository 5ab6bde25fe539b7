import type { IContainer, IEnvVar, IPodSpec } from "kubernetes-models/v1";
import { formatImage } from "../../plan/images.js";
import type { Plan, Port, Sidecar, Unit, Volume } from "../../plan/plan.js";
import { unitGroup } from "../../promises/placement/survival.js";
import { entryPoint } from "../entry-point.js";
import { metricsPort } from "../metrics-port.js";
import { serveArguments } from "../serve-arguments.js";
import { userEnvironment } from "../user-environment.js";
import { literal } from "./expansion.js";
import { labels, selector } from "./metadata.js";
import { placement } from "./placement.js";
import { priorityClassName } from "./priority-class.js";
import { probes } from "./probes.js";
import { pullSecrets } from "./pull-secrets.js";
import { resourceQuantities, seconds } from "./quantity.js";
import type { Scope } from "./scope.js";
import { scrapeAnnotations } from "./scraping.js";
import { containerSecurityContext, podSecurityContext } from "./security-context.js";
import { topologySpread } from "./topology-spread.js";
import { fileBackupAnnotation } from "./velero.js";
import { ephemeralStorage, type Mounted, podVolumes, sidecarVolumes, unitVolumes } from "./volumes.js";

export interface PodTemplate {
  readonly metadata: { readonly labels: Record<string, string>; readonly annotations?: Record<string, string> };
  readonly spec: IPodSpec;
}

/** The pod template of a unit. */
export function podTemplate(scope: Scope, unit: Unit): PodTemplate {
  const { plan } = scope;
  const annotations = {
    ...scrapeAnnotations(plan, metricsPort(plan, unit), unit.metrics?.path),
    ...fileBackupAnnotation(unit),
  };
  const { minDomains } = unitGroup(unit, plan);
  const spread = topologySpread(selector(plan, unit.name), unit.spread, unit.workload === "deployment", minDomains);
  const mounted = unitVolumes(scope, unit);
  const priorityClass = priorityClassName(plan, unit.priority);
  const sidecars = unit.sidecars.map((sidecar) => ({ sidecar, mounted: sidecarVolumes(scope, unit, sidecar) }));
  return {
    metadata: { labels: labels(plan, unit, unit.role), ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: {
      serviceAccountName: unit.name,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...pullSecrets(plan),
      securityContext: podSecurityContext(),
      ...(priorityClass !== undefined && { priorityClassName: priorityClass }),
      ...placement(plan, unit.pool, unit.resources.gpu.count),
      // The API server drops an empty list, and `kubectl apply` would send it again each time.
      ...(spread.length > 0 && { topologySpreadConstraints: spread }),
      terminationGracePeriodSeconds: terminationSeconds(unit),
      ...(sidecars.length > 0 && {
        initContainers: sidecars.map((each) => sidecarContainer(scope, unit, each.sidecar, each.mounted)),
      }),
      containers: [mainContainer(scope, unit, mounted)],
      volumes: podVolumes([...mounted, ...sidecars.flatMap((each) => each.mounted)]),
    },
  };
}

function mainContainer(scope: Scope, unit: Unit, mounted: readonly Mounted[]): IContainer {
  const own = unit.modules.length > 0;
  return {
    name: unit.name,
    image: formatImage(unit.image),
    imagePullPolicy: "IfNotPresent",
    ...(own
      ? { args: serveArguments(unit, unit.modules, unit.ports, metricsPort(scope.plan, unit)) }
      : foreignCommand(unit.command)),
    ...environment(scope, unit.environment, own, unit.volumes),
    ports: [...containerPorts(unit.ports), ...metricsPorts(scope, unit)],
    ...probes(unit.health, unit.ports),
    ...(!own && unit.drainDelay > 0 && { lifecycle: { preStop: { sleep: { seconds: seconds(unit.drainDelay) } } } }),
    resources: resourceQuantities(unit.resources, ephemeralStorage(mounted)),
    securityContext: containerSecurityContext(),
    volumeMounts: mounted.flatMap(({ mounts }) => mounts),
  };
}

/**
 * Keelson's modules wait for the drain delay after SIGTERM. For other programs a `preStop` sleep delays SIGTERM; it is part
 * of the same grace period.
 */
function terminationSeconds(unit: Unit): number {
  return Math.max(1, seconds(unit.terminationGrace));
}

/** A native sidecar: it starts before the main container, stops after it, and restarts independently. */
function sidecarContainer(scope: Scope, unit: Unit, sidecar: Sidecar, mounted: readonly Mounted[]): IContainer {
  const own = sidecar.modules.length > 0;
  return {
    name: sidecar.name,
    image: formatImage(sidecar.image),
    imagePullPolicy: "IfNotPresent",
    restartPolicy: "Always",
    ...(own ? { args: serveArguments(unit, sidecar.modules, sidecar.ports) } : foreignCommand(sidecar.command)),
    ...environment(scope, sidecar.environment, own, sidecar.volumes),
    ports: containerPorts(sidecar.ports),
    resources: resourceQuantities(sidecar.resources, ephemeralStorage(mounted)),
    securityContext: containerSecurityContext(),
    volumeMounts: mounted.flatMap(({ mounts }) => mounts),
  };
}

function foreignCommand(command: readonly string[]): Pick<IContainer, "command" | "args"> {
  const { program, options } = entryPoint(command);
  return { ...(program && { command: program.map(literal) }), ...(options && { args: options.map(literal) }) };
}

function containerPorts(ports: readonly Port[]) {
  return ports.map((port) => ({ name: port.name, containerPort: port.number, protocol: "TCP" as const }));
}

/** The port of the metrics, unless it is a declared one. */
function metricsPorts(scope: Scope, unit: Unit) {
  const port = metricsPort(scope.plan, unit);
  const name = metricsPortName(scope.plan, unit);
  if (port === undefined || name === undefined || unit.ports.some(({ number }) => number === port)) return [];
  return [{ name, containerPort: port, protocol: "TCP" as const }];
}

/** The name of the port of the metrics in the pod, which a declared port may have too; undefined without metrics. */
export function metricsPortName(plan: Plan, unit: Unit): string | undefined {
  const port = metricsPort(plan, unit);
  if (port === undefined) return undefined;
  const declared = unit.ports.find(({ number }) => number === port);
  if (declared) return declared.name;
  const taken = new Set([unit, ...unit.sidecars].flatMap(({ ports }) => ports.map(({ name }) => name)));
  return taken.has("metrics") ? "keelson-metrics" : "metrics";
}

/** Environment variables. Secrets are mounted as files and never set here. */
function environment(
  scope: Scope,
  declared: Readonly<Record<string, string>>,
  own: boolean,
  volumes: readonly Volume[],
): { readonly env?: IEnvVar[] } {
  const otlp = scope.plan.observe.otlp;
  const usual = own ? otlp !== undefined && { OTEL_EXPORTER_OTLP_ENDPOINT: otlp } : userEnvironment(volumes);
  const all = { ...usual, ...declared };
  const env = Object.entries(all)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => ({ name, value: literal(value) }));
  return env.length > 0 ? { env } : {};
}
