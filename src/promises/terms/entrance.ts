import { CLOUDS } from "../../plan/clouds/index.js";
import { CONTROLLERS } from "../../plan/entrances/index.js";
import type { LoadBalancer, Plan } from "../../plan/plan.js";
import { formatDuration } from "../../platform-file/format.js";
import type { NodesNeeded } from "../capacity.js";
import { proxyStart } from "../facts/entrances.js";
import { evictionToleration, nodeMonitorGrace, podStartup } from "../facts/kubernetes.js";
import { sharedWatch } from "../facts/supervisor.js";
import { proxyDemand, proxySurvival } from "../placement/survival.js";
import type { Domain } from "../placement/worst-placement.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, cited, declared, longest, sum, unknown } from "../prediction.js";
import type { EntranceSubject } from "../subjects.js";
import { capacityElsewhere, withoutRoom } from "./capacity.js";
import { zones } from "./machine.js";
import { notRunHere } from "./not-run.js";
import { supervisorRestart, withdrawal } from "./unit.js";

/**
 * How long an entrance answers nothing after the loss of a node or a zone with its proxies. Kubernetes and the load balancer
 * notice the loss at the same time: the longer of the two waits counts.
 */
export function entranceAfterLoss(
  subject: EntranceSubject,
  plan: Plan,
  lost: Domain,
  nodesNeeded: NodesNeeded,
): Prediction {
  const { entrance, path } = subject;
  if (CONTROLLERS[entrance.controller].proxies === undefined) {
    const why = "the file declares no controller, so it is not known what accepts its requests (`controller: none`)";
    return unknown(plan, `${path}.controller`, why, {
      advice: "declare the controller, how many proxies it has and how they are spread",
    });
  }
  const { balancer } = entrance;
  if (!balancer) {
    const why = "no cloud provides its load balancer, and the file does not declare when that notices a lost node";
    return unknown(plan, path, why, {
      advice: "declare its health checks: `balancer: { check: 5s, failures: 3 }`",
    });
  }
  const unready = cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes));
  const noticed = balancerChecks(plan, balancer, lost);
  if (proxySurvival(entrance, plan, lost).enough) {
    return bounded(plan, path, [longest([unready, noticed]), withdrawal()]);
  }
  const placed = { name: "the controller", pool: undefined, demand: proxyDemand(entrance.controller) };
  const room = capacityElsewhere(placed, plan, { lost, sameZone: false }, nodesNeeded);
  if (room.kind !== "some") return withoutRoom(room, plan, path);
  return bounded(plan, path, [
    unready,
    cited("eviction of its pods", evictionToleration),
    room.term,
    cited("pod scheduled", podStartup),
    assumed("proxy started", proxyStart.value, proxyStart.why),
    withdrawal(),
    declared(
      plan,
      "load balancer finds the new proxy",
      balancer.check * balancer.failures + balancer.timeout,
      `${balancer.path}.check`,
      "as many checks must succeed as fail",
    ),
  ]);
}

/** The load balancer sends nothing more to the lost nodes; the address of a lost zone has to leave DNS caches, too. */
function balancerChecks(plan: Plan, { path, check, failures, timeout }: LoadBalancer, lost: Domain): Term {
  const checks = declared(
    plan,
    "health checks of the load balancer fail",
    check * failures + timeout,
    `${path}.check`,
    `${failures} × ${formatDuration(check)} + ${formatDuration(timeout)} timeout`,
  );
  const zonal = lost === "zone" && zones(plan).length > 1 ? CLOUDS[plan.cloud].loadBalancer?.zonalAddress : undefined;
  return zonal
    ? assumed(
        "load balancer without the lost zone",
        checks.value + zonal.value,
        zonal.why,
        `${checks.how ?? ""}, then the TTL of ${formatDuration(zonal.value)}`,
      )
    : checks;
}

/** On one machine the processes of the units behind the entrance accept its requests: the slowest restart counts. */
export function entranceOnOneMachine({ entrance, path }: EntranceSubject, plan: Plan): Prediction {
  const units = plan.units.filter(({ name }) => entrance.routes.some(({ unit }) => unit === name));
  const [missing] = units.flatMap((unit) => notRunHere(unit, plan) ?? []);
  if (missing !== undefined) return unknown(plan, path, missing);
  const [slowest] = units
    .map((unit) => supervisorRestart(unit, plan, sharedWatch(plan)))
    .sort((a, b) => sum(b) - sum(a));
  return slowest ? bounded(plan, path, slowest) : unknown(plan, path, "no service is exposed at it");
}

const stateless = {
  value: 0,
  source: "a proxy stores nothing: a request that it has not answered is not acknowledged",
};

/** Whatever happens to an entrance, nothing acknowledged is lost. */
export function lostRequests({ path }: EntranceSubject, plan: Plan): Prediction {
  return bounded(plan, path, [cited("nothing: a proxy stores nothing", stateless)]);
}
