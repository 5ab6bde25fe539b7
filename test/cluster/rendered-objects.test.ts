import { beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { KubernetesClient } from "../../src/kubernetes/client.js";
import { connectionFrom } from "../../src/kubernetes/kubeconfig.js";
import { externalSecrets } from "../../src/render/secrets.js";
import type { Api, ApiObject } from "../support/cluster/api.js";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.js";
import { applied, deployInto } from "../support/cluster/deploying.js";
import { defineOperatorKinds } from "../support/cluster/operators.js";
import { blueprintPlans, plansOf } from "../support/cluster/plans.js";
import { applyAll, createNamespaceOfVelero, podTemplate, renderedObjects } from "../support/cluster/rendered.js";
import { everything } from "../support/render/everything.js";
import { smallPlatforms } from "../support/render/small-platforms.js";
import { describeWith } from "../support/requirements.js";

describeWith(["cluster", "schemas"], "rendered objects and a real API server", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
    return () => plane.stop();
  });

  const plans = [...blueprintPlans(), ["one of everything", everything] as const];

  it.each(plans)("%s: every object is accepted, without an unknown field", async (_name, plan) => {
    const objects = renderedObjects(plan);
    expect(objects.length).toBeGreaterThan(3);
    await applyAll(plane.api, objects);
    // Applied again they change nothing: what the server fills in is not fought over.
    for (const object of objects) expect(await changesAgain(plane.api, object), describe(object)).toBe(false);
  });

  it("small and odd platform files: every object is accepted", async () => {
    const objects = new Map(
      smallPlatforms().flatMap(({ about, text }) =>
        plansOf("platform.yaml", text)
          .flatMap(renderedObjects)
          .filter(({ kind }) => kind !== "Namespace")
          .map((object): [string, { about: string; object: ApiObject }] => [JSON.stringify(object), { about, object }]),
      ),
    );
    const all = [...objects.values()];
    expect(all.length).toBeGreaterThan(300);
    for (const name of new Set(all.map(({ object }) => object.metadata.namespace ?? "default")))
      await plane.api.call("POST", "/api/v1/namespaces", { metadata: { name } });
    await defineOperatorKinds(
      plane.api,
      all.map(({ object }) => object),
    );
    const refused: string[] = [];
    await Promise.all(
      [0, 1, 2, 3].map(async (worker) => {
        for (const { about, object } of all.filter((_, index) => index % 4 === worker))
          await plane.api.apply(object, { dryRun: true }).catch((error: unknown) => {
            refused.push(`${about}: ${error instanceof Error ? error.message : String(error)}`);
          });
      }),
    );
    expect(refused).toEqual([]);
  });

  it("judges custom resources by the definitions of their operators", async () => {
    const database = renderedObjects(everything).find(({ kind }) => kind === "Cluster");
    if (database === undefined) throw new Error("no Cluster is rendered");
    await applyAll(plane.api, renderedObjects(everything));
    await expect(plane.api.apply({ ...database, spec: { instances: "three" } })).rejects.toThrowError(/instances/);
    await expect(plane.api.apply({ ...database, spec: { instances: 3, backups: {} } })).rejects.toThrowError(/backups/);
    const monitors = renderedObjects(everything).filter(({ kind }) => kind === "PodMonitor");
    expect(monitors.length).toBeGreaterThan(3);
    for (const monitor of monitors)
      await expect(plane.api.apply({ ...monitor, spec: { podMetricsEndpoints: [] } })).rejects.toThrowError(/selector/);
    const backups = renderedObjects(everything).find(({ kind }) => kind === "Schedule");
    if (backups === undefined) throw new Error("no Schedule is rendered");
    await expect(plane.api.apply({ ...backups, spec: { schedule: "0 2 * * *" } })).rejects.toThrowError(/template/);
  });

  it.each(plans)("%s: a second deploy applies nothing", async (_name, of) => {
    const namespace = `${of.platform}-${of.environment}-deployed`;
    const plan = { ...of, namespace, environment: namespace };
    await plane.api.create("/api/v1/namespaces", { metadata: { name: namespace } });
    for (const { name, keys } of externalSecrets(plan))
      await plane.api.create(`/api/v1/namespaces/${namespace}/secrets`, {
        metadata: { name },
        stringData: Object.fromEntries(keys.map((key) => [key, "value"])),
      });
    await defineOperatorKinds(plane.api, renderedObjects(plan));
    await createNamespaceOfVelero(plane.api, renderedObjects(plan));
    const client = new KubernetesClient(await connectionFrom({ kubeconfig: plane.kubeconfig, environment: {} }));
    try {
      // There are no nodes, so the rollouts do not end.
      const first = await deployInto(client, plan, [], { timeoutMs: 10 });
      expect(applied(first).length).toBeGreaterThan(3);
      expect(applied(await deployInto(client, plan, [], { dryRun: true }))).toEqual([]);
    } finally {
      await client.close();
    }
  });

  it.each(plans.filter(([, plan]) => plan.units.length > 0))(
    "%s: `restricted` admits every pod",
    async (name, plan) => {
      const namespace = `restricted-${name.replaceAll(" ", "-")}`;
      await plane.api.create("/api/v1/namespaces", {
        metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
      });
      const templates = renderedObjects(plan).flatMap((object) => {
        const template = podTemplate(object);
        return template === undefined
          ? []
          : [{ from: `${object.kind}-${object.metadata.name}`.toLowerCase(), template }];
      });
      expect(templates.length).toBeGreaterThan(0);
      for (const { from, template } of templates) {
        // Only the pod itself is asked about: its ServiceAccount and priority are in the platform's own namespace.
        const { serviceAccountName, priorityClassName, ...spec } = template.spec;
        await plane.api.create(`/api/v1/namespaces/${namespace}/pods?dryRun=All&fieldValidation=Strict`, {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { ...template.metadata, name: from.slice(0, 63) },
          spec: { serviceAccountName: "default", ...spec },
        });
      }
    },
  );
});

function describe(object: ApiObject): string {
  return `${object.kind} ${object.metadata.name}`;
}

const Versioned = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string(), generation: z.number().optional() }),
});

/**
 * Whether applying what is there already would change it. `generation` counts changes of what is asked for, where a kind
 * has it; a controller may change an object between the two looks at it, so a difference must show three times.
 */
async function changesAgain(api: Api, object: ApiObject): Promise<boolean> {
  const path = await api.pathOf(object);
  const version = ({ metadata }: z.infer<typeof Versioned>) => metadata.generation ?? metadata.resourceVersion;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const before = version(await api.get(path, Versioned));
    await api.apply(object);
    if (version(await api.get(path, Versioned)) === before) return false;
  }
  return true;
}
