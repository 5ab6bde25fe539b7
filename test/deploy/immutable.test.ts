import { beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { KubernetesClient } from "../../src/kubernetes/client.js";
import type { DeployOptions, DeployResult } from "../../src/kubernetes/deploy/index.js";
import type { Plan, Unit } from "../../src/plan/plan.js";
import type { ControlPlane } from "../support/cluster/control-plane.js";
import { applied, deployInto, named, startDeployCluster, twoUnits } from "../support/cluster/deploying.js";
import { FIXED_CLASS, startVolumes } from "../support/cluster/volumes.js";
import { broker, cache, persistentVolume, unit } from "../support/render/sample-plan.js";
import { describeWith } from "../support/requirements.js";

const Claim = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({ resources: z.looseObject({ requests: z.looseObject({ storage: z.string() }) }) }),
  status: z.looseObject({ capacity: z.looseObject({ storage: z.string() }) }),
});

describeWith(["cluster", "kwok"], "fields that cannot change, and data", () => {
  let plane: ControlPlane;
  let client: KubernetesClient;

  beforeAll(async () => {
    const cluster = await startDeployCluster();
    ({ plane, client } = cluster);
    await startVolumes(plane);
    return cluster.stop;
  });

  const run = (options: Partial<DeployOptions>, plan: Plan): Promise<DeployResult> =>
    deployInto(client, plan, [], options);
  const patch = (path: string, body: unknown) =>
    plane.api.demand("PATCH", path, body, `application/${Array.isArray(body) ? "json-patch" : "merge-patch"}+json`);

  it("members of a broker or a sharded cache are not removed, because their data would be lost", async () => {
    const stores = (members: number, shards: number) =>
      twoUnits("members", {
        units: [],
        edges: [],
        stores: [broker("events", { replicas: members }), cache("sessions", { shards, replicas: 1 })],
      });
    // Without volumes the rollouts do not end.
    await run({ timeoutMs: 100 }, stores(3, 3));
    const replicas = async () =>
      (await client.list("apps/v1", "StatefulSet", "members", {})).items.map(({ metadata, spec }) => [
        metadata.name,
        spec,
      ]);
    const before = await replicas();
    for (const dryRun of [true, false])
      await expect(run({ dryRun, timeoutMs: 100 }, stores(1, 2))).rejects.toMatchObject({
        code: "deploy/rejected",
        details: expect.arrayContaining([
          "StatefulSet events: 3 → 1 replicas would lose the data of 2 of its members",
          expect.stringContaining("rabbitmq-queues shrink rabbit@events-2.events-peers.members.svc.cluster.local"),
          expect.stringContaining("scale statefulset events --replicas=2"),
          expect.stringContaining("rabbitmqctl forget_cluster_node rabbit@events-1."),
          expect.stringMatching(/^StatefulSet sessions: \d → \d replicas would lose the data of/),
          expect.stringContaining("redis-cli --cluster reshard"),
        ]),
      });
    expect(await replicas()).toEqual(before);
    // Once they were removed by these steps, the deploy goes on; more members are always accepted.
    await patch("/apis/apps/v1/namespaces/members/statefulsets/events", { spec: { replicas: 1 } });
    expect(applied(await run({ dryRun: true }, stores(1, 4)))).toContainEqual(
      expect.stringMatching(/^StatefulSet sessions: changed: .*replicas/),
    );
  });

  /** A unit with a volume, and one whose replicas show whether anything was applied. */
  const withVolume = (namespace: string, size: string, replicas: number, fields: Partial<Unit> = {}) =>
    twoUnits(namespace, {
      units: [
        unit("index", {
          workload: "stateful-set",
          volumes: [persistentVolume("data", "/data", Number.parseInt(size, 10) * 2 ** 30)],
          ...fields,
        }),
        unit("gateway", { replicas: { min: replicas, max: replicas } }),
      ],
      edges: [],
    });
  const pods = async (namespace: string) =>
    (await client.list("v1", "Pod", namespace, {})).items.map(({ metadata }) => [metadata.name, metadata.uid]).sort();
  const claims = async (namespace: string) =>
    (await plane.api.list(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`, Claim)).map(
      ({ metadata, spec, status }) => [metadata.name, spec.resources.requests.storage, status.capacity.storage],
    );

  it("declared volumes grow: the claims are expanded, and the StatefulSet is created again around its pods", async () => {
    const of = (size: number) =>
      twoUnits("volumes", { units: [], edges: [], stores: [broker("events", { replicas: 3, size: size * 2 ** 30 })] });
    expect((await run({}, of(1))).outcome).toBe("done");
    const before = await pods("volumes");
    expect(before).toHaveLength(3);
    const grown = of(2);
    const reason =
      /^StatefulSet events: changed: \.spec\.volumeClaimTemplates\[0\]\.spec\.resources\.requests\.storage; data-events-0 grows from 1Gi to 2Gi; .*data-events-2 grows from 1Gi to 2Gi; created again, and adopts its pods$/;
    expect(applied(await run({ dryRun: true }, grown))).toContainEqual(expect.stringMatching(reason));
    expect(await claims("volumes")).toContainEqual(["data-events-0", "1Gi", "1Gi"]);
    const result = await run({}, grown);
    expect(applied(result)).toContainEqual(expect.stringMatching(reason));
    expect(result).toMatchObject({ outcome: "done" });
    expect(result.rollouts).toContainEqual(
      expect.objectContaining({ name: "PersistentVolumeClaim data-events-1", state: "done" }),
    );
    expect(await claims("volumes")).toEqual([
      ["data-events-0", "2Gi", "2Gi"],
      ["data-events-1", "2Gi", "2Gi"],
      ["data-events-2", "2Gi", "2Gi"],
    ]);
    expect(await pods("volumes")).toEqual(before);
    expect(applied(await run({}, grown))).toEqual([]);
  });

  it("claims that are smaller than declared grow, whatever left them behind", async () => {
    const of = (size: string) => withVolume("behind", size, 1);
    await run({}, of("1Gi"));
    // As a deploy that was killed after it had deleted the StatefulSet, or a person who followed half of the steps.
    await plane.api.demand("DELETE", "/apis/apps/v1/namespaces/behind/statefulsets/index?propagationPolicy=Orphan");
    await expect
      .poll(() => client.get(named("behind", "apps/v1", "StatefulSet", "index")), { timeout: 20_000 })
      .toBeUndefined();
    expect((await run({}, of("2Gi"))).outcome).toBe("done");
    expect((await claims("behind")).map(([, size]) => size)).toEqual(["2Gi", "2Gi"]);
  });

  it("volumes that cannot grow are refused with the fix, before anything is applied", async () => {
    const fixed = (size: string, replicas: number) => {
      const of = withVolume("fixed", size, replicas);
      return { ...of, cluster: { ...of.cluster, storageClass: FIXED_CLASS } };
    };
    await run({}, fixed("2Gi", 1));
    await expect(run({}, fixed("3Gi", 2))).rejects.toMatchObject({
      code: "deploy/rejected",
      details: expect.arrayContaining([
        expect.stringMatching(
          /^StatefulSet index: PersistentVolumeClaim data-index-0 cannot grow from 2Gi to 3Gi: .*storageclass .*must support resize/,
        ),
        expect.stringContaining(`kubectl patch storageclass ${FIXED_CLASS} -p '{"allowVolumeExpansion":true}'`),
        expect.stringContaining("otherwise keep the size of 2Gi"),
      ]),
    });
    await expect(run({}, fixed("1Gi", 2))).rejects.toMatchObject({
      code: "deploy/rejected",
      details: expect.arrayContaining([expect.stringContaining("a volume cannot shrink: keep the size of data, 2Gi")]),
    });
    expect(await client.get(named("fixed", "apps/v1", "Deployment", "gateway"))).toMatchObject({
      spec: { replicas: 1 },
    });
    expect((await claims("fixed")).map(([, size]) => size)).toEqual(["2Gi", "2Gi"]);
  });

  it("an immutable field is reported with the steps for its kind, before anything is applied", async () => {
    const of = (policy: "Parallel" | "OrderedReady", replicas: number) =>
      withVolume("immutable", "1Gi", replicas, {
        patches: [
          {
            target: "kubernetes",
            path: "services.index.patch.kubernetes",
            fragment: { kind: "StatefulSet", spec: { podManagementPolicy: policy } },
          },
        ],
      });
    await run({}, of("OrderedReady", 1));
    await expect(run({}, of("Parallel", 2))).rejects.toMatchObject({
      code: "deploy/rejected",
      details: expect.arrayContaining([
        expect.stringMatching(/^StatefulSet index: .*(immutable|forbidden)/i),
        expect.stringContaining("kubectl -n immutable delete statefulset index --cascade=orphan"),
      ]),
    });
    expect(await client.get(named("immutable", "apps/v1", "Deployment", "gateway"))).toMatchObject({
      spec: { replicas: 1 },
    });
  });
});
