import type { Bytes, Millicores } from "./plan.js";

/** A machine type of a cloud: what it has, and what of it pods can use. */
export interface InstanceType {
  readonly cpu: Millicores;
  readonly memory: Bytes;
  readonly gpu: number;
  readonly source: string;
}

const GiB = 2 ** 30;
const MiB = 2 ** 20;

/** vCPUs, GiB of memory, most pods (EKS: by network interfaces). */
const AWS: Readonly<Record<string, readonly [vcpu: number, memory: number, pods: number, gpu?: number]>> = {
  "t3.medium": [2, 4, 17],
  "t3.large": [2, 8, 35],
  "t3.xlarge": [4, 16, 58],
  "t3.2xlarge": [8, 32, 58],
  "m5.large": [2, 8, 29],
  "m5.xlarge": [4, 16, 58],
  "m5.2xlarge": [8, 32, 58],
  "m5.4xlarge": [16, 64, 234],
  "c5.xlarge": [4, 8, 58],
  "c5.2xlarge": [8, 16, 58],
  "c5.4xlarge": [16, 32, 234],
  "r5.large": [2, 16, 29],
  "r5.xlarge": [4, 32, 58],
  "r5.2xlarge": [8, 64, 58],
  "r5.4xlarge": [16, 128, 234],
  "g4dn.xlarge": [4, 16, 29, 1],
  "g4dn.2xlarge": [8, 32, 29, 1],
  "g5.xlarge": [4, 16, 58, 1],
  "g5.2xlarge": [8, 32, 58, 1],
  "g5.12xlarge": [48, 192, 737, 4],
  "p3.2xlarge": [8, 61, 58, 1],
};

/** vCPUs, GiB of memory. */
const LINODE: Readonly<Record<string, readonly [vcpu: number, memory: number, gpu?: number]>> = {
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

/** What pods can use of a known machine type; undefined for a type that is not known. */
export function instanceType(type: string): InstanceType | undefined {
  const aws = Object.hasOwn(AWS, type) ? AWS[type] : undefined;
  if (aws) {
    const [vcpu, memory, pods, gpu = 0] = aws;
    return {
      cpu: vcpu * 1000 - reservedCpu(vcpu),
      // EKS's bootstrap reserves 255 MiB and 11 MiB a pod; the kubelet keeps 100 MiB free before it evicts.
      memory: memory * GiB - (255 + 11 * pods + 100) * MiB,
      gpu,
      source: `EC2 instance type (${vcpu} vCPU, ${memory} GiB) less what EKS's node bootstrap reserves`,
    };
  }
  const linode = Object.hasOwn(LINODE, type) ? LINODE[type] : undefined;
  if (!linode) return undefined;
  const [vcpu, memory, gpu = 0] = linode;
  return {
    cpu: vcpu * 1000 - reservedCpu(vcpu),
    memory: memory * GiB - reservedMemory(memory) * GiB - 100 * MiB,
    gpu,
    source: `Linode plan (${vcpu} vCPU, ${memory} GB) less the reservation GKE publishes, LKE publishing none`,
  };
}

/** Millicores kept for the node itself: 6 % of the first core, 1 % of the second, 0.5 % of two more, 0.25 % beyond. */
function reservedCpu(vcpu: number): Millicores {
  let reserved = 0;
  for (let core = 1; core <= vcpu; core++) reserved += core === 1 ? 60 : core === 2 ? 10 : core <= 4 ? 5 : 2.5;
  return Math.ceil(reserved);
}

/** GiB kept for the node itself: 25 % of the first 4, 20 % of the next 4, 10 % of the next 8, 6 % up to 128, 2 % beyond. */
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
