import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { KubernetesClient } from "../../src/kubernetes/client.js";
import type { DeployOptions, DeployResult } from "../../src/kubernetes/deploy/index.js";
import type { Plan } from "../../src/plan/plan.js";
import type { ControlPlane } from "../support/cluster/control-plane.js";
import { applied, deployInto, named, startDeployCluster, twoUnits } from "../support/cluster/deploying.js";
import { cpuScale, entrance, unit } from "../support/render/sample-plan.js";
import { describeWith } from "../support/requirements.js";

const NAMESPACE = "owners";
const POLICIES = `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies`;
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;

const plan = twoUnits(NAMESPACE, {
  units: [unit("gateway"), unit("accounts"), unit("scaled", { replicas: { min: 2, max: 4 }, scale: cpuScale })],
  entrances: [entrance()],
});

describeWith(["cluster", "kwok"], "what others own in a cluster", () => {
  let plane: ControlPlane;
  let client: KubernetesClient;

  beforeAll(async () => {
    const cluster = await startDeployCluster();
    ({ plane, client } = cluster);
    const first = await deployInto(client, plan, []);
    expect(first.rollouts.filter(({ state }) => state !== "done")).toEqual([]);
    return cluster.stop;
  });

  const run = (options: Partial<DeployOptions> = {}, of: Plan = plan): Promise<DeployResult> =>
    deployInto(client, of, [], options);
  const patch = (path: string, body: unknown) =>
    plane.api.demand("PATCH", path, body, `application/${Array.isArray(body) ? "json-patch" : "merge-patch"}+json`);
  const kubectl = (...args: readonly string[]) =>
    execFileSync(join(plane.programs, "kubectl"), ["--kubeconfig", plane.kubeconfig, "-n", NAMESPACE, ...args]);

  it("an additional key of a ConfigMap is put back; a finalizer and an owner are reported and kept", async () => {
    const { items } = await client.list("v1", "ConfigMap", NAMESPACE, {});
    const name = items.find(({ metadata }) => metadata.name.startsWith("plan-"))?.metadata.name ?? "";
    await patch(`/api/v1/namespaces/${NAMESPACE}/configmaps/${name}`, { data: { "other.json": "{}" } });
    await patch(`${POLICIES}/accounts`, {
      metadata: {
        finalizers: ["example.org/by-hand"],
        ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name, uid: items[0]?.metadata.uid ?? "" }],
      },
    });
    const result = await run();
    expect(applied(result)).toEqual([
      expect.stringMatching(/^ConfigMap plan-\w+: drifted: \.data\["other\.json"\] \(by /),
    ]);
    expect(result.warnings).toEqual([
      expect.stringMatching(/^NetworkPolicy accounts: \.metadata\.finalizers is set by \S+ and decides when/),
      expect.stringMatching(/^NetworkPolicy accounts: \.metadata\.ownerReferences is set by /),
    ]);
    await patch(`${POLICIES}/accounts`, { metadata: { finalizers: null, ownerReferences: null } });
    expect(await run()).toMatchObject({ warnings: [] });
  });

  it("objects of a controller are not pruned, whatever labels it copies", async () => {
    const labels = (await client.get(named(NAMESPACE, "v1", "Service", "accounts")))?.metadata.labels;
    const jobs = `/apis/batch/v1/namespaces/${NAMESPACE}`;
    const pod = { restartPolicy: "Never", containers: [{ name: "a", image: "example:1" }] };
    const spec = { suspend: true, template: { spec: pod } };
    await plane.api.create(`${jobs}/cronjobs`, {
      metadata: { name: "nightly" },
      spec: { schedule: "0 0 1 1 *", suspend: true, jobTemplate: { spec } },
    });
    const owner = await client.get(named(NAMESPACE, "batch/v1", "CronJob", "nightly"));
    const ownerReferences = [
      { apiVersion: "batch/v1", kind: "CronJob", name: "nightly", uid: owner?.metadata.uid, controller: true },
    ];
    await plane.api.create(`${jobs}/jobs`, { metadata: { name: "left", labels }, spec });
    await plane.api.create(`${jobs}/jobs`, { metadata: { name: "owned", labels, ownerReferences }, spec });
    // A dry run lists all kinds, whatever was deployed before.
    const { steps } = await run({ dryRun: true });
    const found = steps.filter(({ object }) => object.startsWith("Job "));
    expect(found.map(({ object, action, reason }) => [object, action, reason]).sort()).toEqual([
      ["Job left", "prune", "no longer rendered"],
      ["Job owned", "keep", "belongs to CronJob nightly"],
    ]);
    await Promise.all(
      ["jobs/left", "jobs/owned", "cronjobs/nightly"].map((path) => plane.api.delete(`${jobs}/${path}`)),
    );
  });

  it("a restart with kubectl, and what controllers write, are left alone", async () => {
    kubectl("rollout", "restart", "deployment/accounts");
    await patch(`${DEPLOYMENTS}/accounts?fieldManager=vendor-controller`, {
      metadata: { annotations: { "vendor.example/observed": "yes" } },
    });
    await patch(`${DEPLOYMENTS}/scaled/scale?fieldManager=kube-controller-manager`, { spec: { replicas: 3 } });
    expect(applied(await run())).toEqual([]);
    expect(await client.get(named(NAMESPACE, "apps/v1", "Deployment", "scaled"))).toMatchObject({
      spec: { replicas: 3 },
    });
  });

  it("all fields of another owner are reported at once, before anything is applied; --force-conflicts takes them over", async () => {
    const owner = { manager: "another-tool", force: true };
    const object = (kind: string, apiVersion: string, spec: object) => ({
      ...named(NAMESPACE, apiVersion, kind, "accounts"),
      spec,
    });
    await client.apply(object("Deployment", "apps/v1", { replicas: 5 }), owner);
    await client.apply(object("NetworkPolicy", "networking.k8s.io/v1", { podSelector: {}, egress: [{}] }), owner);
    const changed = {
      ...plan,
      units: plan.units.map((each) =>
        each.name === "gateway" ? unit("gateway", { replicas: { min: 3, max: 3 } }) : each,
      ),
    };
    await expect(run({}, changed)).rejects.toMatchObject({
      code: "deploy/conflict",
      hint: expect.stringContaining("--force-conflicts"),
      details: expect.arrayContaining([
        "NetworkPolicy accounts: .spec.egress is owned by another-tool",
        "Deployment accounts: .spec.replicas is owned by another-tool",
      ]),
    });
    expect(await client.get(named(NAMESPACE, "apps/v1", "Deployment", "gateway"))).toMatchObject({
      spec: { replicas: 2 },
    });
    expect((await run({ force: true })).outcome).toBe("done");
    expect(applied(await run())).toEqual([]);
  });

  it("objects of others that open a connection to the pods, or scale them, are reported and kept", async () => {
    await plane.api.create(POLICIES, {
      metadata: { name: "by-hand" },
      spec: {
        podSelector: { matchExpressions: [{ key: "app.kubernetes.io/name", operator: "In", values: ["accounts"] }] },
        ingress: [{}],
      },
    });
    await plane.api.create(`/api/v1/namespaces/${NAMESPACE}/services`, {
      metadata: { name: "outside" },
      spec: { type: "NodePort", selector: { "app.kubernetes.io/name": "accounts" }, ports: [{ port: 8080 }] },
    });
    await plane.api.create(`/api/v1/namespaces/${NAMESPACE}/services`, {
      metadata: { name: "of-another-application" },
      spec: { selector: { app: "other" }, ports: [{ port: 8080 }] },
    });
    const { foreign, steps } = await run();
    expect(foreign).toEqual([
      { object: "NetworkPolicy by-hand", targets: ["Deployment accounts"], effect: "opens ingress" },
      { object: "Service outside", targets: ["Deployment accounts"], effect: "is another NodePort address" },
    ]);
    expect(steps.filter(({ action }) => action !== "keep")).toEqual([]);
  });
});
