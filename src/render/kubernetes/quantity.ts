import type { Bytes, Millicores, Milliseconds, Resources } from "../../plan/plan.js";

const BINARY_SUFFIXES = ["Ki", "Mi", "Gi", "Ti", "Pi"] as const;

/** CPU in the canonical form of the API server: `500m`, `2`. */
function cpuQuantity(millicores: Millicores): string {
  return millicores % 1000 === 0 ? String(millicores / 1000) : `${Math.round(millicores)}m`;
}

/** Bytes in the canonical form of the API server: with the largest binary suffix that leaves a whole number. */
export function bytesQuantity(bytes: Bytes): string {
  let count = Math.round(bytes);
  let suffix = "";
  for (const power of BINARY_SUFFIXES) {
    if (count === 0 || count % 1024 !== 0) break;
    count /= 1024;
    suffix = power;
  }
  return `${count}${suffix}`;
}

/** Whole seconds, rounded up. */
export function seconds(milliseconds: Milliseconds): number {
  return Math.ceil(milliseconds / 1000);
}

export interface ResourceQuantities {
  readonly requests?: Record<string, string>;
  readonly limits?: Record<string, string>;
}

/**
 * Requests and limits of a container. A declared `disk` is the request of ephemeral storage, and its limit unless the volumes
 * of the container may hold more; without one, `ephemeral` applies.
 */
export function resourceQuantities(
  resources: Resources,
  ephemeral?: { readonly request: Bytes; readonly limit: Bytes },
): ResourceQuantities {
  const { cpu, memory, gpu, disk } = resources;
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  if (cpu.request !== undefined) requests["cpu"] = cpuQuantity(cpu.request);
  if (cpu.limit !== undefined) limits["cpu"] = cpuQuantity(cpu.limit);
  if (memory.request !== undefined) requests["memory"] = bytesQuantity(memory.request);
  if (memory.limit !== undefined) limits["memory"] = bytesQuantity(memory.limit);
  const storage = disk ?? ephemeral?.request;
  if (storage !== undefined) {
    requests["ephemeral-storage"] = bytesQuantity(storage);
    limits["ephemeral-storage"] = bytesQuantity(Math.max(storage, ephemeral?.limit ?? 0));
  }
  if (gpu.count > 0) limits["nvidia.com/gpu"] = String(gpu.count);
  return {
    ...(Object.keys(requests).length > 0 && { requests }),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
}
