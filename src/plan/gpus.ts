import { GiB, MiB } from "./sizes.js";

/**
 * Memory of one GPU in bytes, by the kind that a platform file names: as the driver reports it (Karpenter, instance types of AWS),
 * else from the data sheets of NVIDIA.
 */
const MEMORY: Readonly<Record<string, number>> = {
  t4: 16 * GiB,
  l4: 22_888 * MiB,
  a10: 24 * GiB,
  a10g: 22_888 * MiB,
  l40s: 45_776 * MiB,
  v100: 16 * GiB,
  rtx4060: 8 * GiB,
  rtx4070: 12 * GiB,
  rtx4090: 24 * GiB,
  rtx6000: 24 * GiB,
  a10040: 40 * GiB,
  a100: 80 * GiB,
  h100: 80 * GiB,
  h200: 141 * GiB,
};

/** GPUs of machine types: AWS EC2 instance types and Linode plans. */
const OF_MACHINE: ReadonlyMap<string, string> = new Map([
  ["g4dn", "t4"],
  ["g5", "a10g"],
  ["g6", "l4"],
  ["p3", "v100"],
  ["p4d", "a100-40"],
  ["p4de", "a100"],
  ["p5", "h100"],
  ["g1-gpu-rtx6000-1", "rtx6000"],
  ["g1-gpu-rtx6000-2", "rtx6000"],
  ["g1-gpu-rtx6000-3", "rtx6000"],
  ["g1-gpu-rtx6000-4", "rtx6000"],
]);

/** Bytes of memory of one GPU of a kind; undefined for an unknown kind. */
export function gpuMemory(kind: string): number | undefined {
  const key = keyOf(kind);
  return Object.hasOwn(MEMORY, key) ? MEMORY[key] : undefined;
}

/** The kind of GPU of a machine type; undefined if it is not known. */
export function gpuOfMachine(type: string): string | undefined {
  return OF_MACHINE.get(type) ?? OF_MACHINE.get(type.split(".")[0] ?? type);
}

/** Whether two names mean one GPU; a name without the memory (`a100`) means every size of it. */
export function isSameGpu(one: string, other: string): boolean {
  const [a, b] = [keyOf(one), keyOf(other)];
  return a === b || sizedName(one).startsWith(`${b}-`) || sizedName(other).startsWith(`${a}-`);
}

/** `NVIDIA-A10G` → `a10g`. */
function keyOf(kind: string): string {
  return sizedName(kind).replaceAll("-", "");
}

/** `NVIDIA A100 40` → `a100-40`. */
function sizedName(kind: string): string {
  return kind
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^((nvidia|tesla|geforce)-?)+/, "");
}
