import { describe, expect, it } from "vitest";
import { bytesOf, growthOf, resizedTemplates, smallClaims } from "../../src/kubernetes/deploy/volume-growth.js";
import type { StatefulSet } from "../../src/render/kubernetes/manifest.js";

const template = (name: string, storage: string) => ({
  apiVersion: "v1" as const,
  kind: "PersistentVolumeClaim" as const,
  metadata: { name },
  spec: { resources: { requests: { storage } } },
});

function statefulSet(name: string, replicas: number, sizes: Readonly<Record<string, string>>): StatefulSet {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, namespace: "shop", labels: {} },
    spec: {
      replicas,
      serviceName: name,
      selector: {},
      template: {},
      volumeClaimTemplates: Object.entries(sizes).map(([claim, size]) => template(claim, size)),
    },
  };
}

const claim = (name: string, storage: string, status: object = {}) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace: "shop" },
  spec: { resources: { requests: { storage } } },
  status,
});

it.each([
  ["1Gi", 2 ** 30],
  ["1500M", 1.5e9],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["1e9", 1e9],
  ["12E", 12e18],
  ["1000m", 1],
  ["", Number.NaN],
  ["1Xi", Number.NaN],
])("reads the quantity %j", (text, bytes) => {
  expect(bytesOf(text)).toBe(bytes);
});

describe("the claims of a StatefulSet that are smaller than declared", () => {
  const database = statefulSet("db", 2, { data: "2Gi", backups: "20Gi" });

  it("are found by template, name and ordinal, in any unit", () => {
    const claims = [
      claim("data-db-0", "1Gi"),
      claim("data-db-1", "2048Mi"),
      claim("data-db-2", "1G"),
      claim("backups-db-0", "10Gi"),
      claim("data-db-primary", "1Gi"),
      claim("data-db-0-0", "1Gi"),
      claim("other-db-0", "1Gi"),
      claim("data-analytics-db-0", "1Gi"),
    ];
    expect(
      smallClaims(database, claims).map(({ claim: { metadata }, isMounted }) => [metadata.name, isMounted]),
    ).toEqual([
      ["data-db-0", true],
      ["data-db-2", false],
      ["backups-db-0", true],
    ]);
  });

  it("are compared by size, not by text", () => {
    const live = { ...claim("db", ""), spec: statefulSet("db", 2, { data: "2048Mi", backups: "30Gi" }).spec };
    expect(resizedTemplates(database, live)).toEqual({ larger: [], smaller: ["backups"] });
  });
});

describe("the growth of a claim", () => {
  const growing = (status: object) => growthOf(claim("data-db-0", "2Gi", status), "2Gi");
  const condition = (type: string, message: string) => ({
    capacity: { storage: "1Gi" },
    conditions: [{ type, status: "True", message }],
  });

  it("is done when the capacity has the size, in any unit", () => {
    expect(growing({ capacity: { storage: "2048Mi" } }).state).toBe("done");
    expect(growing({ capacity: { storage: "3Gi" } }).state).toBe("done");
  });

  it("waits for the driver and for the file system, and reports an error of the driver", () => {
    expect(growing({ capacity: { storage: "1Gi" } })).toMatchObject({
      state: "waiting",
      why: expect.stringMatching(/^1Gi of 2Gi: /),
    });
    expect(growing(condition("FileSystemResizePending", "")).why).toContain("restart of the pod");
    expect(growing(condition("ControllerResizeError", "quota of the disks is exceeded"))).toEqual({
      state: "waiting",
      why: "1Gi of 2Gi: quota of the disks is exceeded",
    });
  });

  it("fails when the driver reports that the size is infeasible", () => {
    const status = condition("ControllerResizeError", "the disk type ends at 1 GiB");
    expect(growing({ ...status, allocatedResourceStatuses: { storage: "ControllerResizeInfeasible" } })).toEqual({
      state: "failed",
      why: "1Gi of 2Gi: the volume driver cannot expand it: the disk type ends at 1 GiB",
    });
  });
});
