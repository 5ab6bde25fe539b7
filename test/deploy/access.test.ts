import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { KubernetesClient } from "../../src/kubernetes/client.js";
import { DeployLease } from "../../src/kubernetes/deploy/lease.js";
import { connectionFrom } from "../../src/kubernetes/kubeconfig.js";
import type { Plan } from "../../src/plan/plan.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import { ApiObject } from "../support/cluster/api.js";
import type { ControlPlane } from "../support/cluster/control-plane.js";
import { applied, deployInto, named, pruned, startDeployCluster, twoUnits } from "../support/cluster/deploying.js";
import { cpuScale, database, entrance, persistentVolume, unit } from "../support/render/sample-plan.js";
import { describeWith } from "../support/requirements.js";

const TOKEN = z.looseObject({ status: z.looseObject({ token: z.string() }) });

/** The objects of a kind that docs/deploy.md shows. */
function documented(kind: string): ApiObject {
  const text = readFileSync(fileURLToPath(new URL("../../docs/deploy.md", import.meta.url)), "utf8");
  const blocks = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = ""]) => ApiObject.parse(parse(block)));
  const found = blocks.find((block) => block.kind === kind);
  if (!found) throw new Error(`docs/deploy.md shows no ${kind}`);
  return found;
}

const LEASES = (namespace: string) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
const HELD = {
  holderIdentity: "ana@laptop",
  acquireTime: "2026-11-29T10:00:00.000000Z",
  renewTime: "2026-11-29T10:00:00.000000Z",
};

