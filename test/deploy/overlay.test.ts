import { expect, it } from "vitest";
import { withoutAdditions } from "../../src/kubernetes/deploy/overlay.js";
import type { LiveObject } from "../../src/kubernetes/live-object.js";
import type { Deployment } from "../../src/render/kubernetes/manifest.js";

const metadata = { name: "gateway", namespace: "shop", labels: {} };

function deployment(pod: object): Deployment {
  const labels = { app: "gateway" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [], ...pod } } },
  };
}

const pod = (fields: object) => ({ "f:spec": { "f:template": { "f:spec": fields } } });

it("removes what others added, restores what they changed, and keeps the defaults of the API server", () => {
  const rendered = deployment({
    containers: [{ name: "gateway", image: "shop/gateway:1" }],
    volumes: [{ name: "tmp", emptyDir: {} }],
  });
  const live: LiveObject = {
    ...deployment({
      restartPolicy: "Always",
      containers: [
        { name: "added", image: "example:1" },
        { name: "gateway", image: "other:2", imagePullPolicy: "IfNotPresent", securityContext: { privileged: true } },
      ],
      volumes: [{ name: "tmp", hostPath: { path: "/tmp" } }],
    }),
    metadata: {
      ...metadata,
      resourceVersion: "7",
      managedFields: [
        {
          manager: "keelson",
          operation: "Apply",
          fieldsV1: pod({
            "f:containers": { 'k:{"name":"gateway"}': { ".": {}, "f:name": {} } },
            "f:volumes": { 'k:{"name":"tmp"}': { ".": {}, "f:name": {} } },
          }),
        },
        {
          manager: "kubectl-edit",
          operation: "Update",
          fieldsV1: pod({
            "f:containers": {
              'k:{"name":"added"}': { ".": {}, "f:name": {}, "f:image": {} },
              'k:{"name":"gateway"}': { "f:image": {}, "f:securityContext": { "f:privileged": {} } },
            },
            "f:volumes": { 'k:{"name":"tmp"}': { "f:hostPath": { ".": {}, "f:path": {} } } },
          }),
        },
      ],
    },
  };
  const result = withoutAdditions(rendered, live);
  expect(result).toMatchObject({ metadata: { name: "gateway", resourceVersion: "7", managedFields: undefined } });
  expect(result["spec"]).toEqual(
    deployment({
      restartPolicy: "Always",
      containers: [{ name: "gateway", image: "shop/gateway:1", imagePullPolicy: "IfNotPresent" }],
      volumes: [{ name: "tmp", emptyDir: {} }],
    }).spec,
  );
});
