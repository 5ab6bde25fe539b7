import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { KubernetesClient } from "../../src/kubernetes/client.js";
import type { DeployOptions, DeployResult } from "../../src/kubernetes/deploy/index.js";
import { connectionFrom } from "../../src/kubernetes/kubeconfig.js";
import type { Plan, Unit } from "../../src/plan/plan.js";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.js";
import { applied, deployInto, named, twoUnits } from "../support/cluster/deploying.js";
import { startSimulatedNodes } from "../support/cluster/simulated-nodes.js";
import { FIXED_CLASS, startVolumes } from "../support/cluster/volumes.js";
import { broker, cache, cpuScale, entrance, unit } from "../support/render/sample-plan.js";
import { describeWith } from "../support/requirements.js";

const Claim = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({ resources: z.looseObject({ requests: z.looseObject({ storage: z.string() }) }) }),
  status: z.looseObject({ capacity: z.looseObject({ storage: z.string() }) }),
});

const NAMESPACE = "drift";
const POLICIES = `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies`;
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;

const plan = twoUnits(NAMESPACE, {
  units: [unit("gateway"), unit("accounts"), unit("scaled", { replicas: { min: 2, max: 4 }, scale: cpuScale })],
  entrances: [entrance()],
});

/** A change by hand: the object, a merge patch or JSON patch, and the fields that a deploy must report. */
interface Change {
  readonly path: string;
  readonly patch: unknown;
  readonly reported: RegExp;
}

