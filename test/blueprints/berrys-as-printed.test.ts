import { describe, expect, it } from "vitest";
import { manifests } from "../../src/render/kubernetes/index.js";
import { isFields } from "../../src/render/strategic-merge.js";
import { blueprint, planOf } from "../support/plan/planned.js";

/**
 * The four objects that "Deployment Architecture" of Berrys_AgentsV2 prints for its agent orchestrator, field by field in this
 * test's own words, held against what the target kubernetes renders.
 */
const CALLED = { model: "model-orchestration", tools: "tool-integration", planning: "planning-system" };
const NAME = "agent-orchestrator";
const LABEL = { app: NAME };

const secretKey = (name: string) => ({ valueFrom: { secretKeyRef: { name, key: "url" } } });
const address = (service: string) => ({ value: `http://${service}.default.svc.cluster.local:8080` });
const probe = (path: string, initialDelaySeconds: number, periodSeconds: number) => ({
  httpGet: { path, port: 8080 },
  initialDelaySeconds,
  periodSeconds,
});
const utilisation = (name: string, averageUtilization: number) => ({
  type: "Resource",
  resource: { name, target: { type: "Utilization", averageUtilization } },
});
const onPort8080 = [{ protocol: "TCP", port: 8080 }];
const podsOf = (app: string) => [{ podSelector: { matchLabels: { app } } }];

const PRINTED = {
  Deployment: {
    apiVersion: "apps/v1",
    metadata: { name: NAME, namespace: "default" },
    spec: {
      replicas: 3,
      selector: { matchLabels: LABEL },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels: LABEL },
        spec: {
          containers: [
            {
              name: NAME,
              ports: [{ containerPort: 8080 }],
              resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: "1000m", memory: "2Gi" } },
              readinessProbe: probe("/health/readiness", 10, 5),
              livenessProbe: probe("/health/liveness", 60, 15),
              env: [
                { name: "DATABASE_URL", ...secretKey("database-credentials") },
                { name: "REDIS_URL", ...secretKey("redis-credentials") },
                { name: "LOG_LEVEL", value: "INFO" },
                { name: "MODEL_ORCHESTRATION_URL", ...address(CALLED.model) },
                { name: "TOOL_INTEGRATION_URL", ...address(CALLED.tools) },
                { name: "PLANNING_SYSTEM_URL", ...address(CALLED.planning) },
              ],
            },
          ],
        },
      },
    },
  },
  Service: {
    apiVersion: "v1",
    metadata: { name: NAME, namespace: "default" },
    spec: { selector: LABEL, ports: [{ port: 8080, targetPort: 8080 }], type: "ClusterIP" },
  },
  HorizontalPodAutoscaler: {
    apiVersion: "autoscaling/v2",
    metadata: { name: NAME },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: NAME },
      minReplicas: 3,
      maxReplicas: 10,
      metrics: [utilisation("cpu", 70), utilisation("memory", 80)],
    },
  },
  NetworkPolicy: {
    apiVersion: "networking.k8s.io/v1",
    metadata: { name: "agent-orchestrator-policy" },
    spec: {
      podSelector: { matchLabels: LABEL },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: podsOf("api-gateway"), ports: onPort8080 }],
      egress: [
        { to: podsOf(CALLED.model), ports: onPort8080 },
        { to: podsOf(CALLED.tools), ports: onPort8080 },
      ],
    },
  },
} as const;

type Kind = keyof typeof PRINTED;
const KINDS = ["Deployment", "Service", "HorizontalPodAutoscaler", "NetworkPolicy"] as const satisfies readonly Kind[];

