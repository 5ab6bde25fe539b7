import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Outcome } from "../../src/contracts/drills.js";
import type { Plan } from "../../src/plan/plan.js";
import { TOLERANCE, usageRead } from "../../src/promises/facts/autoscaler.js";
import { assumed, bounded, cited, type Prediction } from "../../src/promises/prediction.js";
import { startControlPlane } from "../../test/support/cluster/control-plane.js";
import { belongsTo, isReady, Pod, waitForPods } from "../../test/support/cluster/pods.js";
import { applyAll, renderedObjects } from "../../test/support/cluster/rendered.js";
import { poolNodes, startSimulatedNodes } from "../../test/support/cluster/simulated-nodes.js";
import { named } from "../../test/support/plan/planned.js";
import { type Case, defineCase, measured, ofRow, type Rig } from "../case.js";
import { type MetricsApi, startMetricsApi } from "../metrics-api.js";

const platform = (cpu: string, replicas: string, startup: string) => `platform: calibrated
provide: in-cluster
cluster: { kubernetes: "1.37" }
nodes: { general: { type: own, allocatable: { cpu: 8, memory: 32Gi }, count: 4 } }
services:
  web: { image: shop/web:1.0.0, port: 80, replicas: ${replicas}, cpu: ${cpu}, scale: { cpu: 70% }, health: { startup: ${startup} } }
observe: { metrics: prometheus }
`;

const LIMIT_MS = 1_500_000;
const EVERY_MS = 100;
/** The autoscaler has seen the usage of the minimum, and its recommendations before that are forgotten. */
const SETTLED_MS = 75_000;

/** An autoscaled unit under the real controllers, with a load that its ready replicas share. */
interface Scaled {
  /** Millicores of the load that this many replicas serve at their target. */
  readonly loadOf: (replicas: number) => number;
  readonly setLoad: MetricsApi["setLoad"];
  /** Replicas that are ready and not being deleted. */
  ready(): Promise<number>;
  readonly bounds: { readonly min: number; readonly max: number };
  stop(): Promise<void>;
}

