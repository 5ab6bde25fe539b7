import { describe, expect, it } from "vitest";
import { declarations } from "../../src/render/declarations/index.js";
import { manifests, renderObjects } from "../../src/render/kubernetes/index.js";
import { targets } from "../../src/render/targets.js";
import { planOf } from "../support/check/findings.js";

const PLATFORM = `
platform: shop
cloud: aws
regions: eu-west-1
services:
  chroma:
    image: registry.example.com/chroma:1.0.0
    port: 8000
    beside: memory
    volumes:
      data: { size: 50Gi, persistent: true, backups: { files: daily keep 90d, to: [offsite, near] } }
      more: { size: 1Gi, persistent: true, backups: { files: daily keep 90d, to: [offsite, near] } }
      index: { size: 5Gi, persistent: true, backups: { snapshot: 6h keep 7d } }
      scratch: 1Gi
  memory:
    image: registry.example.com/memory:1.0.0
    port: 9000
    volumes: { state: { size: 5Gi, persistent: true, backups: { files: at 03:30 keep 7d, to: offsite } } }
stores:
  offsite: { bucket: true }
  near: { bucket: true, provide: in-cluster }
  unused: { bucket: true, provide: in-cluster }
`;

const plan = planOf(PLATFORM);
const objects = manifests(plan).map(({ object }) => object);

describe("the objects of Velero", () => {
  it("are a schedule for each unit, kind, times and bucket, in the namespace of Velero", () => {
    const schedules = objects.flatMap((object) => (object.kind === "Schedule" ? [object] : []));
    expect(
      schedules.map(({ metadata, spec }) => [
        metadata.namespace,
        spec.schedule,
        spec.template.storageLocation,
        spec.template.snapshotVolumes,
        spec.template.ttl,
      ]),
    ).toEqual([
      ["velero", "0 2 * * *", "shop-offsite", false, "2160h0m0s"],
      ["velero", "0 2 * * *", "shop-near", false, "2160h0m0s"],
      ["velero", "0 */6 * * *", undefined, true, "168h0m0s"],
      ["velero", "30 3 * * *", "shop-offsite", false, "168h0m0s"],
    ]);
    for (const { spec } of schedules) {
      expect(spec.template.includedNamespaces).toEqual([plan.namespace]);
      expect(spec.template.labelSelector?.matchLabels).toMatchObject({ "app.kubernetes.io/name": "chroma" });
    }
    expect(new Set(schedules.map(({ metadata }) => metadata.name)).size).toBe(schedules.length);
  });

  it("name the volumes whose files are copied as the pod does, those of sidecars too", () => {
    const workload = objects.find(({ kind, metadata }) => kind === "StatefulSet" && metadata.name === "chroma");
    if (workload?.kind !== "StatefulSet") throw new Error("no StatefulSet");
    expect(workload.spec?.template.metadata?.annotations).toMatchObject({
      "backup.velero.io/backup-volumes": "data,more,memory-state",
    });
    const claims = workload.spec?.volumeClaimTemplates?.map(({ metadata }) => metadata?.name);
    expect(claims).toEqual(expect.arrayContaining(["data", "more", "memory-state"]));
  });

  it("are the address of each bucket that is written to, with credentials where it is not Amazon S3", () => {
    const locations = objects.flatMap((object) => (object.kind === "BackupStorageLocation" ? [object] : []));
    expect(locations.map(({ metadata, spec }) => [metadata.name, spec.config, spec.credential])).toEqual([
      ["shop-offsite", { region: "eu-west-1" }, undefined],
      [
        "shop-near",
        {
          region: "us-east-1",
          s3Url: "http://near.shop.svc:9000",
          s3ForcePathStyle: "true",
          checksumAlgorithm: "",
        },
        { name: "shop-near", key: "cloud" },
      ],
    ]);
  });

  it("can reach a bucket in the cluster, and no other store", () => {
    const open = objects.flatMap((object) =>
      object.kind === "NetworkPolicy" && JSON.stringify(object.spec).includes('"kubernetes.io/metadata.name":"velero"')
        ? [object.metadata.name]
        : [],
    );
    expect(open).toEqual(["near"]);
  });

  it("are noted with what their installation needs", () => {
    const notes = renderObjects(plan).notes.map(({ message }) => message);
    expect(notes).toContainEqual(expect.stringContaining("Velero in the namespace velero"));
    expect(notes).toContainEqual(expect.stringContaining("the secret shop-near in the namespace velero"));
  });

  it("are absent without declared backups, and where no component takes them", () => {
    const without = planOf(PLATFORM.replaceAll(/, to: [^}]*/g, "").replaceAll(/snapshot: 6h keep 7d/g, ""));
    expect(manifests(without).filter(({ object }) => object.apiVersion === "velero.io/v1")).toEqual([]);
    expect(renderObjects(without).notes.map(({ message }) => message)).toContain(
      "backups of chroma/data are never taken: Velero copies files to a bucket, and `to` names none",
    );
  });
});