describeWith(["cluster", "kwok"], "access of a deploy to the cluster", () => {
  let plane: ControlPlane;
  let client: KubernetesClient;

  beforeAll(async () => {
    const cluster = await startDeployCluster();
    ({ plane, client } = cluster);
    return cluster.stop;
  });

  /** A client with the token of a new ServiceAccount, whose only permissions are those of `role` in the namespace. */
  async function serviceAccount(namespace: string, role: { kind: string; name: string }): Promise<KubernetesClient> {
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await plane.api.create(accounts, { metadata: { name: "deployer" } });
    await plane.api.create(`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {
      metadata: { name: "deployer" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", ...role },
      subjects: [{ kind: "ServiceAccount", name: "deployer", namespace }],
    });
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
    const { status } = TOKEN.parse(await plane.api.create(`${accounts}/deployer/token`, request));
    const file = join(plane.folder, `${namespace}.kubeconfig`);
    const cluster = { server: plane.url, "certificate-authority": plane.certificates.ca.cert };
    const config = {
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user: { token: status.token } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    await writeFile(file, JSON.stringify(config));
    return new KubernetesClient(await connectionFrom({ kubeconfig: file, environment: {} }));
  }

  const whole = (namespace: string) =>
    twoUnits(namespace, {
      units: [
        unit("gateway", { priority: "critical" }),
        unit("accounts"),
        unit("scaled", { replicas: { min: 2, max: 4 }, scale: cpuScale }),
      ],
      stores: [database("database")],
      entrances: [entrance()],
    });

  it.each([
    ["the Role in docs/deploy.md", "role", { kind: "Role", name: "keelson-deploy" }],
    ["the built-in ClusterRole admin", "admin", { kind: "ClusterRole", name: "admin" }],
  ])(
    "%s suffices in one namespace, and the namespace and priority classes are reported",
    async (_title, namespace, role) => {
      const plan = whole(namespace);
      for (const { object } of manifests(plan))
        if (object.metadata.namespace === undefined) await plane.api.apply(ApiObject.parse(object));
      if (role.kind === "Role") {
        const object = documented("Role");
        await plane.api.apply({ ...object, metadata: { ...object.metadata, namespace } });
      }
      const limited = await serviceAccount(namespace, role);
      try {
        const reported: string[] = [];
        const first = await deployInto(limited, plan, reported, { timeoutMs: 1000 });
        expect(first.steps.filter(({ action }) => action === "apply").length).toBeGreaterThan(15);
        expect(first.warnings).toEqual([
          expect.stringMatching(/^PriorityClass .* cannot be read with these permissions: an administrator/),
        ]);
        const second = await deployInto(limited, plan, reported, { timeoutMs: 1000 });
        expect(applied(second)).toEqual([]);
        const smaller = { ...plan, units: [unit("accounts")], edges: [], entrances: [], stores: [] };
        const third = await deployInto(limited, smaller, reported, { dryRun: true });
        expect(pruned(third)).toEqual(expect.arrayContaining(["Deployment gateway", "Ingress entrance"]));
      } finally {
        await limited.close();
      }
    },
  );

  it("is serialised by a Lease: a second deploy reports the first, waits for it, and wins", async () => {
    const [one, two] = [1, 3].map((count) =>
      twoUnits("turns", { units: [unit("gateway", { replicas: { min: count, max: count } })], edges: [] }),
    );
    if (!one || !two) throw new Error("two plans");
    await deployInto(client, one, []);
    const events: string[] = [];
    const times = { durationSeconds: 15, renewMs: 4000, pollMs: 20 };
    const patch = (plan: typeof one, name: string) =>
      deployInto(client, plan, events, { holder: name, leaseTimes: times });
    const results = await Promise.all([patch(one, "first"), patch(two, "second")]);
    expect(results.map(({ outcome }) => outcome)).toEqual(["done", "done"]);
    expect(events.filter((event) => /^(first|second) deploys to turns since \d+ s; waiting/.test(event))).toHaveLength(
      1,
    );
    expect(await plane.api.get(`${LEASES("turns")}/keelson-deploy`, z.looseObject({}))).toMatchObject({
      spec: { leaseDurationSeconds: 1 },
    });
  });

  it("takes over the Lease of a killed deploy when it has expired, and not before", async () => {
    const plan = twoUnits("killed", { units: [unit("gateway")], edges: [] });
    await deployInto(client, plan, []);
    const lease = { ...HELD, leaseDurationSeconds: 3600 };
    await plane.api.merge(`${LEASES("killed")}/keelson-deploy`, { spec: lease });
    await expect(deployInto(client, plan, [], { timeoutMs: 200 })).rejects.toMatchObject({
      code: "deploy/locked",
      message: expect.stringMatching(/^ana@laptop deploys to killed since \d+ s$/),
    });
    await plane.api.merge(`${LEASES("killed")}/keelson-deploy`, { spec: { ...lease, leaseDurationSeconds: 1 } });
    const reported: string[] = [];
    expect((await deployInto(client, plan, reported)).outcome).toBe("done");
    expect(reported[0]).toMatch(/^ana@laptop deploys to killed/);
  });

  it("ends when another deploy has taken the Lease", async () => {
    await plane.api.create("/api/v1/namespaces", { metadata: { name: "lost" } });
    const lease = await DeployLease.acquire(client, {
      ...{ namespace: "lost", holder: "slow", waitMs: 1000, waiting: () => undefined },
      signal: new AbortController().signal,
      times: { durationSeconds: 15, renewMs: 20, pollMs: 20 },
    });
    lease.assertHeld();
    await plane.api.merge(`${LEASES("lost")}/keelson-deploy`, { spec: { holderIdentity: "other" } });
    await vi.waitFor(() => expect(() => lease.assertHeld()).toThrowError(/other has taken it/), { timeout: 10_000 });
    await lease.release();
    expect(await plane.api.get(`${LEASES("lost")}/keelson-deploy`, z.looseObject({}))).toMatchObject({
      spec: { holderIdentity: "other" },
    });
  });

  it("is refused while the namespace is being deleted", async () => {
    await plane.api.create("/api/v1/namespaces", { metadata: { name: "ending" } });
    await plane.api.create("/api/v1/namespaces/ending/configmaps", {
      metadata: { name: "kept", finalizers: ["example.org/kept"] },
    });
    await plane.api.delete("/api/v1/namespaces/ending");
    await expect(deployInto(client, twoUnits("ending"), [])).rejects.toMatchObject({
      code: "deploy/namespace-terminating",
      message: expect.stringMatching(/^the namespace ending is being deleted since \d{4}-/),
    });
    await plane.api.merge("/api/v1/namespaces/ending/configmaps/kept", { metadata: { finalizers: null } });
  });

  it("validates a new namespace's objects in `default`, beside unrelated objects of the same names", async () => {
    const labels = { app: "unrelated" };
    const container = { name: "main", image: "example:1" };
    await plane.api.create("/apis/apps/v1/namespaces/default/deployments", {
      metadata: { name: "gateway" },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    });
    const result = await deployInto(client, twoUnits("new"), [], { dryRun: true });
    expect(result).toMatchObject({ outcome: "done", triedElsewhere: true });
  });

  it("compares the port of a managed store's address with the network policies", async () => {
    const { provider } = database("users");
    const managed = database("users", { provider: { ...provider, kind: "managed", product: "Linode" } });
    await plane.api.create("/api/v1/namespaces", { metadata: { name: "managed" } });
    await plane.api.create("/api/v1/namespaces/managed/secrets", {
      metadata: { name: "users" },
      stringData: { url: "postgresql://keelson:secret@pg.example.net:23741/users" },
    });
    await expect(deployInto(client, twoUnits("managed", { stores: [managed] }), [])).rejects.toMatchObject({
      code: "deploy/port-mismatch",
      details: [
        expect.stringContaining('connects to port 23741, and the network policies open port 5432: set "port: 23741"'),
      ],
    });
  });

  it("accepts every port where no policy restricts it, or where the provider assigns it", async () => {
    const { provider } = database("users");
    const managed = { provider: { ...provider, kind: "managed", product: "Linode" } } as const;
    const deploy = (plan: Plan) => deployInto(client, plan, [], { dryRun: true });
    const open = twoUnits("managed", { stores: [database("users", managed)] });
    await expect(deploy({ ...open, security: { ...open.security, network: "open" } })).resolves.toBeDefined();
    const assigned = twoUnits("managed", { stores: [database("users", { ...managed, portUnknown: true })] });
    await expect(deploy(assigned)).resolves.toBeDefined();
  });

  it("keeps the configuration that a revision of a StatefulSet refers to, so that a rollback works", async () => {
    const plan = (data: "real" | "test") =>
      twoUnits("rollback", {
        units: [unit("index", { volumes: [persistentVolume("data", "/data", 2 ** 30)] })],
        edges: [],
        data,
      });
    // There are no volumes, so the rollouts do not end.
    await deployInto(client, plan("test"), [], { timeoutMs: 1000 });
    const configMap = async () =>
      (await client.list("apps/v1", "ControllerRevision", "rollback", {})).items.map(
        (item) => /plan-\w+/.exec(JSON.stringify(item))?.[0],
      );
    const [before] = await configMap();
    await deployInto(client, plan("real"), [], { timeoutMs: 1000 });
    const third = await deployInto(client, plan("real"), [], { timeoutMs: 1000 });
    expect(new Set(await configMap()).size).toBe(2);
    expect(third.steps).toContainEqual(
      expect.objectContaining({
        object: `ConfigMap ${before}`,
        action: "keep",
        reason: expect.stringContaining("rollbacks"),
      }),
    );
    expect(await client.get(named("rollback", "v1", "ConfigMap", before ?? ""))).toBeDefined();
  });
});
