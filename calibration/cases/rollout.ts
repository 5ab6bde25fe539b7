import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Outcome } from "../../src/contracts/drills.js";
import type { Plan } from "../../src/plan/plan.js";
import { assumed, bounded } from "../../src/promises/prediction.js";
import { type ControlPlane, startControlPlane } from "../../test/support/cluster/control-plane.js";
import { belongsTo, isReady, Pod, waitForPods } from "../../test/support/cluster/pods.js";
import { applyAll, renderedObjects } from "../../test/support/cluster/rendered.js";
import { poolNodes, startSimulatedNodes } from "../../test/support/cluster/simulated-nodes.js";
import { named } from "../../test/support/plan/planned.js";
import { type Case, defineCase, measured, ofRow } from "../case.js";

/** Three replicas, each as large as a node, which take their whole start and their whole grace period. */
const platform = (nodes: number) => `platform: calibrated
provide: in-cluster
cluster: { kubernetes: "1.37" }
nodes: { general: { type: own, allocatable: { cpu: 4, memory: 16Gi }, count: ${nodes} } }
services:
  web: { image: shop/web:1.0.0, port: 80, replicas: 3, cpu: 3, memory: 1Gi, grace: 20s, health: { startup: 20s }, rollout: { surge: 1, unavailable: 0 } }
observe: { metrics: prometheus }
`;

/** More than the whole rollout takes with one free node. */
const LIMIT_MS = 180_000;
const EVERY_MS = 100;

const Status = z.looseObject({
  metadata: z.looseObject({ generation: z.number() }),
  spec: z.looseObject({ replicas: z.number() }),
  status: z.looseObject({
    observedGeneration: z.number(),
    replicas: z.number(),
    updatedReplicas: z.number().optional(),
    availableReplicas: z.number().optional(),
  }),
});

/** What the real controllers and the scheduler make of a new version. */
async function rollOut<Name extends string>(
  plan: Plan,
  observeRollout: (plane: ControlPlane, old: ReadonlySet<string>) => Promise<Record<Name, Outcome>>,
): Promise<Record<Name, Outcome>> {
  const plane = await startControlPlane();
  try {
    const { health, terminationGrace } = named(plan.units, "web");
    const times = { start: health.startup, stop: terminationGrace };
    await startSimulatedNodes(plane, poolNodes(plan, ["a"]), "node", times);
    await applyAll(plane.api, renderedObjects(plan));
    const pods = await waitForPods(plane.api, plan.namespace, { web: 3 }, 2 * health.startup + 30_000);
    const old = new Set(pods.filter(belongsTo("web")).map(({ metadata }) => metadata.name));
    await plane.api.merge(deploymentOf(plan), {
      spec: { template: { metadata: { annotations: { "calibration/version": "2" } } } },
    });
    return await observeRollout(plane, old);
  } finally {
    await plane.stop();
  }
}

function deploymentOf({ namespace }: Plan): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
}

/** How many of the new replicas become ready in a time in which all of them would. */
async function replaced(plan: Plan): Promise<Record<"replaced", Outcome>> {
  return rollOut(plan, async (plane, old) => {
    await sleep(LIMIT_MS);
    const pods = (await plane.api.list(`/api/v1/namespaces/${plan.namespace}/pods`, Pod)).filter(belongsTo("web"));
    const added = pods.filter(({ metadata }) => !old.has(metadata.name));
    if (added.length !== 1) throw new Error(`${added.length} pods were started`);
    return { replaced: measured(added.filter(isReady).length) };
  });
}

/** From the new version until every replica has it. */
async function duration(plan: Plan): Promise<Record<"rto", Outcome>> {
  return rollOut(plan, async (plane) => {
    const since = performance.now();
    const elapsed = () => performance.now() - since;
    for (; elapsed() < LIMIT_MS; await sleep(EVERY_MS)) {
      const { metadata, spec, status } = await plane.api.get(deploymentOf(plan), Status);
      const isNew = status.observedGeneration >= metadata.generation && status.updatedReplicas === spec.replicas;
      if (isNew && status.availableReplicas === spec.replicas && status.replicas === spec.replicas)
        return { rto: measured(elapsed()) };
    }
    return { rto: { kind: "never-recovered", afterMs: Math.round(elapsed()) } };
  });
}

const versions = { Kubernetes: "1.37.2", kwok: "0.7.0" };

const own = {
  needs: ["cluster", "kwok", "schemas"],
  runs: 2,
} as const satisfies Partial<Case>;

const ends = (name: string, nodes: number, title: string, terms: readonly string[]) =>
  defineCase<"rto">({
    ...own,
    name,
    title: `Kubernetes with simulated nodes: a rollout of three replicas, ${title}`,
    platform: platform(nodes),
    figures: {
      rto: {
        what: "time of the rollout, without image pulls",
        predicted: ofRow("bad-release", "web", "rto", terms),
      },
    },
    start: async (plan) => ({ versions, measure: () => duration(plan), stop: async () => undefined }),
  });

const TERMS = ["pod scheduled", "start of the previous version", "endpoints updated"];

export const rollouts: readonly Case[] = [
  ends("rollout-with-room", 6, "on a pool with room for twice as many", TERMS),
  ends("rollout-one-free", 4, "on a pool with one free node, which pods that end keep occupied", [
    "shutdown of replaced pods",
    ...TERMS,
  ]),
  defineCase<"replaced">({
    ...own,
    name: "rollout-full-pool",
    title:
      "Kubernetes with simulated nodes: a rollout of three replicas on a full pool, `surge: 1` and `unavailable: 0`",
    platform: platform(3),
    figures: {
      replaced: {
        what: `replicas replaced within ${LIMIT_MS / 60_000} minutes`,
        unit: "count",
        predicted: (sheet, plan) => {
          const row = ofRow("bad-release", "web", "rto")(sheet, plan);
          const { replicas, path } = named(plan.units, "web");
          const why = "the sheet gives the rollout no end";
          return row.kind === "unbounded"
            ? bounded(plan, path, [assumed("none, because the rollout never ends", 0, why)])
            : bounded(plan, path, [assumed("every replica", replicas.max, "the sheet gives the rollout an end")]);
        },
      },
    },
    start: async (plan) => ({ versions, measure: () => replaced(plan), stop: async () => undefined }),
  }),
];
