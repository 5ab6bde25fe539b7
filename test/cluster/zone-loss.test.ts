import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { Unit } from "../../src/plan/plan.js";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.js";
import { blueprintPlan } from "../support/cluster/plans.js";
import { belongsTo, isReady, Pod, waitForPods } from "../support/cluster/pods.js";
import { applyAll, renderedObjects } from "../support/cluster/rendered.js";
import { poolNodes, type SimulatedNodes, startSimulatedNodes } from "../support/cluster/simulated-nodes.js";
import { startVolumes } from "../support/cluster/volumes.js";
import { describeWith } from "../support/requirements.js";

const ZONES = ["a", "b", "c"];
const Node = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });

function least(units: readonly Unit[]): Record<string, number> {
  return Object.fromEntries(units.map((unit) => [unit.name, unit.replicas.min]));
}

describeWith(["cluster", "kwok", "schemas"], "the starter's production over three zones", () => {
  const plan = blueprintPlan("starter", "production");
  const pods = `/api/v1/namespaces/${plan.namespace}/pods`;
  const guarded = plan.units.filter((unit) => unit.disruption !== undefined);
  let plane: ControlPlane;
  let nodes: SimulatedNodes;
  beforeAll(async () => {
    plane = await startControlPlane();
    await startVolumes(plane);
    nodes = await startSimulatedNodes(plane, poolNodes(plan, ZONES));
    await applyAll(plane.api, renderedObjects(plan));
    return () => plane.stop();
  });

  it("runs with every replica ready, and each unit in as many zones as possible", async () => {
    const all = await waitForPods(plane.api, plan.namespace, least(plan.units), 30_000);
    for (const unit of guarded) {
      const zones = new Set(all.filter(belongsTo(unit.name)).map((pod) => nodes.zoneOf(pod.spec.nodeName ?? "")));
      expect(zones.size, `zones of ${unit.name}`).toBe(Math.min(ZONES.length, unit.replicas.min));
    }
  });

  it("keeps every unit's minimum when a zone is lost, and replaces its pods", { timeout: 150_000 }, async ({
    annotate,
  }) => {
    const lost = "b";
    const started = performance.now();
    await nodes.removeZone(lost);
    const fewest = new Map<string, number>();
    let back: number | undefined;
    // The pod garbage collector deletes pods of a missing node after 40 s.
    while (back === undefined && performance.now() - started < 120_000) {
      const standing = new Set((await plane.api.list("/api/v1/nodes", Node)).map((node) => node.metadata.name));
      const ready = (await plane.api.list(pods, Pod)).filter(
        (pod) => isReady(pod) && standing.has(pod.spec.nodeName ?? ""),
      );
      const counts = guarded.map((unit) => ({ unit, count: ready.filter(belongsTo(unit.name)).length }));
      for (const { unit, count } of counts) fewest.set(unit.name, Math.min(count, fewest.get(unit.name) ?? count));
      if (counts.every(({ unit, count }) => count >= unit.replicas.min)) back = performance.now() - started;
      await sleep(100);
    }
    for (const unit of guarded)
      expect(fewest.get(unit.name), `fewest of ${unit.name}`).toBeGreaterThanOrEqual(
        unit.disruption?.minAvailable ?? 0,
      );
    expect(back, "all replicas ready again").toBeDefined();
    const least = [...fewest].map(([name, count]) => `${name} ${count}`).join(", ");
    await annotate(
      `zone ${lost} lost: never fewer than ${least}; all replicas ready again after ${((back ?? 0) / 1000).toFixed(1)} s`,
    );
  });

  it("evicts no more replicas in a drain than the disruption budget allows", async () => {
    // Nothing new can be placed anywhere, so nothing comes back while the drain goes on.
    await nodes.cordon(true);
    for (const unit of guarded) {
      const members = (await plane.api.list(pods, Pod)).filter(belongsTo(unit.name)).filter(isReady);
      const answers: number[] = [];
      for (const { metadata } of members)
        answers.push(
          (await plane.api.call("POST", `${pods}/${metadata.name}/eviction`, { metadata: { name: metadata.name } }))
            .status,
        );
      const spared = members.length - (unit.disruption?.minAvailable ?? 0);
      expect(
        answers.filter((status) => status === 201),
        `evicted of ${unit.name}`,
      ).toHaveLength(spared);
      expect(
        answers.filter((status) => status === 429),
        `kept of ${unit.name}`,
      ).toHaveLength(members.length - spared);
    }
    await nodes.cordon(false);
    await waitForPods(plane.api, plan.namespace, least(plan.units), 30_000);
  });

  it("schedules replicas in the other zones while the nodes of one zone are unreachable", async () => {
    const lost = "c";
    // The zone that was lost has new nodes.
    await startSimulatedNodes(
      plane,
      poolNodes(plan, ZONES).filter(({ zone }) => zone === "b"),
      "new",
    );
    await nodes.unreachable(lost, true);
    // What the eviction of pods from silent nodes does in the end, without its five minutes.
    for (const pod of await plane.api.list(pods, Pod))
      if (nodes.zoneOf(pod.spec.nodeName ?? "") === lost && guarded.some((unit) => belongsTo(unit.name)(pod)))
        await plane.api.delete(`${pods}/${pod.metadata.name}?gracePeriodSeconds=0`);
    const all = await waitForPods(plane.api, plan.namespace, least(guarded), 30_000);
    for (const pod of all.filter((one) => guarded.some((unit) => belongsTo(unit.name)(one))))
      expect(nodes.zoneOf(pod.spec.nodeName ?? ""), pod.metadata.name).not.toBe(lost);
    await nodes.unreachable(lost, false);
  });
});
