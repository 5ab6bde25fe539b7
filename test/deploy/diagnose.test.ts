import { expect, it } from "vitest";
import { diagnose } from "../../src/kubernetes/deploy/diagnose.js";
import type { LiveObject } from "../../src/kubernetes/live-object.js";

function pod(status: unknown): LiveObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "gateway-1" }, status };
}

const container = (fields: object) => pod({ phase: "Pending", containerStatuses: [{ name: "gateway", ...fields }] });

it("reports the image that cannot be pulled", () => {
  const waiting = { reason: "ImagePullBackOff", message: 'Back-off pulling image "example:1"' };
  expect(diagnose(container({ state: { waiting } }))).toBe(
    'gateway: ImagePullBackOff: Back-off pulling image "example:1"',
  );
});

it("reports the last exit of a container that keeps crashing", () => {
  const state = { waiting: { reason: "CrashLoopBackOff", message: "back-off 20s restarting failed container" } };
  const lastState = { terminated: { exitCode: 137, reason: "OOMKilled" } };
  expect(diagnose(container({ state, lastState, restartCount: 4 }))).toMatch(/CrashLoopBackOff.*code 137, OOMKilled/);
});

it("reports why no node is suitable", () => {
  const message = "0/3 nodes are available: 3 Insufficient cpu.";
  const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }];
  expect(diagnose(pod({ phase: "Pending", conditions }))).toBe(`Pending: ${message}`);
});

it("reports the container that fails, init containers first", () => {
  const status = {
    phase: "Pending",
    initContainerStatuses: [{ name: "clone-primary", state: { terminated: { exitCode: 1, reason: "Error" } } }],
    containerStatuses: [{ name: "database", state: { waiting: { reason: "PodInitializing" } } }],
  };
  expect(diagnose(pod(status))).toBe("clone-primary: exited with code 1 (Error)");
});

it("returns nothing for a pod that is ready or starting normally", () => {
  expect(diagnose(pod({ phase: "Running", containerStatuses: [{ name: "gateway", ready: true }] }))).toBeUndefined();
  expect(diagnose(container({ state: { waiting: { reason: "ContainerCreating" } } }))).toBeUndefined();
});
