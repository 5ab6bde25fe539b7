import { expect, it } from "vitest";
import { parse } from "yaml";
import { argocd } from "../../src/render/argocd/index.js";
import { ApiObject } from "../support/cluster/api.js";
import { startControlPlane } from "../support/cluster/control-plane.js";
import { defineOperatorKinds } from "../support/cluster/operators.js";
import { planOf } from "../support/plan/planned.js";
import { describeWith } from "../support/requirements.js";

const shop = `
platform: shop
provide: in-cluster
services: { web: { modules: [gateway] } }
stores: { orders: { postgres: 17 } }
delivery: { gitops: argocd, repository: git@git.example.com:team/shop.git }
environments: { staging: {}, production: { delivery: { sync: manual } } }
`;

describeWith(["cluster", "schemas"], "the objects of Argo CD and a real API server", () => {
  it("are accepted by the published definitions, without an unknown field", async () => {
    const plane = await startControlPlane();
    try {
      const { files } = argocd.render(["staging", "production"].map((environment) => planOf(shop, environment)));
      const objects = files.map(({ text }) => ApiObject.parse(parse(text)));
      expect(objects.map(({ kind }) => kind)).toEqual(["Application", "AppProject", "Application", "Application"]);
      await plane.api.create("/api/v1/namespaces", { metadata: { name: "argocd" } });
      await defineOperatorKinds(plane.api, objects);
      for (const object of objects) await plane.api.apply(object);
      const [root] = objects;
      if (root === undefined) throw new Error("no application is rendered");
      await expect(plane.api.apply({ ...root, spec: { project: 1 } })).rejects.toThrowError(/project|source/);
    } finally {
      await plane.stop();
    }
  });
});
