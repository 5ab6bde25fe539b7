import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare } from "../../src/kubernetes/deploy/compare.js";
import { type ManagedFieldsEntry, takeOver } from "../../src/kubernetes/deploy/field-owner.js";
import {
  covers,
  type FieldPath,
  type FieldSet,
  formatPath,
  intersection,
  union,
  without,
  withoutFields,
} from "../../src/kubernetes/deploy/field-set.js";
import type { LiveObject } from "../../src/kubernetes/live-object.js";
import type { Deployment, NetworkPolicy } from "../../src/render/kubernetes/manifest.js";

const metadata = { name: "gateway", namespace: "shop", labels: {} };

function entry(
  manager: string,
  operation: "Apply" | "Update",
  fieldsV1: FieldSet,
  subresource?: string,
): ManagedFieldsEntry {
  return { manager, operation, apiVersion: "apps/v1", fieldsV1, ...(subresource !== undefined && { subresource }) };
}

function live(object: Deployment | NetworkPolicy, managedFields: readonly ManagedFieldsEntry[]): LiveObject {
  const { apiVersion, kind, metadata: own, ...rest } = object;
  return { apiVersion, kind, ...rest, metadata: { ...own, managedFields } };
}

const CONTAINER = 'k:{"name":"gateway"}';

/** The fields of a Deployment with one container. */
const inContainers = (containers: FieldSet): FieldSet => ({
  "f:spec": { "f:template": { "f:spec": { "f:containers": containers } } },
});
const OWN = entry("keelson", "Apply", inContainers({ [CONTAINER]: { ".": {}, "f:name": {}, "f:image": {} } }));

function deployment(containers: readonly object[]): Deployment {
  const labels = { app: "gateway" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: containers.map((container) => ({ name: "", ...container })) },
      },
    },
  };
}

const gateway = { name: "gateway", image: "shop/gateway:1" };
const added = { name: "added", image: "example:1" };
const rendered = deployment([gateway]);

describe("comparing a live object with the dry run of its apply", () => {
  it("finds nothing where they are equal, whatever defaults and status the live one has", () => {
    const same = live(rendered, [OWN]);
    const { changes, conflicts, added, injected } = compare(rendered, { ...same, status: { replicas: 2 } }, same);
    expect({ changes, conflicts, added, injected }).toEqual({ changes: [], conflicts: [], added: [], injected: [] });
  });

  it("finds a container that a person added, by its name, wherever it is in the list", () => {
    const person = entry("kubectl-edit", "Update", inContainers({ 'k:{"name":"added"}': { ".": {}, "f:name": {} } }));
    for (const containers of [
      [gateway, added],
      [added, gateway],
    ]) {
      const changed = live(deployment(containers), [OWN, person]);
      const { changes, conflicts, expected } = compare(rendered, changed, changed);
      expect(changes).toEqual([
        {
          path: ".spec.template.spec.containers[name=added]",
          before: added,
          after: undefined,
          owner: "kubectl-edit",
        },
      ]);
      expect(conflicts).toEqual([]);
      expect(expected).toMatchObject({ spec: { template: { spec: { containers: [gateway] } } } });
    }
  });

  it("reports a field of another owner with server-side apply, or of a controller, as a conflict", () => {
    const image = inContainers({ [CONTAINER]: { "f:image": {} } });
    for (const owner of [entry("other", "Apply", image), entry("image-controller", "Update", image)]) {
      const changed = live(deployment([{ ...gateway, image: "other:2" }]), [owner]);
      const { conflicts } = compare(rendered, changed, live(rendered, [OWN]));
      expect(conflicts.map(({ path, owner: name }) => [path, name])).toEqual([
        [".spec.template.spec.containers[name=gateway].image", owner.manager],
      ]);
    }
  });

  it("leaves alone what a controller added, restarts with kubectl, and replicas that are not rendered", () => {
    const restarted: FieldSet = {
      "f:spec": {
        "f:replicas": {},
        "f:template": { "f:metadata": { "f:annotations": { ".": {}, "f:kubectl.kubernetes.io/restartedAt": {} } } },
      },
    };
    const annotated: FieldSet = { "f:metadata": { "f:annotations": { "f:vendor.example/seen": {} } } };
    const base = deployment([gateway]);
    const changed = live(
      {
        ...base,
        metadata: { ...metadata, annotations: { "vendor.example/seen": "yes" } },
        spec: {
          ...base.spec,
          replicas: 4,
          selector: { matchLabels: { app: "gateway" } },
          template: {
            ...base.spec?.template,
            metadata: { labels: { app: "gateway" }, annotations: { "kubectl.kubernetes.io/restartedAt": "now" } },
          },
        },
      },
      [OWN, entry("kubectl-rollout", "Update", restarted), entry("vendor-controller", "Update", annotated)],
    );
    expect(compare(rendered, changed, changed).added).toEqual([]);
  });

  it("reports a container without an owner as injected, and does not change it", () => {
    const changed = live(deployment([gateway, { name: "proxy", image: "mesh:1" }]), [OWN]);
    const { changes, injected } = compare(rendered, changed, changed);
    expect(changes).toEqual([]);
    expect(injected).toEqual(["containers proxy"]);
  });

  it("compares an atomic list by position and attributes it as a whole", () => {
    const policy = (ingress: object[]): NetworkPolicy => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata,
      spec: { podSelector: {}, ingress },
    });
    const fields = { "f:spec": { "f:ingress": {} } };
    const own = policy([{ from: [] }]);
    const changed = live(policy([{ from: [] }, {}]), [entry("curl", "Update", fields)]);
    const { changes } = compare(own, changed, live(own, [entry("keelson", "Apply", fields)]));
    expect(changes).toEqual([{ path: ".spec.ingress[1]", before: {}, after: undefined, owner: "curl" }]);
  });
});