async function start(plan: Plan): Promise<Scaled> {
  const { health, replicas, resources, scale, terminationGrace } = named(plan.units, "web");
  const { request, limit } = resources.cpu;
  if (!request || !limit || !scale?.cpu) throw new Error("web has no request, no limit or no target");
  const target = request * scale.cpu;
  const plane = await startControlPlane({ autoscalerPeriod: "15s" });
  try {
    await startSimulatedNodes(plane, poolNodes(plan, ["a"]), "node", { start: health.startup, stop: terminationGrace });
    const metrics = await startMetricsApi(plane, plan.namespace, "web", limit);
    plane.beforeStop(() => metrics.stop());
    metrics.setLoad(replicas.min * target);
    await applyAll(plane.api, renderedObjects(plan));
    await waitForPods(plane.api, plan.namespace, { web: replicas.min }, 60_000 + health.startup);
    await sleep(SETTLED_MS);
    const pods = async () => plane.api.list(`/api/v1/namespaces/${plan.namespace}/pods`, Pod);
    return {
      loadOf: (count) => count * target,
      setLoad: metrics.setLoad,
      ready: async () =>
        (await pods())
          .filter(belongsTo("web"))
          .filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length,
      bounds: replicas,
      stop: () => plane.stop(),
    };
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

/** The time until a number of ready replicas is reached. */
async function until(scaled: Scaled, done: (count: number) => boolean): Promise<Outcome> {
  const since = performance.now();
  const elapsed = () => performance.now() - since;
  for (; elapsed() < LIMIT_MS; await sleep(EVERY_MS)) if (done(await scaled.ready())) return measured(elapsed());
  return { kind: "never-recovered", afterMs: Math.round(elapsed()) };
}

async function up(scaled: Scaled): Promise<Outcome> {
  const { max } = scaled.bounds;
  scaled.setLoad(scaled.loadOf(max));
  // The last replica is not added if the others are within the tolerance of their target.
  return until(scaled, (count) => count * (1 + TOLERANCE.value) >= max);
}

async function down(scaled: Scaled): Promise<Record<"kept" | "down", Outcome>> {
  const before = await scaled.ready();
  scaled.setLoad(scaled.loadOf(scaled.bounds.min));
  const kept = await until(scaled, (count) => count < before);
  const rest = await until(scaled, (count) => count <= scaled.bounds.min);
  return {
    kept,
    down: kept.kind === "measured" && rest.kind === "measured" ? measured(kept.ms + rest.ms) : rest,
  };
}

const Autoscaler = z.looseObject({
  spec: z.looseObject({
    behavior: z.looseObject({
      scaleDown: z.looseObject({
        stabilizationWindowSeconds: z.number(),
        policies: z.tuple([z.looseObject({ value: z.number(), periodSeconds: z.number() })]),
      }),
    }),
  }),
});

/** From the end of the load until `removed` replicas have been removed, as the rendered autoscaler does it. */
function removal(plan: Plan, removed: number): Prediction {
  const object = renderedObjects(plan).find(({ kind }) => kind === "HorizontalPodAutoscaler");
  const { stabilizationWindowSeconds: window, policies } = Autoscaler.parse(object).spec.behavior.scaleDown;
  const [{ value, periodSeconds }] = policies;
  return bounded(plan, named(plan.units, "web").path, [
    cited("usage read by the autoscaler", usageRead),
    assumed("stabilization", window * 1000, "stabilizationWindowSeconds of the rendered autoscaler"),
    assumed("replicas removed", Math.ceil(removed / value) * periodSeconds * 1000, "its rendered policy"),
  ]);
}

const TERMS = [
  "usage read by the autoscaler",
  "replicas added",
  "pod scheduled",
  "start to ready",
  "endpoints updated",
];
const RTO = {
  what: "from the load to the replicas that serve it, without image pulls",
  predicted: ofRow("overload", "web", "rto", TERMS),
};

const own = { needs: ["cluster", "kwok", "schemas"], runs: 1 } as const satisfies Partial<Case>;
const versions = { Kubernetes: "1.37.2", kwok: "0.7.0" };

async function rig<Name extends string>(
  plan: Plan,
  measure: (scaled: Scaled) => Promise<Record<Name, Outcome>>,
): Promise<Rig<Name>> {
  const scaled = await start(plan);
  return { versions, measure: () => measure(scaled), stop: () => scaled.stop() };
}

export const autoscalers: readonly Case[] = [
  defineCase<"rto" | "kept" | "down">({
    ...own,
    name: "autoscaler-limited",
    title:
      "the autoscaler of Kubernetes with simulated nodes and a metrics API: the load rises to that of the maximum, the limit of a replica is its request, and the load falls again",
    platform: platform("500m", "2..6", "20s"),
    figures: {
      rto: RTO,
      kept: {
        what: "from the end of the load to the first removal",
        predicted: (_sheet, plan) => removal(plan, 1),
      },
      down: {
        what: "from the end of the load to the minimum",
        predicted: (_sheet, plan) =>
          removal(plan, named(plan.units, "web").replicas.max - named(plan.units, "web").replicas.min),
      },
    },
    start: (plan) => rig(plan, async (scaled) => ({ rto: await up(scaled), ...(await down(scaled)) })),
  }),
  defineCase<"rto">({
    ...own,
    name: "autoscaler-fast-start",
    title:
      "the autoscaler of Kubernetes with simulated nodes and a metrics API: the load rises to that of the maximum, and new replicas are ready before the next step",
    platform: platform("100m..2", "2..12", "5s"),
    figures: { rto: RTO },
    start: (plan) => rig(plan, async (scaled) => ({ rto: await up(scaled) })),
  }),
];
