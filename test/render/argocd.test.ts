import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { argocd } from "../../src/render/argocd/index.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import { kustomize } from "../../src/render/kustomize/index.js";
import { planOf } from "../support/plan/planned.js";
import { runs } from "../support/property-runs.js";
import { arbitraryPlan } from "../support/render/arbitrary-plan.js";

const shop = `
platform: shop
provide: in-cluster
services: { web: { modules: [gateway] } }
delivery: { gitops: argocd, repository: https://git.example.com/team/shop.git, revision: main, folder: platforms/shop }
environments:
  staging: {}
  production: { delivery: { sync: manual } }
  laptop: { delivery: { gitops: none } }
`;

const plans = ["staging", "production", "laptop"].map((environment) => planOf(shop, environment));
const rendered = argocd.render(plans);
const file = (path: string): unknown => parse(rendered.files.find((each) => each.path === path)?.text ?? "");

describe("the applications of Argo CD", () => {
  it("are one for each environment that it delivers, with the folder that the target kustomize writes", () => {
    expect(rendered.files.map(({ path }) => path)).toEqual([
      "root.yaml",
      "platform/project.yaml",
      "platform/application-staging.yaml",
      "platform/application-production.yaml",
    ]);
    expect(file("platform/application-staging.yaml")).toMatchObject({
      metadata: { name: "shop-staging", namespace: "argocd" },
      spec: {
        project: "shop",
        source: {
          repoURL: "https://git.example.com/team/shop.git",
          targetRevision: "main",
          path: "platforms/shop/overlays/staging",
        },
        destination: { server: "https://kubernetes.default.svc", namespace: "shop-staging" },
      },
    });
    const overlays = kustomize.render(plans).files.map(({ path }) => path);
    expect(overlays).toContain("overlays/staging/kustomization.yaml");
  });

  it("apply changes by themselves unless the sync is manual", () => {
    expect(file("platform/application-staging.yaml")).toHaveProperty("spec.syncPolicy.automated", {
      prune: true,
      selfHeal: true,
    });
    expect(file("platform/application-production.yaml")).not.toHaveProperty("spec.syncPolicy.automated");
  });

  it("have no finalizer: deleting one deletes no database", () => {
    for (const { text } of rendered.files) expect(text).not.toContain("finalizers");
  });

  it("are applied by the root application, from the folder that the files are committed to", () => {
    expect(file("root.yaml")).toHaveProperty("spec.source.path", "platforms/shop/argocd/platform");
  });

  it("are none without a repository, and a note says so", () => {
    const { files, notes } = argocd.render([planOf("platform: shop\ndelivery: { gitops: argocd }\n")]);
    expect(files).toEqual([]);
    expect(notes).toContainEqual({
      path: "delivery.gitops",
      message: "no application is rendered: declare `repository`, the Git repository of the rendered files",
    });
  });
});

describe("the project of Argo CD", () => {
  it("admits the kinds and the namespaces of every rendered object, and no others", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const { files } = argocd.render([plan]);
        fc.pre(files.length > 0);
        const { spec } = parse(files.find(({ path }) => path === "platform/project.yaml")?.text ?? "");
        const objects = manifests(plan).map(({ object }) => object);
        const kinds = (list: readonly { group: string; kind: string }[]) =>
          new Set(list.map(({ group, kind }) => `${group} ${kind}`));
        const expected = (isNamespaced: boolean) =>
          new Set(
            objects
              .filter(({ metadata }) => (metadata.namespace !== undefined) === isNamespaced)
              .map(({ apiVersion, kind }) => `${apiVersion.includes("/") ? apiVersion.split("/")[0] : ""} ${kind}`),
          );
        expect(kinds(spec.namespaceResourceWhitelist)).toEqual(expected(true));
        expect(kinds(spec.clusterResourceWhitelist)).toEqual(expected(false));
        expect(new Set(spec.destinations.map(({ namespace }: { namespace: string }) => namespace))).toEqual(
          new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? [])),
        );
      }),
      { numRuns: runs(30) },
    );
  });

  it.each([
    "https://user:secret@git.example.com/shop.git",
    "file:///etc",
    "--upload-pack=touch",
    "ext::sh -c id",
    "https://git.example.com/{{ x }}",
  ])("reads no repository like %s", (repository) => {
    expect(() =>
      planOf(`platform: shop\ndelivery: { gitops: argocd, repository: ${JSON.stringify(repository)} }\n`),
    ).toThrow(/repository/);
  });
});
