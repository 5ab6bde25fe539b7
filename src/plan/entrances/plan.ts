import { descriptorsOf } from "../../modules/index.js";
import type { EntranceInput } from "../../platform-file/schema/entrances.js";
import type { ServiceInput } from "../../platform-file/schema/services.js";
import { CLOUDS } from "../clouds/index.js";
import { onCluster, type PlanContext } from "../context.js";
import { elementObjectives } from "../objectives.js";
import type { Scope } from "../origin.js";
import { planPatches } from "../patches.js";
import type { Entrance, LoadBalancer, Unit } from "../plan.js";
import { declaredSpread } from "../workload.js";
import { CONTROLLERS } from "./index.js";

type Route = Entrance["routes"][number];

/** The entrances, with the unit that each of their paths routes to. */
export function planEntrances(context: PlanContext, units: readonly Unit[]): Entrance[] {
  const { settings, provenance } = context;
  const exposed = units.filter((unit) => isExposed(settings.services?.[unit.name]));
  const entrances: [string, Scope, EntranceInput][] = settings.entrances
    ? Object.entries(settings.entrances).map(([name, input]) => [name, provenance.at("entrances", name), input])
    : settings.entrance || exposed.length > 0
      ? [["web", provenance.at("entrance"), settings.entrance ?? {}]]
      : [];
  if (!settings.entrance && !settings.entrances && entrances.length > 0)
    provenance.at().recordDefault("entrance", "a service is exposed");
  const [first] = entrances;
  return entrances.map(([name, scope, input]) => {
    const routed = exposed.filter((unit) => (entranceOf(settings.services?.[unit.name]) ?? first?.[0]) === name);
    return planEntrance(context, name, scope, input, routesOf(context, routed));
  });
}

function planEntrance(
  context: PlanContext,
  name: string,
  scope: Scope,
  input: EntranceInput,
  routes: Route[],
): Entrance {
  const { cloud } = context;
  const isPublic = input.host !== undefined && onCluster(context);
  const dns = isPublic ? CLOUDS[cloud].dns : "none";
  const dnsWhy = isPublic ? "the host needs a DNS record" : "no host is set, so there is no record";
  const controller = scope.pick(
    "controller",
    input.controller,
    onCluster(context) ? "gateway-api" : "none",
    onCluster(context)
      ? "the Gateway API replaces Ingress, and has maintained controllers"
      : "the gateway is reached directly on one machine",
  );
  return {
    name,
    path: scope.path,
    host: input.host,
    controller,
    namespace: scope.pick(
      "namespace",
      input.namespace,
      CONTROLLERS[controller].namespace,
      `the usual installation of ${CONTROLLERS[controller].title}`,
    ),
    replicas: scope.pick("replicas", input.replicas, 1, CONTROLLERS[controller].proxies?.source ?? "no controller"),
    spread: planProxySpread(scope, input.spread),
    balancer: planBalancer(context, scope, input.balancer),
    objectives: elementObjectives(scope, input.objectives, context.objectives),
    tls: planTls(scope, input.tls, isPublic),
    waf: scope.pick("waf", input.waf, "none", "none is configured"),
    cdn: scope.pick(
      "cdn",
      input.cdn === "optional" ? undefined : input.cdn,
      false,
      "responses of models are not cached",
    ),
    dns: scope.pick("dns", input.dns, dns, dnsWhy),
    affinity: scope.pick("affinity", input.affinity, "none", "any replica can serve a request"),
    patches: planPatches(scope, input.patch),
    routes,
  };
}

/** A statement about the installation of the controller, whose usual charts spread nothing. */
function planProxySpread(scope: Scope, input: EntranceInput["spread"]): Entrance["spread"] {
  const given = declaredSpread(input);
  const spreadScope = scope.at("spread");
  const why = "the usual installation of a controller does not spread its proxies";
  return {
    zones: spreadScope.pick("zones", given.zones, "none", why),
    nodes: spreadScope.pick("nodes", given.nodes, "none", why),
  };
}

function planBalancer(context: PlanContext, scope: Scope, input: EntranceInput["balancer"]): LoadBalancer | undefined {
  const balancer = scope.at("balancer");
  const { path } = balancer;
  if (input) {
    const { check, failures } = input;
    const timeout = balancer.duration("timeout", input.timeout, check, "the next check begins after the interval");
    return { path, check, failures, timeout };
  }
  const usual = onCluster(context) ? CLOUDS[context.cloud].loadBalancer : undefined;
  if (!usual) return undefined;
  const { check, source } = usual;
  return {
    path,
    check: balancer.duration("check", undefined, check.every, source),
    timeout: balancer.duration("timeout", undefined, check.timeout, source),
    failures: balancer.pick("failures", undefined, check.failures, source),
  };
}

function planTls(scope: Scope, input: EntranceInput["tls"], isPublic: boolean): Entrance["tls"] {
  if (input === false) return undefined;
  if (input === undefined && !isPublic)
    return scope.pick("tls", undefined, undefined, "no host is set, so there is no certificate");
  const tlsScope = scope.at("tls");
  const given = typeof input === "string" ? { issuer: input } : input;
  return {
    issuer: tlsScope.pick("issuer", given?.issuer, "letsencrypt", "a free certificate that browsers trust"),
    minimum: tlsScope.pick(
      "minimum",
      given && "minimum" in given ? given.minimum : undefined,
      "1.2",
      "TLS 1.0 and 1.1 are withdrawn (RFC 8996)",
    ),
  };
}

function routesOf(context: PlanContext, units: readonly Unit[]): Route[] {
  const routes = units.flatMap((unit): Route[] => {
    const expose = context.settings.services?.[unit.name]?.expose;
    const given = typeof expose === "string" ? expose : typeof expose === "object" ? expose.path : undefined;
    const wanted = typeof expose === "object" ? expose.port : undefined;
    const port = wanted ?? unit.ports[0]?.name ?? "http";
    const prefixes =
      given === undefined ? usualPrefixes(unit, units.length === 1) : Array.isArray(given) ? given : [given];
    if (given === undefined)
      context.provenance
        .at("services", unit.name, "expose")
        .recordDefault("path", `the default path prefixes of its modules: ${prefixes.join(" and ")}`);
    return prefixes.map((prefix) => ({ prefix, unit: unit.name, port }));
  });
  // A prefix routes to the first unit that declares it; longer prefixes match first.
  const claimed = new Map<string, Route>();
  for (const route of routes) if (!claimed.has(route.prefix)) claimed.set(route.prefix, route);
  return [...claimed.values()].sort((a, b) => b.prefix.length - a.prefix.length || (a.prefix < b.prefix ? -1 : 1));
}

function usualPrefixes(unit: Unit, alone: boolean): readonly string[] {
  if (alone) return ["/"];
  const prefixes = [...new Set(descriptorsOf(unit.modules).flatMap(({ routes }) => routes))];
  return prefixes.length > 0 ? prefixes : [`/${unit.name}`];
}

function isExposed(service: ServiceInput | undefined): boolean {
  return service?.expose !== undefined && service.expose !== false;
}

function entranceOf(service: ServiceInput | undefined): string | undefined {
  return typeof service?.expose === "object" ? service.expose.entrance : undefined;
}
