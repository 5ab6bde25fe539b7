import { expect, it } from "vitest";
import { workloadOf } from "../../src/kubernetes/deploy/owner.js";
import type { LiveObject } from "../../src/kubernetes/live-object.js";

const pod = (name: string, owner: { kind: string; name: string } | undefined, labels = {}): LiveObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels, ...(owner && { ownerReferences: [{ ...owner, controller: true }] }) },
});

it("assigns pods to their own Deployment when one name begins with the other", () => {
  const hash = { "pod-template-hash": "5d4f8b9c7" };
  expect(workloadOf(pod("api-5d4f8b9c7-x2x4z", { kind: "ReplicaSet", name: "api-5d4f8b9c7" }, hash))).toBe(
    "Deployment api",
  );
  expect(
    workloadOf(pod("api-worker-5d4f8b9c7-q8w9e", { kind: "ReplicaSet", name: "api-worker-5d4f8b9c7" }, hash)),
  ).toBe("Deployment api-worker");
});

it("assigns pods of other controllers to their controller", () => {
  expect(workloadOf(pod("database-0", { kind: "StatefulSet", name: "database" }))).toBe("StatefulSet database");
  expect(workloadOf(pod("database-1", { kind: "Cluster", name: "database" }))).toBe("Cluster database");
  expect(workloadOf(pod("debug", undefined))).toBeUndefined();
});
