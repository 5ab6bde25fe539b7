import { GiB, MiB } from "../sizes.js";
import { type CloudDescriptor, minutes, reservedCpu } from "./descriptor.js";

/** vCPUs, GiB of memory, GPUs: Linode API, `/v4/linode/types`; its list of types of 2025-09-26, read 2026-11-30. */
const TYPES: Readonly<Record<string, readonly [vcpu: number, memory: number, gpu?: number]>> = {
  "g6-standard-2": [2, 4],
  "g6-standard-4": [4, 8],
  "g6-standard-6": [6, 16],
  "g6-standard-8": [8, 32],
  "g6-standard-16": [16, 64],
  "g6-standard-20": [20, 96],
  "g6-standard-24": [24, 128],
  "g6-standard-32": [32, 192],
  "g6-dedicated-4": [4, 8],
  "g6-dedicated-8": [8, 16],
  "g6-dedicated-16": [16, 32],
  "g6-dedicated-32": [32, 64],
  "g1-gpu-rtx6000-1": [8, 32, 1],
  "g1-gpu-rtx6000-2": [16, 64, 2],
  "g1-gpu-rtx6000-3": [20, 96, 3],
  "g1-gpu-rtx6000-4": [24, 128, 4],
};

/** Linode (Akamai), with LKE. Each region is a single site: zones declared there fail together. */
export const linode: CloudDescriptor = {
  defaultRegion: { name: "fr-par", why: "no region is set: the default region of linode" },
  hasZones: false,
  zone: (region, letter) => `${region}-${letter}`,
  secretStore: { from: "linode-secret-manager", why: "the secret store of the cloud" },
  dns: "linode",
  loadBalancer: {
    product: "Linode NodeBalancer",
    check: { every: 5_000, timeout: 3_000, failures: 2 },
    source:
      "linode-cloud-controller-manager: docs/configuration/annotations.md, defaults of check-interval, check-timeout and check-attempts (read 2026-11-30)",
    zonalAddress: undefined,
    sla: () => ({ value: 0.999, source: "Linode non-compute SLA (NodeBalancer): 99.9 %" }),
  },
  machine(type) {
    const known = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
    if (!known) return undefined;
    const [vcpu, memory, gpu = 0] = known;
    return {
      cpu: vcpu * 1000 - reservedCpu(vcpu),
      memory: memory * GiB - reservedMemory(memory) * GiB - 100 * MiB,
      gpu,
      source: `Linode plan (${vcpu} vCPU, ${memory} GB) minus the reservation that GKE documents, because LKE documents none`,
    };
  },
  volumes: {
    scope: "zonal",
    source: "a Linode Block Storage volume is attached to any instance of its region, which is a single site",
    // linode/linode-blockstorage-csi-driver#107, read 2026-11-30: snapshots were asked for and are not implemented.
    snapshots: undefined,
  },
  // The clusters of object storage are numbered by region, and most regions have one.
  s3Endpoint: (region) => `https://${region}-1.linodeobjects.com`,
  nodeProvisioning: {
    value: minutes(7),
    source:
      "cluster-autoscaler decides within 30s (FAQ.md, objective up to 100 nodes); Akamai publishes no figure for a node to boot and join, 6 min 30 s assumed",
    read: "2026-11-30",
  },
  machineSla: {
    value: 0.9999,
    source: "Linode compute SLA: 99.99 % (version 1.1, effective 2021-02-01)",
    read: "2026-11-30",
  },
  siteSla: () => ({ value: 0.999, source: "Linode non-compute SLA (Kubernetes Engine, NodeBalancer): 99.9 %" }),
  managedSla: () => ({
    value: 0.999,
    source: "Linode non-compute SLA (Managed Databases, Object Storage): 99.9 %",
  }),
};

/** GiB reserved for the system and the kubelet: 25 % of the first 4, 20 % of the next 4, 10 % of the next 8, 6 % up to 128, 2 % beyond. */
function reservedMemory(memory: number): number {
  const steps = [
    [4, 0.25],
    [4, 0.2],
    [8, 0.1],
    [112, 0.06],
    [Number.POSITIVE_INFINITY, 0.02],
  ] as const;
  let rest = memory;
  let reserved = 0;
  for (const [size, share] of steps) {
    const taken = Math.min(rest, size);
    reserved += taken * share;
    rest -= taken;
  }
  return reserved;
}
