import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { ApiError } from "../support/cluster/api.js";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.js";
import { describeWith } from "../support/requirements.js";

describeWith(["cluster"], "the control plane of the tests", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
    return () => plane.stop();
  });

  it("is a real API server, of the version that the build pins", async () => {
    expect(await plane.api.demand("GET", "/version")).toMatchObject({ gitVersion: "v1.37.2" });
  });

  it("writes a kubeconfig that kubectl can use", () => {
    const kubectl = join(plane.programs, "kubectl");
    const answer = execFileSync(kubectl, ["--kubeconfig", plane.kubeconfig, "auth", "can-i", "create", "pods"], {
      encoding: "utf8",
    });
    expect(answer.trim()).toBe("yes");
  });

  it("rejects an unknown field", async () => {
    const misspelled = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "misspelled" }, dta: { key: "value" } };
    await expect(plane.api.apply(misspelled)).rejects.toThrow(/field not declared in schema/);
  });

  it("rejects a pod that may run as root where `restricted` is enforced", async () => {
    await plane.api.create("/api/v1/namespaces", {
      metadata: { name: "strict", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    const rooted = { metadata: { name: "rooted" }, spec: { containers: [{ name: "main", image: "example:1" }] } };
    const refusal = plane.api.create("/api/v1/namespaces/strict/pods", rooted);
    await expect(refusal).rejects.toBeInstanceOf(ApiError);
    await expect(refusal).rejects.toMatchObject({ status: 403, message: expect.stringContaining("runAsNonRoot") });
  });
});

describeWith(["cluster"], "stopping the control plane of the tests", () => {
  it("takes a few seconds and leaves no process or file behind", async () => {
    const plane = await startControlPlane();
    const running = () => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).includes(plane.folder);
    expect(running()).toBe(true);
    const started = performance.now();
    await plane.stop();
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(running()).toBe(false);
    expect(existsSync(plane.folder)).toBe(false);
  });
});