const CHANGES: Readonly<Record<string, Change>> = {
  "an empty ingress rule, which allows everything": {
    path: `${POLICIES}/accounts`,
    patch: [{ op: "add", path: "/spec/ingress/-", value: {} }],
    reported: /^NetworkPolicy accounts: drifted: \.spec\.ingress\[\d\] \(by /,
  },
  "an egress rule where none is rendered": {
    path: `${POLICIES}/accounts`,
    patch: { spec: { egress: [{}] } },
    reported: /^NetworkPolicy accounts: drifted: \.spec\.egress/,
  },
  "a peer in a rule": {
    path: `${POLICIES}/accounts`,
    patch: [{ op: "add", path: "/spec/ingress/0/from/-", value: { namespaceSelector: {} } }],
    reported: /^NetworkPolicy accounts: drifted: \.spec\.ingress\[0\]\.from\[1\] \(by /,
  },
  "a port in a rule": {
    path: `${POLICIES}/accounts`,
    patch: [{ op: "add", path: "/spec/ingress/0/ports/-", value: { protocol: "TCP", port: 22 } }],
    reported: /^NetworkPolicy accounts: drifted: \.spec\.ingress\[0\]\.ports\[1\]/,
  },
  "a removed rule": {
    path: `${POLICIES}/accounts`,
    patch: [{ op: "remove", path: "/spec/ingress/0" }],
    reported: /^NetworkPolicy accounts: drifted: \.spec\.ingress/,
  },
  "a container": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: [{ op: "add", path: "/spec/template/spec/containers/-", value: { name: "added", image: "example:1" } }],
    reported: /^Deployment accounts: drifted: \.spec\.template\.spec\.containers\[name=added\] \(by /,
  },
  "a container before the others": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: [{ op: "add", path: "/spec/template/spec/containers/0", value: { name: "first", image: "example:1" } }],
    reported: /^Deployment accounts: drifted: .*containers\[name=first\]/,
  },
  "an init container": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: { spec: { template: { spec: { initContainers: [{ name: "early", image: "example:1" }] } } } },
    reported: /^Deployment accounts: drifted: .*initContainers/,
  },
  "an environment variable": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: [{ op: "add", path: "/spec/template/spec/containers/0/env", value: [{ name: "FOO", value: "bar" }] }],
    reported: /^Deployment accounts: drifted: \.spec\.template\.spec\.containers\[name=accounts\]\.env.* \(by /,
  },
  "an argument": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: [{ op: "add", path: "/spec/template/spec/containers/0/args/-", value: "--debug" }],
    reported: /^Deployment accounts: drifted: .*\.args\[\d+\] \(by /,
  },
  "a privilege of a rendered container": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: [{ op: "add", path: "/spec/template/spec/hostNetwork", value: true }],
    reported: /^Deployment accounts: drifted: \.spec\.template\.spec\.hostNetwork/,
  },
  "a label of the pods": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: { spec: { template: { metadata: { labels: { "app.kubernetes.io/name": "accounts", role: "admin" } } } } },
    reported: /^Deployment accounts: drifted: \.spec\.template\.metadata\.labels\.role/,
  },
  "a path of an Ingress": {
    path: `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/ingresses/entrance`,
    patch: [
      {
        op: "add",
        path: "/spec/rules/0/http/paths/-",
        value: {
          path: "/internal",
          pathType: "Prefix",
          backend: { service: { name: "accounts", port: { number: 80 } } },
        },
      },
    ],
    reported: /^Ingress entrance: drifted: \.spec\.rules\[0\]\.http\.paths\[\d\] \(by /,
  },
  "an annotation of an Ingress": {
    path: `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/ingresses/entrance`,
    patch: { metadata: { annotations: { "nginx.ingress.kubernetes.io/permanent-redirect": "https://example.org" } } },
    reported:
      /^Ingress entrance: drifted: \.metadata\.annotations\["nginx.ingress.kubernetes.io\/permanent-redirect"\]/,
  },
  "a metric of an autoscaler": {
    path: `/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers/scaled`,
    patch: [
      {
        op: "add",
        path: "/spec/metrics/-",
        value: {
          type: "Resource",
          resource: { name: "memory", target: { type: "Utilization", averageUtilization: 10 } },
        },
      },
    ],
    reported: /^HorizontalPodAutoscaler scaled: drifted: \.spec\.metrics/,
  },
  "a port of a Service": {
    path: `/api/v1/namespaces/${NAMESPACE}/services/accounts`,
    patch: [{ op: "add", path: "/spec/ports/-", value: { name: "debug", port: 9229 } }],
    reported: /^Service accounts: drifted: \.spec\.ports\[port=9229,protocol=TCP\] \(by /,
  },
  "a defaulted field of a Service": {
    path: `/api/v1/namespaces/${NAMESPACE}/services/accounts`,
    patch: { spec: { sessionAffinity: "ClientIP" } },
    reported: /^Service accounts: drifted: \.spec\.sessionAffinity/,
  },
  "a changed label": {
    path: `/api/v1/namespaces/${NAMESPACE}/services/accounts`,
    patch: { metadata: { labels: { "app.kubernetes.io/component": "wrong" } } },
    reported: /^Service accounts: drifted: .*component/,
  },
  "a volume and its mount": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: [
      { op: "add", path: "/spec/template/spec/volumes/-", value: { name: "host", hostPath: { path: "/etc" } } },
      {
        op: "add",
        path: "/spec/template/spec/containers/0/volumeMounts/-",
        value: { name: "host", mountPath: "/host" },
      },
    ],
    reported: /^Deployment accounts: drifted: .*(volumes\[name=host\]|volumeMounts\[mountPath=\/host\])/,
  },
  "a toleration": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: { spec: { template: { spec: { tolerations: [{ operator: "Exists" }] } } } },
    reported: /^Deployment accounts: drifted: \.spec\.template\.spec\.tolerations/,
  },
  "a node selector and a host alias": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: {
      spec: {
        template: { spec: { nodeSelector: { disk: "ssd" }, hostAliases: [{ ip: "10.0.0.9", hostnames: ["usage"] }] } },
      },
    },
    reported: /^Deployment accounts: drifted: .*(nodeSelector|hostAliases)/,
  },
  "another ServiceAccount": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: { spec: { template: { spec: { serviceAccountName: "default" } } } },
    reported: /^Deployment accounts: drifted: .*serviceAccount/,
  },
  "a privilege of a container": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: [
      { op: "add", path: "/spec/template/spec/containers/0/securityContext/privileged", value: true },
      { op: "replace", path: "/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation", value: true },
    ],
    reported: /^Deployment accounts: drifted: .*securityContext/,
  },
  "a port and a probe of a container": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: [
      { op: "add", path: "/spec/template/spec/containers/0/ports/-", value: { name: "debug", containerPort: 9229 } },
      { op: "remove", path: "/spec/template/spec/containers/0/livenessProbe" },
    ],
    reported: /^Deployment accounts: drifted: .*(ports\[containerPort=9229|livenessProbe)/,
  },
  "a paused rollout": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: { spec: { paused: true } },
    reported: /^Deployment accounts: drifted: \.spec\.paused/,
  },
  "a label and an annotation of a Deployment": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: { metadata: { labels: { team: "x" }, annotations: { note: "by hand" } } },
    reported: /^Deployment accounts: drifted: .*(labels\.team|annotations\.note)/,
  },
  "a label of a NetworkPolicy": {
    path: `${POLICIES}/accounts`,
    patch: { metadata: { labels: { team: "x" } } },
    reported: /^NetworkPolicy accounts: drifted: \.metadata\.labels\.team/,
  },
  "a policy type of a NetworkPolicy": {
    path: `${POLICIES}/default-deny`,
    patch: { spec: { policyTypes: ["Ingress"] } },
    reported: /^NetworkPolicy default-deny: drifted: \.spec\.policyTypes/,
  },
  "an annotation of a ServiceAccount, which grants a role of a cloud": {
    path: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/accounts`,
    patch: { metadata: { annotations: { "example.com/role": "admin" } } },
    reported: /^ServiceAccount accounts: drifted: \.metadata\.annotations/,
  },
  "a token and pull secrets of a ServiceAccount": {
    path: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/accounts`,
    patch: { automountServiceAccountToken: true, imagePullSecrets: [{ name: "others" }] },
    reported: /^ServiceAccount accounts: drifted: .*(automountServiceAccountToken|imagePullSecrets)/,
  },
  "an address and a type of a Service": {
    path: `/api/v1/namespaces/${NAMESPACE}/services/accounts`,
    patch: { spec: { type: "NodePort", externalIPs: ["192.0.2.1"] } },
    reported: /^Service accounts: drifted: .*(externalIPs|type)/,
  },
  "a selector of a Service": {
    path: `/api/v1/namespaces/${NAMESPACE}/services/accounts`,
    patch: { spec: { selector: { version: "2" } } },
    reported: /^Service accounts: drifted: \.spec\.selector/,
  },
  "the limit of a disruption budget": {
    path: `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets/accounts`,
    patch: { spec: { minAvailable: 0, selector: { matchLabels: { version: "2" } } } },
    reported: /^PodDisruptionBudget accounts: drifted: \.spec\./,
  },
  "the behavior and the maximum of an autoscaler": {
    path: `/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers/scaled`,
    patch: { spec: { maxReplicas: 50, behavior: { scaleUp: { stabilizationWindowSeconds: 600 } } } },
    reported: /^HorizontalPodAutoscaler scaled: drifted: .*(maxReplicas|behavior)/,
  },
  "a host and a certificate of an Ingress": {
    path: `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/ingresses/entrance`,
    patch: [
      { op: "add", path: "/spec/rules/-", value: { host: "other.example.com" } },
      { op: "add", path: "/spec/tls/-", value: { hosts: ["other.example.com"], secretName: "other" } },
    ],
    reported: /^Ingress entrance: drifted: .*(rules\[1\]|tls\[1\])/,
  },
  "another strategy of a rollout": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: {
      spec: { strategy: { type: "Recreate", rollingUpdate: null } },
    },
    reported: /^Deployment accounts: drifted: .*strategy/,
  },
  "a second limit of a disruption budget": {
    path: `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets/accounts`,
    patch: { spec: { minAvailable: null, maxUnavailable: 2 } },
    reported: /^PodDisruptionBudget accounts: drifted: .*(minAvailable|maxUnavailable)/,
  },
  "another kind of probe": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: [
      { op: "remove", path: "/spec/template/spec/containers/0/livenessProbe/httpGet" },
      { op: "add", path: "/spec/template/spec/containers/0/livenessProbe/tcpSocket", value: { port: 8080 } },
    ],
    reported: /^Deployment accounts: drifted: .*livenessProbe/,
  },
  "another type of a volume": {
    path: `${DEPLOYMENTS}/accounts`,
    patch: [
      { op: "test", path: "/spec/template/spec/volumes/3/name", value: "tmp" },
      { op: "replace", path: "/spec/template/spec/volumes/3", value: { name: "tmp", hostPath: { path: "/tmp" } } },
    ],
    reported: /^Deployment accounts: drifted: .*volumes\[name=tmp\]/,
  },
  "scaling by hand": {
    path: `${DEPLOYMENTS}/accounts/scale`,
    patch: { spec: { replicas: 5 } },
    reported: /^Deployment accounts: drifted: \.spec\.replicas \(by /,
  },
};

