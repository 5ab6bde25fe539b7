import { join } from "node:path";
import { expect, it } from "vitest";
import { DEFAULT_KUBERNETES } from "../../src/plan/ends-of-life.js";
import type { Plan } from "../../src/plan/plan.js";
import { OpenApi } from "../support/cluster/openapi.js";
import { blueprintPlans } from "../support/cluster/plans.js";
import { renderedObjects } from "../support/cluster/rendered.js";
import { everything } from "../support/render/everything.js";
import { describeWith } from "../support/requirements.js";

/** Kubernetes maintains its three newest minor releases (kubernetes.io/releases). */
const [major, minor] = DEFAULT_KUBERNETES.split(".").map(Number);
const OLDEST = `${major}.${(minor ?? 0) - 2}`;

describeWith(["schemas"], "rendered objects and the oldest maintained Kubernetes", ({ schemas }) => {
  const openApi = new OpenApi(join(schemas, `kubernetes-${OLDEST}`));
  const plans = [...blueprintPlans(), ["one of everything", everything] as const];
  const declaring = (plan: Plan): Plan => ({ ...plan, cluster: { ...plan.cluster, kubernetes: OLDEST } });
  const ofOperators = /^(autoscaling\.k8s|postgresql|barmancloud|gateway|monitoring|velero)\./;

  it.each(plans)("%s: its API knows every field, with its type", (_name, plan) => {
    const builtIn = renderedObjects(declaring(plan)).filter(({ apiVersion }) => !ofOperators.test(apiVersion));
    expect(builtIn.length).toBeGreaterThan(2);
    for (const object of builtIn)
      expect(openApi.problems(object), `${object.kind} ${object.metadata.name}`).toEqual([]);
  });

  it("reports unknown fields, other types and unknown values at their path", () => {
    const deployment = renderedObjects(everything).find(({ kind }) => kind === "Deployment");
    if (deployment === undefined) throw new Error("no Deployment is rendered");
    const spec = {
      replicas: "three",
      paused: true,
      selector: {},
      template: { spec: { containers: [{ name: "a", imag: "b" }] } },
    };
    expect(openApi.problems({ ...deployment, spec })).toEqual([
      '.spec.replicas: "three" is not of type integer',
      ".spec.template.spec.containers[0].imag: unknown field",
    ]);
    expect(openApi.problems({ ...deployment, apiVersion: "apps/v9" })).toBeUndefined();
  });
});
