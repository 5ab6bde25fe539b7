import { describe, expect, it } from "vitest";
import type { Patch } from "../../src/plan/plan.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import { targets } from "../../src/render/targets.js";
import { planOf } from "../support/check/findings.js";
import { named } from "../support/plan/planned.js";
import { samplePlan, unit } from "../support/render/sample-plan.js";

function patched(fragment: unknown, target = "kubernetes") {
  const patch: Patch = { target, path: `services.gateway.patch.${target}`, fragment };
  return samplePlan({ units: [unit("gateway", { patches: [patch] })], models: [], stores: [], edges: [] });
}

const objectOf = (fragment: unknown, kind: string) =>
  manifests(patched(fragment)).find(({ object }) => object.kind === kind && object.metadata.name === "gateway")?.object;

describe("a patch for kubernetes", () => {
  it("applies to the Deployment or StatefulSet by default", () => {
    expect(objectOf({ spec: { minReadySeconds: 10 } }, "Deployment")).toMatchObject({
      spec: { minReadySeconds: 10, replicas: 2 },
    });
  });

  it("merges containers by name, and their ports and mounts by theirs", () => {
    const container = {
      name: "gateway",
      env: [{ name: "EXTRA", value: "1" }],
      volumeMounts: [{ mountPath: "/tmp", name: "data" }],
    };
    const deployment = objectOf(
      { spec: { template: { spec: { containers: [container, { name: "beside", image: "x:1" }] } } } },
      "Deployment",
    );
    expect(deployment).toMatchObject({
      spec: {
        template: {
          spec: {
            containers: [{ name: "gateway", image: expect.any(String), env: [{ name: "EXTRA" }] }, { name: "beside" }],
          },
        },
      },
    });
    const mounts = deployment?.kind === "Deployment" ? deployment.spec?.template.spec?.containers[0]?.volumeMounts : [];
    expect(mounts?.filter(({ mountPath }) => mountPath === "/tmp")).toEqual([{ mountPath: "/tmp", name: "data" }]);
  });

  it("removes a field with null, and an element with $patch: delete", () => {
    const fragment = {
      spec: { progressDeadlineSeconds: null, template: { spec: { volumes: [{ name: "tmp", $patch: "delete" }] } } },
    };
    const deployment = objectOf(fragment, "Deployment");
    if (deployment?.kind !== "Deployment") throw new Error("no deployment");
    expect(deployment.spec).not.toHaveProperty("progressDeadlineSeconds");
    expect(deployment.spec?.template.spec?.volumes?.map(({ name }) => name)).not.toContain("tmp");
  });

  it("changes only objects of its kind", () => {
    const fragment = { kind: "Service", metadata: { annotations: { "example.com/team": "platform" } } };
    expect(objectOf(fragment, "Service")).toMatchObject({
      metadata: { annotations: { "example.com/team": "platform" } },
    });
    expect(objectOf(fragment, "Deployment")).toEqual(objectOf({ kind: "Service" }, "Deployment"));
  });

  it.each([
    ["a kind that is not there", { kind: "Secret" }, "render/patch-without-object"],
    ["another name", { metadata: { name: "renamed" } }, "render/patch-changes-identity"],
    ["something that is no map", ["spec"], "render/patch-unreadable"],
  ])("is refused with %s, naming its place in the file", (_what, fragment, code) => {
    const rendering = () => manifests(patched(fragment));
    expect(rendering).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining("services.gateway.patch") }),
    );
  });
});

it("several patches of one target are applied in order, each to the objects of its kind", () => {
  const plan = planOf(`platform: shop
cloud: aws
services:
  web:
    image: shop/web:1.0.0
    port: 80
    patch:
      kubernetes:
        - { spec: { minReadySeconds: 5, revisionHistoryLimit: 1 } }
        - { kind: Service, spec: { selector: { app: web } } }
        - { spec: { minReadySeconds: 10 } }
`);
  const rendered = (kind: string) =>
    manifests(plan).find(({ object }) => object.kind === kind && object.metadata.name === "web")?.object;
  expect(rendered("Deployment")).toMatchObject({ spec: { minReadySeconds: 10, revisionHistoryLimit: 1 } });
  expect(rendered("Service")).toMatchObject({ spec: { selector: { app: "web" } } });
  expect(named(plan.units, "web").patches.map(({ path }) => path)).toEqual(
    [0, 1, 2].map((index) => `services.web.patch.kubernetes[${index}]`),
  );
});

it("a patch for compose is merged into the service, and does not reach Kubernetes", () => {
  const plan = patched({ mem_swappiness: 0 }, "compose");
  expect(targets.compose.render(plan).files[0]?.text).toContain("mem_swappiness: 0");
  expect(JSON.stringify(manifests(plan).filter(({ object }) => object.kind === "Deployment"))).not.toContain(
    'mem_swappiness":0}',
  );
});
