import fc from "fast-check";
import type { IPodSpec } from "kubernetes-models/v1";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Plan } from "../../src/plan/plan.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import type { Manifest, NetworkPolicy } from "../../src/render/kubernetes/manifest.js";
import { runsAsContainers } from "../../src/render/stores/containers.js";
import { renderEnvironment } from "../../src/render/target.js";
import { targets } from "../../src/render/targets.js";
import { arbitraryPlan } from "../support/render/arbitrary-plan.js";

const objectsOf = (plan: Plan): readonly Manifest[] => manifests(plan).map(({ object }) => object);

describe("the objects of any plan", () => {
  it("allow exactly the declared calls, in the policies of both ends", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const policies = objectsOf(plan).filter((object): object is NetworkPolicy => object.kind === "NetworkPolicy");
        const inside = plan.edges.filter((edge) => edge.kind !== "outside" && !isManaged(plan, edge.to));
        const declared = inside.map((edge) => `${edge.from} → ${edge.to}:${edge.port}`).sort();
        expect(allowedIn(policies, plan)).toEqual(declared);
        expect(allowedOut(policies, plan)).toEqual(declared);
        const beyond = plan.edges.filter((edge) => !inside.includes(edge));
        expect(allowedBeyond(policies)).toEqual(beyond.map((edge) => `${edge.from} → ${edge.port}`).sort());
      }),
    );
  });

  it("have no empty list in a pod, which the API server drops and `kubectl apply` would send again", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        for (const object of objectsOf(plan))
          if (object.kind === "Deployment" || object.kind === "StatefulSet")
            expect(JSON.stringify(object.spec?.template.spec)).not.toContain(":[]");
      }),
    );
  });

  it("deny everything else: one policy for all pods and both directions", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const all = objectsOf(plan).find(
          (object) => object.kind === "NetworkPolicy" && object.metadata.name === "default-deny",
        );
        expect(all).toMatchObject({ spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] } });
        expect(all?.kind === "NetworkPolicy" && (all.spec?.ingress ?? all.spec?.egress)).toBe(undefined);
      }),
    );
  });

  it("run every container as `restricted` requires, on a read-only root file system", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        for (const spec of objectsOf(plan).flatMap(podSpecs)) {
          expect(spec.automountServiceAccountToken).toBe(false);
          expect(spec.hostNetwork ?? spec.hostPID ?? spec.hostIPC).toBe(undefined);
          expect(spec.securityContext).toMatchObject({
            runAsNonRoot: true,
            runAsUser: expect.toSatisfy((user: number) => user > 0),
            seccompProfile: { type: "RuntimeDefault" },
          });
          for (const container of [...(spec.initContainers ?? []), ...spec.containers])
            expect(container.securityContext).toEqual({
              allowPrivilegeEscalation: false,
              capabilities: { drop: ["ALL"] },
              readOnlyRootFilesystem: true,
              runAsNonRoot: true,
            });
          for (const volume of spec.volumes ?? []) expect(volume.hostPath).toBe(undefined);
        }
      }),
    );
  });

  it("bound what each pod may write to the disk of its node, and what it holds in memory", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        for (const spec of objectsOf(plan).flatMap(podSpecs)) {
          for (const { emptyDir } of spec.volumes ?? []) if (emptyDir) expect(emptyDir.sizeLimit).toMatch(/^[1-9]/);
          for (const { resources } of [...(spec.initContainers ?? []), ...spec.containers])
            for (const resource of ["cpu", "memory", "ephemeral-storage"]) {
              expect(resources?.requests).toHaveProperty(resource);
              expect(resources?.limits).toHaveProperty(resource);
            }
        }
      }),
    );
  });

  it("contain no secret: none is rendered, and none is an environment variable", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        for (const object of objectsOf(plan)) expect(object.kind).not.toBe("Secret");
        for (const spec of objectsOf(plan).flatMap(podSpecs))
          for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
            expect(container.envFrom).toBe(undefined);
            for (const variable of container.env ?? []) expect(variable.valueFrom?.secretKeyRef).toBe(undefined);
          }
      }),
    );
  });

  it("mount only volumes that exist, each under its own path", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        for (const object of objectsOf(plan)) {
          const claims =
            object.kind === "StatefulSet"
              ? (object.spec?.volumeClaimTemplates ?? []).map((made) => made.metadata?.name)
              : [];
          for (const spec of podSpecs(object)) {
            const volumes = [...(spec.volumes ?? []).map(({ name }) => name), ...claims];
            expect(new Set(volumes).size).toBe(volumes.length);
            for (const { volumeMounts = [] } of [...(spec.initContainers ?? []), ...spec.containers]) {
              for (const mount of volumeMounts) expect(volumes).toContain(mount.name);
              expect(new Set(volumeMounts.map(({ mountPath }) => mountPath)).size).toBe(volumeMounts.length);
            }
          }
        }
      }),
    );
  });

  it("have one owner of the replicas: the autoscaler or the platform file", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const objects = objectsOf(plan);
        const scaled = new Set(
          objects.flatMap((object) => (object.kind === "HorizontalPodAutoscaler" ? object.metadata.name : [])),
        );
        for (const object of objects)
          if (object.kind === "Deployment" || object.kind === "StatefulSet")
            expect(object.spec?.replicas === undefined).toBe(scaled.has(object.metadata.name));
      }),
    );
  });

  it("have the labels of their platform and environment, and unique names", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const objects = objectsOf(plan);
        for (const { metadata } of objects)
          expect(metadata.labels).toMatchObject({
            "app.kubernetes.io/managed-by": "keelson",
            "keelson.dev/platform": plan.platform,
            "keelson.dev/environment": plan.environment,
          });
        const identities = objects.map(
          (object) => `${object.kind}/${object.metadata.namespace}/${object.metadata.name}`,
        );
        expect(new Set(identities).size).toBe(identities.length);
      }),
    );
  });
});

