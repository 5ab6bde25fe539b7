import { describe, expect, it } from "vitest";
import { manifests } from "../../src/render/kubernetes/index.js";
import { planOf } from "../support/check/findings.js";

/** How strongly the servers of a store are kept apart, by what they are spread over. */
function apart(store: string, zones = 3): Readonly<Record<string, string>> {
  const plan = planOf(`platform: shop\ncloud: aws\nprovide: in-cluster\nzones: ${zones}\nstores: { held: ${store} }\n`);
  const constraints = manifests(plan).flatMap(({ object }) => {
    if (object.kind === "StatefulSet") return object.spec?.template.spec?.topologySpreadConstraints ?? [];
    return object.kind === "Cluster" ? object.spec.topologySpreadConstraints : [];
  });
  return Object.fromEntries(constraints.map((each) => [each.topologyKey.split("/")[1], each.whenUnsatisfiable]));
}

describe("servers of a store", () => {
  it.each([
    ["a broker", '{ rabbitmq: "4.0", replicas: 3 }'],
    ["a Redis Cluster", "{ redis: 7, shards: 3, replicas: 1 }"],
    ["a database with a standby elsewhere", "{ postgres: 17, standby: another-zone, readers: 2 }"],
  ])("must stand apart where the Plan counts on one taking over: %s", (_of, store) => {
    expect(apart(store)).toEqual({ zone: "DoNotSchedule", hostname: "DoNotSchedule" });
    expect(apart(store, 1)).toEqual({ hostname: "DoNotSchedule" });
  });

  it("stay in one zone if declared, on different nodes", () =>
    expect(apart("{ postgres: 17, standby: same-zone }")).toEqual({ hostname: "DoNotSchedule" }));

  it("are preferably spread if there is no failover", () => {
    expect(apart("{ redis: 7, replicas: 2 }")).toEqual({ zone: "ScheduleAnyway", hostname: "ScheduleAnyway" });
  });

  it("can all be scheduled: no anti-affinity leaves a fourth server in three zones pending", () => {
    const plan = planOf(
      "platform: shop\ncloud: aws\nprovide: in-cluster\nzones: 3\nstores: { held: { postgres: 17, standby: another-zone, readers: 2 } }\n",
    );
    const cluster = manifests(plan).find(({ object }) => object.kind === "Cluster")?.object;
    expect(cluster).toMatchObject({ spec: { instances: 4, affinity: { enablePodAntiAffinity: false } } });
  });
});
