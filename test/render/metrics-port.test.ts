import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import type { Plan } from "../../src/plan/plan.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import { metricsPort } from "../../src/render/metrics-port.js";
import { targets } from "../../src/render/targets.js";
import { planOf } from "../support/check/findings.js";
import { blueprintPlans } from "../support/cluster/plans.js";

const port = z.object({ port: z.number().optional() });
const rule = z.object({ from: z.array(z.unknown()).optional(), ports: z.array(port).optional() });
const object = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string() }),
  spec: z
    .object({
      ports: z
        .array(z.object({ port: z.number(), targetPort: z.union([z.number(), z.string()]).optional() }))
        .optional(),
      ingress: z.array(rule).optional(),
      template: z
        .object({ metadata: z.object({ annotations: z.record(z.string(), z.string()).optional() }).optional() })
        .optional(),
    })
    .optional(),
});

function objects(plan: Plan): z.infer<typeof object>[] {
  return targets.kubernetes
    .render(plan)
    .files.filter(({ path }) => path.endsWith(".yaml"))
    .flatMap(({ text }) => parseAllDocuments(text).map((document) => object.parse(document.toJS())));
}

const withModules = (plan: Plan) => plan.units.some(({ modules }) => modules.length > 0);
const scraped = [...blueprintPlans()].filter(
  ([, plan]) => plan.observe.discovery === "annotations" && plan.units.some((unit) => metricsPort(plan, unit)),
);

describe.each(scraped)("the metrics of %s", (_name, plan) => {
  it("are on the annotated port, open to Prometheus only, and behind no Service", () => {
    const rendered = objects(plan);
    for (const unit of plan.units) {
      const number = metricsPort(plan, unit);
      if (number === undefined) continue;
      const workload = rendered.find(
        ({ kind, metadata, spec }) => metadata.name === unit.name && spec?.template && kind,
      );
      expect(workload?.spec?.template?.metadata?.annotations).toMatchObject({ "prometheus.io/port": String(number) });
      // A model server has its metrics beside its API, which its callers use.
      if (unit.modules.length === 0) continue;
      for (const { kind, metadata, spec } of rendered) {
        if (kind === "Service" && metadata.name.startsWith(unit.name))
          expect(spec?.ports?.flatMap((each) => [each.port, each.targetPort])).not.toContain(number);
        if (kind !== "NetworkPolicy" || metadata.name !== unit.name) continue;
        const opened = spec?.ingress?.filter(({ ports }) => ports?.some((each) => each.port === number)) ?? [];
        expect(opened).toHaveLength(1);
        expect(JSON.stringify(opened[0]?.from)).toContain("prometheus");
      }
    }
  });
});

describe.each(scraped.filter(([, plan]) => withModules(plan)))("the metrics of the modules of %s", (_name, plan) => {
  it("use another port if the unit uses the default one", () => {
    const [unit] = plan.units.filter(
      (candidate) => candidate.modules.length > 0 && metricsPort(plan, candidate) !== undefined,
    );
    const usual = unit && metricsPort(plan, unit);
    const [first] = unit?.ports ?? [];
    if (!unit || !usual || !first) throw new Error("no unit with a port is scraped");
    expect(metricsPort(plan, { ...unit, ports: [...unit.ports, { ...first, number: usual }] })).toBe(usual + 1);
  });
});

describe("the metrics of parts that are not Keelson's", () => {
  const withDiscovery = (discovery: string) =>
    planOf(`platform: shop
provide: in-cluster
observe: { metrics: prometheus, discovery: ${discovery} }
services:
  web: { modules: [gateway] }
  named: { modules: [dashboard], ports: { http: 8080, metrics: 9000 } }
  foreign: { image: "x:1", port: 80 }
  exporter: { image: "x:1", ports: { http: 80, stats: 9100 }, metrics: { path: /stats, port: stats } }
models: { chat: { source: hf://a/b, engine: vllm, gpu: 1 } }
stores: { jobs: { rabbitmq: "4.0" }, rows: { postgres: 17, standby: same-zone }, sessions: { redis: 7 } }
`);
  const plan = withDiscovery("annotations");

  it("are found by annotations of the pods, also those that CloudNativePG creates", () => {
    const annotated = manifests(plan).flatMap(({ object }) => {
      const annotations =
        object.kind === "Cluster"
          ? object.spec.inheritedMetadata?.annotations
          : object.kind === "Deployment" || object.kind === "StatefulSet"
            ? object.spec?.template.metadata?.annotations
            : undefined;
      return annotations ? [[object.metadata.name, annotations["prometheus.io/port"]]] : [];
    });
    expect(annotated.sort()).toEqual([
      ["chat", "8000"],
      ["exporter", "9100"],
      ["jobs", "15692"],
      ["named", "9464"],
      ["rows", "9187"],
      ["web", "9464"],
    ]);
    expect(manifests(plan).filter(({ object }) => object.kind === "PodMonitor")).toEqual([]);
  });

  it("are found by PodMonitors instead: each selects the pods of its element, and a port that they have", () => {
    const objects = manifests(withDiscovery("pod-monitors")).map(({ object }) => object);
    expect(JSON.stringify(objects)).not.toContain("prometheus.io/");
    const monitors = objects.flatMap((object) => (object.kind === "PodMonitor" ? [object] : []));
    const found = monitors.map(({ metadata, spec }) => {
      const workload = objects.find(
        (each) => (each.kind === "Deployment" || each.kind === "StatefulSet") && each.metadata.name === metadata.name,
      );
      const [endpoint] = spec.podMetricsEndpoints;
      if (workload?.kind !== "Deployment" && workload?.kind !== "StatefulSet")
        return [metadata.name, spec.selector.matchLabels, endpoint?.port];
      const { template } = workload.spec ?? {};
      expect(template?.metadata?.labels).toMatchObject(spec.selector.matchLabels);
      const port = template?.spec?.containers[0]?.ports?.find(({ name }) => name === endpoint?.port);
      return [metadata.name, port?.containerPort, endpoint?.path];
    });
    expect(found.sort()).toEqual([
      ["chat", 8000, "/metrics"],
      ["exporter", 9100, "/stats"],
      ["jobs", 15_692, "/metrics"],
      ["named", 9464, "/metrics"],
      ["rows", { "cnpg.io/cluster": "rows" }, "metrics"],
      ["web", 9464, "/metrics"],
    ]);
  });

  it("are open to Prometheus on the ports that alerts read: the model server, the broker and CloudNativePG", () => {
    const policies = manifests(plan).flatMap(({ object }) => (object.kind === "NetworkPolicy" ? [object] : []));
    const scraped = policies.flatMap(({ metadata, spec }) =>
      (spec?.ingress ?? []).flatMap(({ from, ports }) =>
        JSON.stringify(from).includes("prometheus") ? [[metadata.name, ports?.map(({ port }) => port)]] : [],
      ),
    );
    expect(scraped).toEqual([
      ["jobs", [15_692]],
      ["rows", [9187]],
      ["web", [9464]],
      ["named", [9464]],
      ["exporter", [9100]],
      ["chat", [8000]],
    ]);
  });
});