describe("the YAML of any plan's objects", () => {
  it.each(["1.1", "1.2"] as const)("is parsed alike by readers of YAML %s", (version) => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const { files } = targets.kubernetes.render(plan);
        expect(files.map(({ text }) => parse(text, { version }))).toEqual(objectsOf(plan));
      }),
    );
  });
});

describe.each(Object.entries(targets))("rendering to %s", (_name, target) => {
  it("returns the same bytes for the same plan, in any order of its fields", () => {
    fc.assert(
      fc.property(arbitraryPlan, fc.infiniteStream(fc.nat()), (plan, order) => {
        const shuffled = JSON.parse(JSON.stringify(shuffle(plan, order)));
        expect(renderEnvironment(target, shuffled)).toEqual(renderEnvironment(target, plan));
      }),
    );
  });

  it("writes each path once, below the folder", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const paths = renderEnvironment(target, plan).files.map(({ path }) => path);
        expect(new Set(paths).size).toBe(paths.length);
        for (const path of paths)
          expect(path).toMatch(
            /^(?:[a-z0-9][a-z0-9-]*\/)*(?:[a-z0-9_.-]+(?:\.ya?ml|\.json|\.sh|\.conf|plugins)|Chart\.yaml|NOTES\.txt)$/,
          );
      }),
    );
  });
});

/** The same data with the keys of every object in another order. */
function shuffle(value: unknown, order: Iterator<number>): unknown {
  if (Array.isArray(value)) return value.map((element) => shuffle(element, order));
  if (typeof value !== "object" || value === null) return value;
  const keyed = Object.entries(value).map(([key, nested]) => ({ key, nested, at: Number(order.next().value) }));
  keyed.sort((left, right) => left.at - right.at);
  return Object.fromEntries(keyed.map(({ key, nested }) => [key, shuffle(nested, order)]));
}

function isManaged(plan: Plan, name: string): boolean {
  const store = plan.stores.find((candidate) => candidate.name === name);
  return store !== undefined && !runsAsContainers(store);
}

type Labels = Record<string, string> | undefined;
const podName = (selector: { matchLabels?: Labels } | undefined) => selector?.matchLabels?.["app.kubernetes.io/name"];

/** Who may call whom by the callee's policy, without a store's own members and the jobs that look after it. */
function allowedIn(policies: readonly NetworkPolicy[], plan: Plan): readonly string[] {
  const units = new Set(plan.units.map(({ name }) => name));
  return policies
    .flatMap(({ spec }) =>
      (spec?.ingress ?? []).flatMap((rule) =>
        (rule.from ?? []).flatMap((from) => {
          const caller = from.namespaceSelector ? undefined : podName(from.podSelector);
          if (caller === undefined || !units.has(caller)) return [];
          return (rule.ports ?? []).map(({ port }) => `${caller} → ${podName(spec?.podSelector)}:${port}`);
        }),
      ),
    )
    .sort();
}

/** Who may call whom by the caller's policy. */
function allowedOut(policies: readonly NetworkPolicy[], plan: Plan): readonly string[] {
  const units = new Set(plan.units.map(({ name }) => name));
  return policies
    .flatMap(({ spec }) =>
      (spec?.egress ?? []).flatMap((rule) =>
        (rule.to ?? []).flatMap((to) => {
          const caller = podName(spec?.podSelector);
          const callee = to.namespaceSelector ? undefined : podName(to.podSelector);
          if (caller === undefined || callee === undefined || !units.has(caller)) return [];
          return (rule.ports ?? []).map(({ port }) => `${caller} → ${callee}:${port}`);
        }),
      ),
    )
    .sort();
}

/** Which ports beyond the cluster a unit may call. */
function allowedBeyond(policies: readonly NetworkPolicy[]): readonly string[] {
  return policies
    .flatMap(({ spec }) =>
      (spec?.egress ?? []).flatMap((rule) =>
        (rule.to ?? []).flatMap((to) =>
          // Every address is two blocks, one of each family.
          to.ipBlock && to.ipBlock.cidr !== "::/0" && podName(spec?.podSelector) !== undefined
            ? (rule.ports ?? []).map(({ port }) => `${podName(spec?.podSelector)} → ${port}`)
            : [],
        ),
      ),
    )
    .sort();
}

function podSpecs(object: Manifest): readonly IPodSpec[] {
  const spec = podSpec(object);
  return spec === undefined ? [] : [spec];
}

function podSpec(object: Manifest): IPodSpec | undefined {
  switch (object.kind) {
    case "Deployment":
    case "StatefulSet":
    case "Job":
      return object.spec?.template.spec;
    case "CronJob":
      return object.spec?.jobTemplate.spec?.template.spec;
    default:
      return undefined;
  }
}
