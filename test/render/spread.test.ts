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

describe("the zones and nodes that must exist", () => {
  /** The constraints of one service: `zone DoNotSchedule 2`. */
  const rendered = (service: string, nodes = "{ general: { type: own, count: 3 } }") => {
    const plan = planOf(
      `platform: shop\ncloud: aws\nprovide: in-cluster\nzones: 3\nnodes: ${nodes}\nservices: { web: { image: shop/web:1.0.0, port: 80, ${service} } }\n`,
    );
    return manifests(plan).flatMap(({ object }) =>
      object.kind === "Deployment"
        ? (object.spec?.template.spec?.topologySpreadConstraints ?? []).map(
            ({ topologyKey, whenUnsatisfiable, minDomains }) =>
              `${topologyKey.split("/")[1]} ${whenUnsatisfiable} ${minDomains ?? "any"}`,
          )
        : [],
    );
  };

  it("are two if one replica carries the load, and more for a larger disruption budget", () => {
    const many = "{ general: { type: own, count: 9 } }";
    expect(rendered("replicas: 3, spread: zones")).toContain("zone DoNotSchedule 2");
    expect(rendered("replicas: 6, spread: nodes", many)).toEqual(["hostname DoNotSchedule 2"]);
    expect(rendered("replicas: 6, spread: nodes, disruption: { minAvailable: 4 }", many)).toEqual([
      "hostname DoNotSchedule 3",
    ]);
  });

  it("are not rendered where as many do not remain after a loss: replacements would wait", () => {
    expect(rendered("replicas: 3, spread: zones, disruption: { minAvailable: 2 }")).toContain("zone DoNotSchedule any");
    expect(rendered("replicas: 3, spread: nodes", "{ general: { type: own, count: 2 } }")).toEqual([
      "hostname DoNotSchedule any",
    ]);
  });

  it("are counted at the minimum of the declared pools", () => {
    const small = "{ general: { type: own, count: 1..5 } }";
    expect(rendered("replicas: 3, spread: nodes", small)).toEqual(["hostname DoNotSchedule any"]);
    expect(rendered("replicas: 3, spread: zones", small)).toContain("zone DoNotSchedule any");
  });

  it("are rendered for required spreads only, as the API server demands", () =>
    expect(rendered("replicas: 3, spread: { zones: prefer, nodes: prefer }")).toEqual([
      "zone ScheduleAnyway any",
      "hostname ScheduleAnyway any",
    ]));
});
