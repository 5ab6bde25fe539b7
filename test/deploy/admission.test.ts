import { beforeAll, expect, it } from "vitest";
import type { KubernetesClient } from "../../src/kubernetes/client.js";
import type { DeployOptions } from "../../src/kubernetes/deploy/index.js";
import type { Plan, Unit } from "../../src/plan/plan.js";
import { type AdmissionResponse, startWebhook } from "../support/cluster/admission.js";
import type { ControlPlane } from "../support/cluster/control-plane.js";
import { applied, deployInto, startDeployCluster, twoUnits } from "../support/cluster/deploying.js";
import { persistentVolume, unit } from "../support/render/sample-plan.js";
import { describeWith } from "../support/requirements.js";

const ALLOWED: AdmissionResponse = { allowed: true };
const POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic";

describeWith(["cluster", "kwok"], "deploying to a cluster with admission control", () => {
  let plane: ControlPlane;
  let client: KubernetesClient;

  beforeAll(async () => {
    const cluster = await startDeployCluster();
    ({ plane, client } = cluster);
    return cluster.stop;
  });

  const namespace = async (name: string, labels: Record<string, string> = {}) => {
    await plane.api.create("/api/v1/namespaces", { metadata: { name, labels } });
    return name;
  };
  const run = (plan: Plan, options: Partial<DeployOptions> = {}) => deployInto(client, plan, [], options);
  const create = (of: string, kind: string, spec: object) =>
    plane.api.create(`/api/v1/namespaces/${of}/${kind}`, { metadata: { name: "small" }, spec });
  /** The objects that a deploy would have applied. */
  const deployed = async (of: string) =>
    (
      await Promise.all(
        [
          ["v1", "Service"],
          ["v1", "Secret"],
          ["apps/v1", "Deployment"],
          ["networking.k8s.io/v1", "NetworkPolicy"],
        ].map(async ([apiVersion = "", kind = ""]) => (await client.list(apiVersion, kind, of, {})).items),
      )
    ).flat();
  const patched = (name: string, pod: object, fields: Partial<Unit> = {}) =>
    unit(name, {
      ...fields,
      patches: [
        {
          target: "kubernetes",
          path: `services.${name}.patch.kubernetes`,
          fragment: {
            kind: fields.workload === "stateful-set" ? "StatefulSet" : "Deployment",
            spec: { template: { spec: pod } },
          },
        },
      ],
    });

  it.each([
    ["400", { code: 400, message: "no" }],
    ["401, which is not about the credentials", { code: 401, message: "no" }],
    ["403, which is not about permissions", { code: 403, reason: "Forbidden", message: "no" }],
    ["422", { code: 422, reason: "Invalid", message: "no" }],
    ["500", { code: 500, message: "no" }],
    ["none", { message: "no" }],
  ])("a webhook that denies with status %s: names it and every object, and applies nothing", async (title, status) => {
    const of = await namespace(`denies-${title.split(",")[0]}`);
    await startWebhook(plane, {
      name: of,
      namespace: of,
      resources: ["deployments", "services"],
      review: ({ kind }) => (kind.kind === "Deployment" ? { allowed: false, status } : ALLOWED),
    });
    for (const dryRun of [true, false])
      await expect(run(twoUnits(of), { dryRun })).rejects.toMatchObject({
        code: "deploy/rejected",
        details: [
          `Deployment gateway, Deployment accounts: admission webhook "${of}.example.com" denied the request: no`,
          `  change what the admission webhook ${of}.example.com denies, or request an exception from its owner`,
        ],
      });
    expect(await deployed(of)).toEqual([]);
  });

  it("a webhook that denies pods alone: names the workloads, and applies nothing", async () => {
    const of = await namespace("pods-alone");
    await startWebhook(plane, {
      name: of,
      namespace: of,
      resources: ["pods"],
      review: () => ({ allowed: false, status: { message: "unsigned image" } }),
    });
    await expect(
      run(twoUnits(of, { units: [unit("gateway"), unit("accounts", { workload: "stateful-set" })] })),
    ).rejects.toMatchObject({
      code: "deploy/rejected",
      details: expect.arrayContaining([
        expect.stringMatching(
          /^StatefulSet accounts, .*its pods would be rejected: admission webhook .* unsigned image$/,
        ),
      ]),
    });
    expect(await deployed(of)).toEqual([]);
  });

  it("a webhook that does not respond: names it, and applies nothing", async () => {
    const of = await namespace("silent");
    const remove = await startWebhook(plane, { name: of, namespace: of, timeoutSeconds: 1, review: () => undefined });
    await expect(run(twoUnits(of))).rejects.toMatchObject({
      code: "deploy/rejected",
      details: [
        expect.stringMatching(/NetworkPolicy default-deny, .*Deployment accounts: .*failed calling webhook "silent\./),
        expect.stringContaining("start the server of the admission webhook silent.example.com, or remove"),
      ],
    });
    expect(await deployed(of)).toEqual([]);
    await remove();
    await expect.poll(async () => run(twoUnits(of)).catch(() => undefined), { timeout: 20_000 }).toBeDefined();
  });

  it("a webhook that delays and may fail (`Ignore`): waits for it", async () => {
    const of = await namespace("slow");
    await startWebhook(plane, {
      name: of,
      namespace: of,
      ...{ timeoutSeconds: 1, failurePolicy: "Ignore", resources: ["deployments"] },
      review: () => undefined,
    });
    expect((await run(twoUnits(of))).outcome).toBe("done");
  });

  it("a webhook that denies what its dry run allowed: states what was applied, and the next deploy applies the rest", async () => {
    const of = await namespace("late");
    let isClosed = true;
    await startWebhook(plane, {
      name: of,
      namespace: of,
      resources: ["deployments"],
      review: ({ dryRun }) => (dryRun || !isClosed ? ALLOWED : { allowed: false, status: { message: "a freeze" } }),
    });
    await expect(run(twoUnits(of))).rejects.toMatchObject({
      code: "deploy/incomplete",
      message: expect.stringMatching(
        /^apply Deployment \w+: admission webhook "late\.example\.com" denied the request: a freeze \(1\d of 1\d objects were applied\)$/,
      ),
      details: [
        "change what the admission webhook late.example.com denies, or request an exception from its owner",
        "not applied: Deployment gateway, Deployment accounts, Ingress entrance",
      ],
    });
    isClosed = false;
    const second = await run(twoUnits(of));
    expect(second.outcome).toBe("done");
    expect(applied(second)).toEqual(["Deployment gateway: new", "Deployment accounts: new", "Ingress entrance: new"]);
  });

  it("a webhook that changes objects, one value differently at each write: no drift, and a change by hand is still found", async () => {
    const of = await namespace("changes");
    let writes = 0;
    await startWebhook(plane, {
      name: of,
      namespace: of,
      mutating: true,
      resources: ["deployments"],
      review: () => ({
        allowed: true,
        patch: [
          { op: "add", path: "/metadata/annotations/example.com~1seen", value: String(writes++) },
          { op: "replace", path: "/spec/template/spec/containers/0/image", value: "mirror.example.com/keelson:1" },
          { op: "add", path: "/spec/template/metadata/labels/injected", value: "yes" },
        ],
      }),
    });
    expect((await run(twoUnits(of))).outcome).toBe("done");
    expect(applied(await run(twoUnits(of)))).toEqual([]);
    await plane.api.merge(`/apis/apps/v1/namespaces/${of}/deployments/accounts`, {
      metadata: { annotations: { note: "by hand" } },
    });
    expect(applied(await run(twoUnits(of)))).toEqual([
      expect.stringMatching(/^Deployment accounts: drifted: \.metadata\.annotations\.note \(by /),
    ]);
    expect(applied(await run(twoUnits(of)))).toEqual([]);
  });

  it("what the API server and its webhooks warn of is reported, and does not stop the deploy", async () => {
    const of = await namespace("warned");
    await startWebhook(plane, {
      name: of,
      namespace: of,
      resources: ["services"],
      review: () => ({ allowed: true, warnings: ['the label "team" is missing'] }),
    });
    const result = await run(twoUnits(of));
    expect(result.outcome).toBe("done");
    expect(result.warnings).toEqual([
      'Service gateway: the label "team" is missing',
      'Service accounts: the label "team" is missing',
    ]);
  });

  it("a policy denies an object: names it, and suggests to delete nothing", async () => {
    const of = await namespace("policy");
    await run(twoUnits(of));
    await plane.api.create(`${POLICIES}ies`, {
      metadata: { name: "tags" },
      spec: {
        matchConstraints: {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": of } },
          resourceRules: [
            { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["deployments"] },
          ],
        },
        validations: [{ expression: "object.spec.replicas != 3", message: "tags must be immutable" }],
      },
    });
    await plane.api.create(`${POLICIES}ybindings`, {
      metadata: { name: "tags" },
      spec: { policyName: "tags", validationActions: ["Deny"] },
    });
    const changed = twoUnits(of, {
      units: [unit("gateway", { replicas: { min: 3, max: 3 } }), unit("accounts")],
    });
    const refusal = () =>
      run(changed, { dryRun: true }).then(
        () => undefined,
        (error: unknown) => error,
      );
    await expect.poll(refusal, { timeout: 20_000 }).toMatchObject({
      code: "deploy/rejected",
      details: [
        expect.stringMatching(/^Deployment gateway: .*ValidatingAdmissionPolicy 'tags'.* tags must be immutable$/),
        expect.stringMatching(/^ {2}change what the ValidatingAdmissionPolicy tags denies/),
      ],
    });
  });

  it("a quota of objects: counts the new ones, and applies nothing", async () => {
    const of = await namespace("counted");
    await create(of, "resourcequotas", { hard: { "count/deployments.apps": "1", services: "2", secrets: "0" } });
    await expect
      .poll(() => client.list("v1", "ResourceQuota", of, {}), { timeout: 10_000 })
      .toMatchObject({
        items: [{ status: { hard: { services: "2" } } }],
      });
    await expect(run(twoUnits(of))).rejects.toMatchObject({
      message: expect.stringContaining("exceeded quota: small"),
    });
    await plane.api.merge(`/api/v1/namespaces/${of}/resourcequotas/small`, { spec: { hard: { secrets: "10" } } });
    await expect
      .poll(() => run(twoUnits(of)).catch((error: unknown) => error), { timeout: 10_000 })
      .toMatchObject({
        code: "deploy/rejected",
        details: [
          "Deployment gateway, Deployment accounts: 2 new objects would exceed the ResourceQuota small: count/deployments.apps is 1, of which 0 are used",
          expect.stringContaining("raise count/deployments.apps in the ResourceQuota small"),
        ],
      });
    expect(await deployed(of)).toEqual([]);
    await plane.api.merge(`/api/v1/namespaces/${of}/resourcequotas/small`, {
      spec: { hard: { "count/deployments.apps": "2" } },
    });
    await expect
      .poll(() => run(twoUnits(of)).catch((error: unknown) => error), { timeout: 20_000 })
      .toMatchObject({ outcome: "done" });
  });

  it("a quota of memory: warns, and reports why each workload waits for its pods", async () => {
    const of = await namespace("memory");
    await create(of, "resourcequotas", { hard: { "requests.memory": "1Mi" } });
    const plan = twoUnits(of, { units: [unit("gateway"), unit("accounts", { workload: "stateful-set" })] });
    const reported: string[] = [];
    const result = await deployInto(client, plan, reported, { timeoutMs: 5000 });
    expect(result.outcome).toBe("timed-out");
    expect(result.warnings).toEqual([
      expect.stringMatching(/^StatefulSet accounts: its pods may have to wait: .*exceeded quota: small/),
      expect.stringMatching(/^Deployment gateway: its pods may have to wait: .*exceeded quota: small/),
    ]);
    const reasons = new Map(result.rollouts.map(({ name, why }) => [name, why]));
    for (const name of ["Deployment gateway", "StatefulSet accounts"])
      expect(reasons.get(name)).toMatch(
        /exceeded quota: small, requested: requests\.memory=.*raise the ResourceQuota small/,
      );
    await plane.api.merge(`/api/v1/namespaces/${of}/resourcequotas/small`, {
      spec: { hard: { "requests.memory": "100Gi" } },
    });
    expect((await run(plan)).outcome).toBe("done");
  });

  it("Pod Security `restricted`: names the fields of a patch and the fix, and applies nothing", async () => {
    const of = await namespace("restricted", { "pod-security.kubernetes.io/enforce": "restricted" });
    const hostile = { hostNetwork: true };
    const plan = twoUnits(of, {
      units: [
        patched("gateway", hostile),
        patched("accounts", hostile, {
          workload: "stateful-set",
          volumes: [persistentVolume("data", "/data", 2 ** 30)],
        }),
      ],
    });
    await expect(run(plan)).rejects.toMatchObject({
      code: "deploy/rejected",
      details: expect.arrayContaining([
        expect.stringMatching(
          /^Deployment gateway: its pods would be rejected: .*PodSecurity "restricted.*hostNetwork=true/,
        ),
        expect.stringMatching(/^StatefulSet accounts: its pods would be rejected: .*hostNetwork=true/),
        expect.stringMatching(/^ {2}remove the fields that restricted forbids from `patch:`/),
      ]),
    });
    expect(await deployed(of)).toEqual([]);
    expect((await run(twoUnits(of))).outcome).toBe("done");
  });

  it("a limit range: names the limit and the fix, and applies nothing", async () => {
    const of = await namespace("limited");
    await create(of, "limitranges", { limits: [{ type: "Container", max: { memory: "1Mi" } }] });
    await expect(run(twoUnits(of))).rejects.toMatchObject({
      code: "deploy/rejected",
      details: expect.arrayContaining([
        expect.stringMatching(
          /^Deployment gateway: its pods would be rejected: .*maximum memory usage per Container is 1Mi/,
        ),
        expect.stringMatching(/LimitRange of the namespace/),
      ]),
    });
    expect(await deployed(of)).toEqual([]);
  });

  it("pods are validated before the accounts and priority classes of the platform exist, and none of them stays", async () => {
    const of = await namespace("first");
    const plan = twoUnits(of, { units: [unit("gateway", { priority: "critical" })], edges: [] });
    const result = await run(plan);
    expect(result).toMatchObject({ outcome: "done", warnings: [] });
    const pods = (await client.list("v1", "Pod", of, {})).items.map(({ metadata }) => metadata.name);
    expect(pods).toHaveLength(result.rollouts[0]?.wanted ?? 0);
  });
});