describeWith(["cluster", "kwok"], "changes in a cluster by others", () => {
  let plane: ControlPlane;
  let client: KubernetesClient;
  let reported: string[];

  beforeAll(async () => {
    plane = await startControlPlane();
    await startSimulatedNodes(
      plane,
      ["a", "b", "c"].map((zone) => ({ zone, capacity: { cpu: "16", memory: "64Gi", pods: "110" } })),
    );
    await startVolumes(plane);
    client = new KubernetesClient(await connectionFrom({ kubeconfig: plane.kubeconfig, environment: {} }));
    const first = await deployInto(client, plan, []);
    expect(first.rollouts.filter(({ state }) => state !== "done")).toEqual([]);
    return async () => {
      await client.close();
      await plane.stop();
    };
  });

  beforeEach(() => {
    reported = [];
  });

  const run = (options: Partial<DeployOptions> = {}, of: Plan = plan): Promise<DeployResult> =>
    deployInto(client, of, reported, options);
  const patch = (path: string, body: unknown) =>
    plane.api.demand("PATCH", path, body, `application/${Array.isArray(body) ? "json-patch" : "merge-patch"}+json`);
  const kubectl = (...args: readonly string[]) =>
    execFileSync(join(plane.programs, "kubectl"), ["--kubeconfig", plane.kubeconfig, "-n", NAMESPACE, ...args]);

  it.each(Object.entries(CHANGES))("%s is reported with its path and owner, and put back", async (_title, change) => {
    await patch(change.path, change.patch);
    const dryRun = await run({ dryRun: true });
    expect(applied(dryRun)).toEqual([expect.stringMatching(change.reported)]);
    expect(applied(await run())).toEqual([expect.stringMatching(change.reported)]);
    expect(applied(await run())).toEqual([]);
  });

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

  it("what kubectl applied is put back too", async () => {
    kubectl("set", "env", "deployment/accounts", "FOO=bar");
    kubectl(
      "patch",
      "networkpolicy",
      "accounts",
      "--type=json",
      `-p=[{"op":"add","path":"/spec/egress","value":[{}]}]`,
    );
    expect(applied(await run())).toEqual([
      expect.stringMatching(/^NetworkPolicy accounts: drifted: \.spec\.egress \(by kubectl-patch\)/),
      expect.stringMatching(/^Deployment accounts: drifted: .*env.* \(by kubectl-set\)/),
    ]);
    expect(applied(await run())).toEqual([]);
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
          volumes: [{ name: "data", mount: "/data", size: Number.parseInt(size, 10) * 2 ** 30, kind: "persistent" }],
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
