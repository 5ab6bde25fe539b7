import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/plan/plan.js";
import { helm as chart } from "../../src/render/helm/index.js";
import { inFolder, kubernetesObjects, objectsIn } from "../support/charts/objects.js";
import { arbitraryEnvironments, LINE_SEPARATORS, unusualPlatform } from "../support/charts/platforms.js";
import { platformPlans } from "../support/cluster/plans.js";
import { describeWith } from "../support/requirements.js";

const execute = promisify(execFile);
const MAX_OUTPUT_BYTES = 100_000_000;
const RANDOM_PLATFORMS = 8;

describeWith(["helm"], "the Helm chart of a platform", ({ helm }) => {
  const run = async (...parameters: readonly string[]) =>
    (await execute(helm, parameters, { maxBuffer: MAX_OUTPUT_BYTES })).stdout;

  const template = (folder: string, plan: Plan, ...more: readonly string[]) =>
    run(
      "template",
      plan.platform,
      folder,
      `--namespace=${plan.namespace}`,
      `--values=${folder}/values-${plan.environment}.yaml`,
      "--set=namespace.create=true",
      "--skip-tests",
      ...more,
    );

  const expectSameObjects = (plans: readonly Plan[]) =>
    inFolder(chart.render(plans).files, async (folder) => {
      for (const plan of plans)
        expect(objectsIn(await template(folder, plan)), plan.environment).toEqual(kubernetesObjects(plan));
    });

  describe.each([...platformPlans()])("of the blueprint %s", (_name, plans) => {
    it("renders in each environment the objects of the target kubernetes", () => expectSameObjects(plans));

    it("passes helm lint with the values of each environment", () =>
      inFolder(chart.render(plans).files, async (folder) => {
        for (const { environment } of plans)
          expect(await run("lint", "--strict", folder, `--values=${folder}/values-${environment}.yaml`)).toContain(
            "1 chart(s) linted, 0 chart(s) failed",
          );
      }));
  });

  it("writes unusual texts as they are in every environment", () =>
    expectSameObjects(unusualPlatform(LINE_SEPARATORS)));

  it("renders the objects of environments that have nothing in common", () =>
    fc.assert(fc.asyncProperty(arbitraryEnvironments, expectSameObjects), { numRuns: RANDOM_PLATFORMS }));

  it("refuses a value that it does not know, or of another type", () =>
    inFolder(chart.render(unusualPlatform()).files, async (folder) => {
      const [plan] = unusualPlatform();
      if (plan === undefined) throw new Error("no environment");
      await expect(template(folder, plan, "--set=web.replcas=2")).rejects.toThrow(/replcas/);
      await expect(template(folder, plan, "--set=web.replicas=many")).rejects.toThrow(/replicas/);
      await expect(template(folder, plan, "--set=environment=fourth")).rejects.toThrow(/environment/);
    }));

  it("lets users set the replicas, the image, the resources and the placement of a unit", () =>
    inFolder(chart.render(unusualPlatform()).files, async (folder) => {
      const [plan] = unusualPlatform();
      if (plan === undefined) throw new Error("no environment");
      const objects = objectsIn(
        await template(
          folder,
          plan,
          "--set=web.replicas=0",
          "--set=web.containers.web.image=mirror.example.com/web:2",
          "--set=web.containers.web.resources.limits.memory=1Gi",
          "--set=web.nodeSelector.disk=fast",
        ),
      );
      expect([...objects.values()]).toContainEqual(
        expect.objectContaining({
          kind: "Deployment",
          spec: expect.objectContaining({
            replicas: 0,
            template: expect.objectContaining({
              spec: expect.objectContaining({
                nodeSelector: { disk: "fast" },
                containers: [
                  expect.objectContaining({
                    image: "mirror.example.com/web:2",
                    resources: expect.objectContaining({ limits: expect.objectContaining({ memory: "1Gi" }) }),
                  }),
                ],
              }),
            }),
          }),
        }),
      );
    }));

  it("has one values file for each environment", () =>
    inFolder(chart.render(unusualPlatform()).files, async (folder) => {
      expect(readdirSync(folder).filter((name) => name.startsWith("values-"))).toEqual([
        "values-first.yaml",
        "values-second.yaml",
        "values-third.yaml",
      ]);
    }));
});
