import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { KubernetesClient } from "../../src/kubernetes/client.js";
import type { DeployOptions, DeployResult } from "../../src/kubernetes/deploy/index.js";
import type { ControlPlane } from "../support/cluster/control-plane.js";
import { applied, deployInto, startDeployCluster, twoUnits } from "../support/cluster/deploying.js";
import { cpuScale, entrance, unit } from "../support/render/sample-plan.js";
import { describeWith } from "../support/requirements.js";

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

  beforeAll(async () => {
    const cluster = await startDeployCluster();
    ({ plane, client } = cluster);
    const first = await deployInto(client, plan, []);
    expect(first.rollouts.filter(({ state }) => state !== "done")).toEqual([]);
    return cluster.stop;
  });

  const run = (options: Partial<DeployOptions> = {}): Promise<DeployResult> => deployInto(client, plan, [], options);
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
});
