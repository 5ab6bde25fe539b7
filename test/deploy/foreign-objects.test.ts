import { expect, it } from "vitest";
import { autoscaledBy, foreignObjects } from "../../src/kubernetes/deploy/foreign-objects.js";
import type { LiveObject } from "../../src/kubernetes/live-object.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import { edge, samplePlan, unit } from "../support/render/sample-plan.js";

const plan = samplePlan({
  units: [unit("gateway"), unit("accounts")],
  models: [],
  stores: [],
  edges: [edge("gateway", "accounts", 8080)],
});
const rendered = manifests(plan).map(({ object }) => object);
const owned = { "app.kubernetes.io/managed-by": "keelson" };

function object(apiVersion: string, kind: string, spec: object, labels: Record<string, string> = {}): LiveObject {
  return { apiVersion, kind, metadata: { name: "by-hand", namespace: plan.namespace, labels }, spec };
}

const accounts = { "app.kubernetes.io/name": "accounts" };
const policy = (spec: object) => object("networking.k8s.io/v1", "NetworkPolicy", spec);
const service = (spec: object) => object("v1", "Service", spec);
const found = (...objects: LiveObject[]) =>
  foreignObjects(rendered, objects, owned).map(({ targets, effect }) => [effect, ...targets]);

it.each([
  [
    "a policy for one component",
    policy({ podSelector: { matchLabels: accounts }, ingress: [{}] }),
    [["opens ingress", "Deployment accounts"]],
  ],
  [
    "a policy for all pods",
    policy({ podSelector: {}, ingress: [{}], egress: [{}] }),
    [["opens ingress and egress", "Deployment gateway", "Deployment accounts"]],
  ],
  ["a policy that allows nothing", policy({ podSelector: {}, policyTypes: ["Ingress"] }), []],
  ["a policy for other pods", policy({ podSelector: { matchLabels: { app: "other" } }, ingress: [{}] }), []],
  [
    "a policy by an expression",
    policy({
      podSelector: { matchExpressions: [{ key: "app.kubernetes.io/name", operator: "NotIn", values: ["gateway"] }] },
      egress: [{}],
    }),
    [["opens egress", "Deployment accounts"]],
  ],
  [
    "a Service",
    service({ type: "LoadBalancer", selector: accounts }),
    [["is another LoadBalancer address", "Deployment accounts"]],
  ],
  ["a Service without a selector", service({ selector: {} }), []],
  [
    "an Ingress",
    object("networking.k8s.io/v1", "Ingress", {
      rules: [{ http: { paths: [{ backend: { service: { name: "accounts" } } }] } }],
    }),
    [["routes to", "Service accounts"]],
  ],
  [
    "an HTTPRoute",
    object("gateway.networking.k8s.io/v1", "HTTPRoute", { rules: [{ backendRefs: [{ name: "gateway", port: 80 }] }] }),
    [["routes to", "Service gateway"]],
  ],
])("%s of another owner is reported by what it acts on", (_title, other, expected) => {
  expect(found(other)).toEqual(expected);
});

it("objects of the platform itself are not foreign", () => {
  expect(found({ ...policy({ podSelector: {}, ingress: [{}] }), metadata: { name: "old", labels: owned } })).toEqual(
    [],
  );
});

it("workloads with an autoscaler of another owner are known", () => {
  const scaler = object("autoscaling/v2", "HorizontalPodAutoscaler", {
    scaleTargetRef: { kind: "Deployment", name: "gateway" },
  });
  expect([...autoscaledBy(foreignObjects(rendered, [scaler], owned))]).toEqual(["Deployment gateway"]);
});