describe("taking over fields that were added by hand", () => {
  it("moves exactly these fields to deploy, and keeps those of the status and of others", () => {
    const path: FieldPath = ["f:spec", "f:template", "f:spec", "f:containers", 'k:{"name":"added"}'];
    const person = entry("kubectl-edit", "Update", {
      ...inContainers({ 'k:{"name":"added"}': { ".": {}, "f:image": {} } }),
      "f:metadata": { "f:annotations": { "f:note": {} } },
    });
    const status = entry("kube-controller-manager", "Update", { "f:status": { "f:replicas": {} } }, "status");
    expect(takeOver(live(rendered, [OWN, person, status]), [path])).toEqual([
      { ...person, fieldsV1: { "f:metadata": { "f:annotations": { "f:note": {} } } } },
      status,
      {
        ...OWN,
        fieldsV1: inContainers({
          [CONTAINER]: { ".": {}, "f:name": {}, "f:image": {} },
          'k:{"name":"added"}': { ".": {}, "f:image": {} },
        }),
      },
    ]);
  });
});

describe("sets of fields", () => {
  const names = fc.constantFrom("f:a", "f:b", "f:c", 'k:{"name":"x"}');
  const sets: fc.Arbitrary<FieldSet> = fc.letrec<{ set: FieldSet }>((tie) => ({
    set: fc.dictionary(names, fc.oneof({ maxDepth: 3 }, fc.constant({}), tie("set")), { maxKeys: 3 }),
  })).set;
  const paths = fc.array(names, { minLength: 1, maxLength: 3 });

  it("are divided by a path into two parts whose union is the whole", () => {
    fc.assert(
      fc.property(sets, paths, (set, path) => {
        expect(union(without(set, [path]), intersection(set, [path]))).toEqual(set);
      }),
    );
  });

  it("cover each of their paths, and a union covers what each part covers", () => {
    fc.assert(
      fc.property(sets, sets, paths, (left, right, path) => {
        if (Object.keys(left).length > 0 && covers(left, path) && Object.keys(right).length === 0)
          expect(covers(union(left, right), path)).toBe(true);
      }),
    );
  });

  it("are named as kubectl names fields", () => {
    expect(formatPath(["f:spec", "f:ports", 'k:{"port":80,"protocol":"TCP"}', "f:name"])).toBe(
      ".spec.ports[port=80,protocol=TCP].name",
    );
    expect(formatPath(["f:metadata", "f:annotations", "f:example.org/a"])).toBe(
      '.metadata.annotations["example.org/a"]',
    );
  });
});

it("removes fields by key, value and position, with the lists and maps that become empty", () => {
  const object = { a: [{ name: "x", v: 1 }, { name: "y" }], b: ["p", "q"], c: { d: { e: 1 } }, f: 2 };
  expect(
    withoutFields(object, [
      ["f:a", 'k:{"name":"x"}'],
      ["f:b", 'v:"q"'],
      ["f:c", "f:d", "f:e"],
    ]),
  ).toEqual({
    a: [{ name: "y" }],
    b: ["p"],
    f: 2,
  });
});