describe("what the document prints for the agent orchestrator", () => {
  it.each(KINDS)("is rendered as its %s in as-documented, except the name that no patch changes", (kind) => {
    const { missing } = compared(kind, "as-documented");
    expect(missing).toEqual(kind === "NetworkPolicy" ? ["metadata.name: agent-orchestrator"] : []);
  });

  it("has no further port, metric, caller or call in as-documented, and two further variables", () => {
    expect(KINDS.flatMap((kind) => compared(kind, "as-documented").furtherItems)).toEqual([
      "spec.template.spec.containers[agent-orchestrator].env[HOME]",
      "spec.template.spec.containers[agent-orchestrator].env[USER]",
    ]);
  });

  it("is rendered in production too, but for the replicas that the autoscaler owns and the labels of the policy", () => {
    expect(compared("Deployment", "production").missing).toEqual(["spec.replicas: undefined"]);
    expect(compared("Service", "production").missing).toEqual([]);
    expect(compared("HorizontalPodAutoscaler", "production").missing).toEqual([]);
  });

  it("can resolve names and reach its stores and the planning system in production, which the printed policy forbids", () => {
    const text = (environment: string) => JSON.stringify(rendered("NetworkPolicy", environment));
    for (const reached of ['"port":5432', '"port":6379', `"app.kubernetes.io/name":"${CALLED.planning}"`]) {
      expect(text("production")).toContain(reached);
      expect(text("as-documented")).not.toContain(reached);
    }
    expect(objects("production").map(({ file }) => file)).toContain("platform/network-policy-allow-dns");
  });

  it("has an image in ECR with a version for the two placeholders", () => {
    const [container] = containers("as-documented");
    expect(container?.image).toMatch(
      /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\/agent-orchestrator:\d+\.\d+\.\d+$/,
    );
  });
});

function objects(environment: string) {
  return manifests(planOf(blueprint("berrys"), environment));
}

function rendered(kind: Kind, environment: string): unknown {
  const found = objects(environment).find(({ file, object }) => file.startsWith(`${NAME}/`) && object.kind === kind);
  if (!found) throw new Error(`no ${kind} in ${environment}`);
  return found.object;
}

function containers(environment: string) {
  const found = objects(environment).find(({ file }) => file === `${NAME}/deployment`);
  return found?.object.kind === "Deployment" ? (found.object.spec?.template.spec?.containers ?? []) : [];
}

interface Comparison {
  /** The printed fields that are rendered with another value, with that value. */
  readonly missing: string[];
  /** The items of printed lists that are rendered in addition. */
  readonly furtherItems: string[];
}

function compared(kind: Kind, environment: string): Comparison {
  const result: Comparison = { missing: [], furtherItems: [] };
  compare(PRINTED[kind], rendered(kind, environment), "", result);
  return result;
}

/** Every printed field is there with its value. A map may have further fields; a further item of a list is named. */
function compare(printed: unknown, actual: unknown, path: string, result: Comparison): void {
  if (Array.isArray(printed)) {
    const items: readonly unknown[] = Array.isArray(actual) ? actual : [];
    const keys = printed.map((item, index) => keyOf(item, index));
    for (const [index, item] of printed.entries())
      compare(
        item,
        items.find((each, at) => keyOf(each, at) === keys[index]),
        `${path}[${keys[index]}]`,
        result,
      );
    const further = items.map(keyOf).filter((key) => !keys.includes(key));
    result.furtherItems.push(...further.map((key) => `${path}[${key}]`));
  } else if (isFields(printed)) {
    for (const [name, value] of Object.entries(printed))
      compare(value, isFields(actual) ? actual[name] : undefined, path === "" ? name : `${path}.${name}`, result);
  } else if (!isSame(printed, actual)) result.missing.push(`${path}: ${String(actual)}`);
}

/** What identifies an item of a list: the name of a container or variable, otherwise its place. */
function keyOf(item: unknown, index: number): string {
  return isFields(item) && typeof item["name"] === "string" && !("containerPort" in item) && !("port" in item)
    ? item["name"]
    : String(index);
}

/** Equal, or the same amount of CPU, or the name of the port 8080. */
function isSame(printed: unknown, actual: unknown): boolean {
  return printed === actual || (printed === "1000m" && actual === "1") || (printed === 8080 && actual === portName());
}

function portName(): string | undefined {
  return containers("as-documented")[0]?.ports?.find(({ containerPort }) => containerPort === 8080)?.name;
}
