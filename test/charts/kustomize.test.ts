import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Plan } from "../../src/plan/plan.js";
import { kustomize as target } from "../../src/render/kustomize/index.js";
import { inFolder, kubernetesObjects, objectsIn } from "../support/charts/objects.js";
import { arbitraryEnvironments, LINE_SEPARATORS, unusualPlatform } from "../support/charts/platforms.js";
import { platformPlans } from "../support/cluster/plans.js";
import { describeWith } from "../support/requirements.js";

const execute = promisify(execFile);
const MAX_OUTPUT_BYTES = 100_000_000;
const RANDOM_PLATFORMS = 8;

describeWith(["kustomize"], "the Kustomize base and overlays of a platform", ({ kustomize }) => {
  const expectSameObjects = (plans: readonly Plan[]) =>
    inFolder(target.render(plans).files, async (folder) => {
      for (const plan of plans) {
        const { stdout } = await execute(kustomize, ["build", `${folder}/overlays/${plan.environment}`], {
          maxBuffer: MAX_OUTPUT_BYTES,
        });
        expect(objectsIn(stdout), plan.environment).toEqual(kubernetesObjects(plan));
      }
    });

  it.each([...platformPlans()])("build the objects of the target kubernetes: blueprint %s", (_name, plans) =>
    expectSameObjects(plans),
  );

  it("build unusual texts as they are in every environment", () => expectSameObjects(unusualPlatform()));

  it("are refused for line separators, which Kustomize would change", () => {
    expect(() => target.render(unusualPlatform(LINE_SEPARATORS))).toThrow("U+2028");
  });

  it("build the objects of environments that have nothing in common", () =>
    fc.assert(fc.asyncProperty(arbitraryEnvironments, expectSameObjects), { numRuns: RANDOM_PLATFORMS }));
});
