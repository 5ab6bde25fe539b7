import { expect, it } from "vitest";
import { refuseLostMembers } from "../../src/kubernetes/deploy/store-members.js";
import type { LiveObject } from "../../src/kubernetes/live-object.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import { planOf } from "../support/check/findings.js";

const plan = planOf('platform: shop\nprovide: in-cluster\nstores: { broker: { rabbitmq: "4.3", replicas: 1 } }\n');
const rendered = manifests(plan).find(({ object }) => object.kind === "StatefulSet")?.object;
if (rendered?.kind !== "StatefulSet") throw new Error("no StatefulSet is rendered");
const object = rendered;
const text = JSON.stringify(object);

/** The object as the cluster has it, after a change of its text. */
function live(change: (text: string) => string): LiveObject {
  return { ...JSON.parse(change(text)), metadata: { ...object.metadata, uid: "1", resourceVersion: "1" } };
}

function refused(of: LiveObject | undefined) {
  return refuseLostMembers(plan, [{ object, live: of, result: { kind: "unverified" } }]);
}

it("a broker whose nodes get other names is refused, because they would start without their queues", () => {
  const unnamed = live((of) => of.replaceAll("RABBITMQ_NODENAME", "RABBITMQ_OTHER"));
  expect(refused(unnamed)).toMatchObject([
    {
      object: "StatefulSet broker",
      reasons: [expect.stringContaining("its nodes were named by its short host name and become rabbit@")],
    },
  ]);
  const renamed = live((of) => of.replaceAll("broker-peers", "broker-nodes"));
  expect(refused(renamed)).toMatchObject([
    { kind: "rejected", hint: expect.arrayContaining(["  kubectl -n shop delete statefulset broker"]) },
  ]);
});

it("a broker with the same names, and a new one, are accepted", () => {
  expect(refused(live((of) => of))).toEqual([]);
  expect(refused(undefined)).toEqual([]);
});
