import { z } from "zod";
import type { Manifest } from "../../render/kubernetes/manifest.js";
import { describe, identity, type LiveObject } from "../live-object.js";
import { isMap } from "./field-set.js";

/** Kinds of objects that open a connection to the platform's pods, or change them, without being part of the platform. */
export const FOREIGN_KINDS = [
  { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  { apiVersion: "v1", kind: "Service" },
  { apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
  { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" },
  { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute" },
] as const;

/** An object that deploy did not render and that acts on what it rendered. */
export interface ForeignObject {
  readonly object: string;
  /** What it acts on: `Deployment gateway`, `Service gateway`. */
  readonly targets: readonly string[];
  readonly effect: string;
}

type Labels = Readonly<Record<string, string>>;

const Selector = z.looseObject({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(z.looseObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).default([]) }))
    .default([]),
});

/** The objects of a namespace, neither rendered nor to be pruned, that open an edge to or from the rendered pods. Pure. */
export function foreignObjects(
  rendered: readonly Manifest[],
  found: readonly LiveObject[],
  owned: Labels,
): readonly ForeignObject[] {
  const known = new Set(rendered.map(identity));
  const pods = rendered.flatMap((object) => {
    const labels = podLabels(object);
    return labels === undefined ? [] : [{ name: describe(object), labels }];
  });
  const services = new Set(rendered.filter(({ kind }) => kind === "Service").map(({ metadata }) => metadata.name));
  const workloads = new Set(rendered.map(describe));
  return found
    .filter((object) => !known.has(identity(object)) && !hasLabels(object.metadata.labels ?? {}, owned))
    .flatMap((object) => effectOf(object, pods, services, workloads));
}

interface Pods {
  readonly name: string;
  readonly labels: Labels;
}

function effectOf(
  object: LiveObject,
  pods: readonly Pods[],
  services: ReadonlySet<string>,
  workloads: ReadonlySet<string>,
): readonly ForeignObject[] {
  const spec = isMap(object["spec"]) ? object["spec"] : {};
  const report = (targets: readonly string[], effect: string): readonly ForeignObject[] =>
    targets.length > 0 ? [{ object: describe(object), targets, effect }] : [];
  switch (object.kind) {
    case "NetworkPolicy": {
      const selected = pods.filter(({ labels }) => selects(spec["podSelector"], labels)).map(({ name }) => name);
      const opens = ["ingress", "egress"].filter((direction) => !isEmptyList(spec[direction]));
      return opens.length === 0 ? [] : report(selected, `opens ${opens.join(" and ")}`);
    }
    case "Service": {
      const selector = spec["selector"];
      if (!isMap(selector) || Object.keys(selector).length === 0) return [];
      const selected = pods.filter(({ labels }) => selects({ matchLabels: selector }, labels)).map(({ name }) => name);
      return report(selected, `is another ${typeof spec["type"] === "string" ? spec["type"] : "ClusterIP"} address`);
    }
    case "HorizontalPodAutoscaler": {
      const target = spec["scaleTargetRef"];
      const name = isMap(target) ? `${String(target["kind"])} ${String(target["name"])}` : "";
      return report(workloads.has(name) ? [name] : [], "scales");
    }
    default: {
      const routed = [...services].filter((service) => routesTo(spec, service)).map((service) => `Service ${service}`);
      return report(routed, "routes to");
    }
  }
}

/** Workloads that an autoscaler of another owner scales. */
export function autoscaledBy(foreign: readonly ForeignObject[]): ReadonlySet<string> {
  return new Set(
    foreign.filter(({ object }) => object.startsWith("HorizontalPodAutoscaler ")).flatMap(({ targets }) => targets),
  );
}

function podLabels(object: Manifest): Labels | undefined {
  if (object.kind === "CronJob") return object.spec?.jobTemplate.spec?.template.metadata?.labels;
  if (object.kind !== "Deployment" && object.kind !== "StatefulSet" && object.kind !== "Job") return undefined;
  return object.spec?.template.metadata?.labels;
}

function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** A label selector of the API; an empty one selects everything, an operator of a later version nothing less. */
function selects(selector: unknown, labels: Labels): boolean {
  const { matchLabels, matchExpressions } = Selector.parse(selector ?? {});
  return (
    hasLabels(labels, matchLabels) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = labels[key];
      if (operator === "In") return value !== undefined && values.includes(value);
      if (operator === "NotIn") return value === undefined || !values.includes(value);
      if (operator === "DoesNotExist") return value === undefined;
      return value !== undefined || operator !== "Exists";
    })
  );
}

function isEmptyList(value: unknown): boolean {
  return !Array.isArray(value) || value.length === 0;
}

/** Whether a backend anywhere in the rules of an Ingress (`service.name`) or an HTTPRoute (`backendRefs[].name`) is this Service. */
function routesTo(value: unknown, service: string): boolean {
  if (Array.isArray(value)) return value.some((item) => routesTo(item, service));
  if (!isMap(value)) return false;
  return Object.entries(value).some(([name, child]) => {
    if (name === "service" && isMap(child) && child["name"] === service) return true;
    if (name === "backendRefs" && Array.isArray(child))
      return child.some((backend) => isMap(backend) && backend["name"] === service);
    return routesTo(child, service);
  });
}