describe("backups of a bucket in the cluster", () => {
  const rendered = (backups: string) =>
    renderObjects(
      planOf(`
platform: shop
cloud: aws
stores:
  files: { bucket: true, provide: in-cluster, backups: ${backups} }
  offsite: { bucket: true }
`),
    );

  it("are a schedule of its pod, whose files are copied", () => {
    const { manifests: all, notes } = rendered("{ full: daily keep 30d, to: offsite }");
    const [schedule] = all.flatMap(({ object }) => (object.kind === "Schedule" ? [object.spec] : []));
    expect(schedule?.template).toMatchObject({
      storageLocation: "shop-offsite",
      labelSelector: { matchLabels: { "app.kubernetes.io/name": "files" } },
    });
    const server = all.flatMap(({ object }) => (object.kind === "StatefulSet" ? [object.spec] : []))[0];
    expect(server?.template.metadata?.annotations).toEqual({ "backup.velero.io/backup-volumes": "data" });
    expect(server?.volumeClaimTemplates?.map(({ metadata }) => metadata?.name)).toEqual(["data"]);
    expect(notes.map(({ message }) => message).join("\n")).not.toMatch(/not taken|never taken|not encrypted/);
  });

  it("are noted where they are never taken", () => {
    expect(rendered("{ full: daily keep 30d }").notes.map(({ message }) => message)).toContain(
      "backups of files are never taken: Velero copies files to a bucket, and `to` names none",
    );
  });
});

describe("backups of the objects of the cluster", () => {
  const schedules = (backups: string, provide = "managed") => {
    const of = planOf(`
platform: shop
cloud: aws
provide: ${provide}
cluster: { backups: { objects: ${backups} } }
stores: { here: { bucket: true, provide: in-cluster }, away: { bucket: true, provide: managed } }
`);
    const { manifests: all, notes } = renderObjects(of);
    return {
      schedules: all.flatMap(({ object }) => (object.kind === "Schedule" ? [object.spec] : [])),
      notes: notes.map(({ message }) => message),
    };
  };

  it("are a schedule of the namespace for each bucket, without volumes", () => {
    const { schedules: found } = schedules("at 01:00 keep 30d, to: [here, away]");
    expect(found.map(({ schedule, template }) => [schedule, template.storageLocation, template.ttl])).toEqual([
      ["0 1 * * *", "shop-here", "720h0m0s"],
      ["0 1 * * *", "shop-away", "720h0m0s"],
    ]);
    for (const { template } of found)
      expect(template).toMatchObject({ snapshotVolumes: false, defaultVolumesToFsBackup: false });
  });

  it("are noted where they are never taken", () => {
    expect(schedules("on change keep 30d").notes).toContain(
      "backups of cluster objects are never taken: Velero takes backups at intervals, not on change",
    );
    expect(schedules("daily", "embedded").schedules).toEqual([]);
  });
});

describe("names of schedules", () => {
  it("fit into the label of a backup with its time, and differ for long names", () => {
    const long = "a".repeat(44);
    const names = manifests(
      planOf(`
platform: ${"p".repeat(30)}
cloud: aws
services:
  ${long}b: { image: "x:1", port: 80, volumes: { d: { size: 1Gi, persistent: true, backups: { files: daily, to: b } } } }
  ${long}c: { image: "x:1", port: 80, volumes: { d: { size: 1Gi, persistent: true, backups: { files: daily, to: b } } } }
stores: { b: { bucket: true } }
`),
    ).flatMap(({ object }) => (object.kind === "Schedule" ? [object.metadata.name] : []));
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(`${name}-20261130020000`.length).toBeLessThanOrEqual(63);
  });
});

describe("targets without Velero", () => {
  it("note each volume whose backups they do not take", () => {
    expect(declarations(plan).filter(({ kind }) => kind === "volume-backups")).toHaveLength(4);
    const { notes } = targets.compose.render(plan);
    expect(notes.map(({ message }) => message)).toContain("backups of memory/state are not taken by this target");
  });
});
