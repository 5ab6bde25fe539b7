import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { KubernetesClient } from "../../src/kubernetes/client.js";
import type { DeployOptions, DeployResult } from "../../src/kubernetes/deploy/index.js";
import { connectionFrom } from "../../src/kubernetes/kubeconfig.js";
import type { LiveObject } from "../../src/kubernetes/live-object.js";
import type { Plan } from "../../src/plan/plan.js";
import type { ControlPlane } from "../support/cluster/control-plane.js";
import { applied, deployInto, named, pruned, startDeployCluster, twoUnits } from "../support/cluster/deploying.js";
import { cpuScale, entrance, unit } from "../support/render/sample-plan.js";
import { describeWith } from "../support/requirements.js";

describeWith(["cluster", "kwok"], "deploying to a real API server", () => {
  let plane: ControlPlane;
  let client: KubernetesClient;
  let reported: string[];

  beforeAll(async () => {
    const cluster = await startDeployCluster();
    ({ plane, client } = cluster);
    return cluster.stop;
  });

  beforeEach(() => {
    reported = [];
  });

  const run = (plan: Plan, options: Partial<DeployOptions> = {}): Promise<DeployResult> =>
    deployInto(client, plan, reported, options);

  const read = (namespace: string, apiVersion: string, kind: string, name: string): Promise<LiveObject | undefined> =>
    client.get(named(namespace, apiVersion, kind, name));

  it("applies all objects, waits for the rollouts, and changes nothing when run again", async () => {
    const plan = twoUnits("fresh");
    const first = await run(plan);
    expect(first.outcome).toBe("done");
    expect(first.rollouts.map(({ name, state, ready }) => [name, state, ready])).toEqual(
      expect.arrayContaining([
        ["Deployment gateway", "done", 2],
        ["Deployment accounts", "done", 2],
      ]),
    );
    const second = await run(plan);
    expect(second.outcome).toBe("done");
    expect(applied(second)).toEqual([]);
    expect(second.secrets).toEqual([{ name: "internal", action: "keep" }]);
  });

  it("generates secrets once and never overwrites a value", async () => {
    const plan = twoUnits("secrets");
    await run(plan);
    const secret = await read("secrets", "v1", "Secret", "internal");
    expect(secret).toMatchObject({ data: { token: expect.any(String) } });
    await run(plan);
    expect(await read("secrets", "v1", "Secret", "internal")).toMatchObject({
      metadata: { resourceVersion: secret?.metadata.resourceVersion },
    });
  });

  it("prunes its objects that are no longer rendered, and no others", async () => {
    await run(twoUnits("prune"));
    await client.apply({
      ...named("prune", "v1", "ConfigMap", "of-another-owner"),
      ...{ data: { kept: "yes" } },
    });
    const without = await run(twoUnits("prune", { units: [unit("gateway")], edges: [] }));
    expect(pruned(without)).toEqual(
      expect.arrayContaining([
        "Deployment accounts",
        "Service accounts",
        "NetworkPolicy accounts",
        "ServiceAccount accounts",
      ]),
    );
    expect(await read("prune", "apps/v1", "Deployment", "accounts")).toBeUndefined();
    expect(await read("prune", "v1", "ConfigMap", "of-another-owner")).toBeDefined();
    expect(await read("prune", "apps/v1", "Deployment", "gateway")).toBeDefined();
  });

  it("retains the ConfigMaps of revisions that a rollback needs", async () => {
    await run(twoUnits("revisions"));
    const changed = await run(twoUnits("revisions", { data: "real" }));
    const maps = changed.steps.filter(({ object }) => object.startsWith("ConfigMap plan-"));
    expect(maps.map(({ action }) => action).sort()).toEqual(["apply", "keep"]);
  });

  it("does not change another environment of the same platform", async () => {
    await run(twoUnits("neighbour"));
    await run(twoUnits("own", { units: [unit("gateway")], edges: [] }));
    expect(await read("neighbour", "apps/v1", "Deployment", "accounts")).toBeDefined();
  });

  it("sends server-side dry runs with --dry-run and changes nothing", async () => {
    const before = await run(twoUnits("dry"));
    expect(before.outcome).toBe("done");
    const bigger = unit("gateway", { replicas: { min: 3, max: 3 } });
    const result = await run(twoUnits("dry", { units: [bigger], edges: [] }), { dryRun: true });
    expect(applied(result)).toContainEqual(expect.stringMatching(/^Deployment gateway: changed: .*\.spec\.replicas/));
    expect(pruned(result)).toContain("Deployment accounts");
    expect(await read("dry", "apps/v1", "Deployment", "gateway")).toMatchObject({ spec: { replicas: 2 } });
    expect(await read("dry", "apps/v1", "Deployment", "accounts")).toBeDefined();
  });

  it("validates a platform whose namespace does not exist, without creating it", async () => {
    const result = await run(twoUnits("not-there"), { dryRun: true });
    expect(result).toMatchObject({ outcome: "done", triedElsewhere: true });
    expect(await client.get({ apiVersion: "v1", kind: "Namespace", metadata: { name: "not-there" } })).toBeUndefined();
    expect(await client.get(named("default", "apps/v1", "Deployment", "gateway"))).toBeUndefined();
  });

  it("reports on a dry run what the API server would reject", async () => {
    const patched = unit("gateway", {
      patches: [
        { target: "kubernetes", path: "services.gateway.patch.kubernetes", fragment: { spec: { replicaz: 3 } } },
      ],
    });
    await expect(run(twoUnits("misspelled", { units: [patched], edges: [] }), { dryRun: true })).rejects.toMatchObject({
      code: "deploy/rejected",
      details: expect.arrayContaining([expect.stringMatching(/Deployment gateway: .*replicaz/)]),
    });
  });

  it("passes the number of replicas to an autoscaler without scaling down to one", async () => {
    const fixed = unit("gateway", { replicas: { min: 4, max: 4 } });
    await run(twoUnits("hand-over", { units: [fixed], edges: [] }));
    const scaled = unit("gateway", { replicas: { min: 3, max: 9 }, scale: cpuScale });
    const seen: number[] = [];
    const watching = new AbortController();
    const list = await client.list("apps/v1", "Deployment", "hand-over", {});
    const watched = (async () => {
      for await (const { object } of client.watch(
        "apps/v1",
        "Deployment",
        "hand-over",
        {},
        list.resourceVersion,
        watching.signal,
      ))
        seen.push(replicasOf(object));
    })();
    await run(twoUnits("hand-over", { units: [scaled], edges: [] }));
    watching.abort();
    await watched;
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(3);
    expect(await read("hand-over", "autoscaling/v2", "HorizontalPodAutoscaler", "gateway")).toBeDefined();
  });

  it("reports why a pod cannot be scheduled, prunes nothing, and stops after the time limit", async () => {
    await run(twoUnits("stuck"));
    const huge = unit("gateway", {
      resources: { ...unit("gateway").resources, cpu: { request: 900_000, limit: undefined } },
    });
    const result = await run(twoUnits("stuck", { units: [huge], edges: [] }), { timeoutMs: 5000 });
    expect(result.outcome).toBe("timed-out");
    expect(Object.values(result.reasons)).toContainEqual(expect.stringMatching(/^Pending: .*Insufficient cpu/));
    expect(reported).toContainEqual(expect.stringContaining("Insufficient cpu"));
    expect(await read("stuck", "apps/v1", "Deployment", "accounts")).toBeDefined();
  });

  it("lists missing secrets that the user must provide before it changes anything", async () => {
    const plan = twoUnits("external", {
      secrets: [{ name: "upstream", path: "secrets.upstream", keys: ["key"], from: "file", rotate: undefined }],
    });
    await expect(run(plan)).rejects.toMatchObject({
      code: "deploy/missing-secret",
      details: [expect.stringContaining("upstream (file) lacks key")],
    });
    expect(await client.get({ apiVersion: "v1", kind: "Namespace", metadata: { name: "external" } })).toBeUndefined();
  });

  it("reports the API server's reason if permissions are missing", async () => {
    const unprivileged = await plane.writeKubeconfig("scheduler", plane.certificates.scheduler);
    const unprivilegedClient = new KubernetesClient(
      await connectionFrom({ kubeconfig: unprivileged, environment: {} }),
    );
    const request = unprivilegedClient.list("v1", "Secret", "default", {});
    await expect(request).rejects.toMatchObject({ status: 403, code: "kubernetes/forbidden" });
    await unprivilegedClient.close();
  });

  it("distinguishes rejected credentials from an unreachable API server", async () => {
    const unauthenticated = join(plane.folder, "unauthenticated.kubeconfig");
    const valid = await connectionFrom({ kubeconfig: plane.kubeconfig, environment: {} });
    const config = (server: string) =>
      JSON.stringify({
        clusters: [{ name: "c", cluster: { server, "certificate-authority": plane.certificates.ca.cert } }],
        users: [{ name: "u", user: { token: "not-a-token" } }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
        "current-context": "x",
      });
    await writeFile(unauthenticated, config(valid.server));
    const unknown = new KubernetesClient(await connectionFrom({ kubeconfig: unauthenticated, environment: {} }));
    await expect(unknown.list("v1", "Pod", "default", {})).rejects.toMatchObject({
      code: "kubernetes/unauthenticated",
    });
    await unknown.close();
    await writeFile(unauthenticated, config("https://127.0.0.1:1"));
    const unreachable = new KubernetesClient(await connectionFrom({ kubeconfig: unauthenticated, environment: {} }));
    await expect(unreachable.list("v1", "Pod", "default", {})).rejects.toMatchObject({
      code: "kubernetes/unreachable",
      hint: expect.stringContaining("context x of"),
    });
    await unreachable.close();
  });

  it("applies an Ingress for an entrance", async () => {
    const result = await run(twoUnits("entrance", { entrances: [entrance({ affinity: "session", waf: "common" })] }));
    expect(result.outcome).toBe("done");
    expect(await read("entrance", "networking.k8s.io/v1", "Ingress", "entrance")).toBeDefined();
  });
});

function replicasOf(object: LiveObject): number {
  const { spec } = object;
  if (typeof spec !== "object" || spec === null || !("replicas" in spec)) return Number.NaN;
  return Number(spec.replicas);
}
