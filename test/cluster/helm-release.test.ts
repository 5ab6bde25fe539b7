import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { jsonMapOf } from "../../src/render/environments/json.js";
import { helm as chart } from "../../src/render/helm/index.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import { inFolder } from "../support/charts/objects.js";
import { ApiObject } from "../support/cluster/api.js";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.js";
import { planOf } from "../support/plan/planned.js";
import { describeWith } from "../support/requirements.js";

const execute = promisify(execFile);

const shop = `
platform: shop
provide: in-cluster
services:
  web: { modules: [gateway], calls: [cache], expose: true }
stores: { cache: { redis: 7.2 } }
entrance: { host: shop.example.com, controller: nginx }
environments:
  staging: { services: { web: { replicas: 2 } } }
  production: { services: { web: { replicas: 2..6 } } }
`;

const Scaled = z.looseObject({ spec: z.looseObject({ replicas: z.number() }) });
const Labelled = z.looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }) });

describeWith(["cluster", "helm"], "a release of the Helm chart on a real API server", ({ helm }) => {
  const plans = ["staging", "production"].map((environment) => planOf(shop, environment));
  const staging = planOf(shop, "staging");
  const namespace = staging.namespace;
  const web = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
    await plane.api.create("/api/v1/namespaces", { metadata: { name: namespace } });
  });
  afterAll(() => plane.stop());

  const run = async (...parameters: readonly string[]) =>
    (await execute(helm, [...parameters, "--namespace", namespace, "--kubeconfig", plane.kubeconfig])).stdout;

  it("installs every object, upgrades a value and rolls it back", () =>
    inFolder(chart.render(plans).files, async (folder) => {
      const values = ["--values", `${folder}/values-staging.yaml`];
      expect(await run("install", "shop", folder, ...values)).toContain("STATUS: deployed");
      for (const object of objectsOf(staging)) {
        const found = await plane.api.get(await plane.api.pathOf(object), Labelled);
        expect(found.metadata.labels).toMatchObject({ "keelson.dev/environment": "staging" });
      }
      const replicas = async () => (await plane.api.get(web, Scaled)).spec.replicas;
      expect(await replicas()).toBe(2);
      await run("upgrade", "shop", folder, ...values, "--set", "web.replicas=3");
      expect(await replicas()).toBe(3);
      await run("rollback", "shop", "1");
      expect(await replicas()).toBe(2);
      await run("uninstall", "shop");
      await expect(plane.api.get(web, Scaled)).rejects.toThrowError(/404|not found/i);
    }));

  it("refuses to install an object that another tool has created", () =>
    inFolder(chart.render(plans).files, async (folder) => {
      await plane.api.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: "web" } });
      await expect(run("install", "shop", folder, "--values", `${folder}/values-staging.yaml`)).rejects.toThrowError(
        /ownership|cannot be imported/,
      );
    }));
});

/** The objects of a Plan in its namespace: the release creates no namespace. */
function objectsOf(plan: Parameters<typeof manifests>[0]): readonly ApiObject[] {
  return manifests(plan)
    .map(({ object }) => ApiObject.parse(jsonMapOf(object)))
    .filter(({ kind }) => kind !== "Namespace");
}
