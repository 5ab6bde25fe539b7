import type { Bytes, Milliseconds, Resources } from "../../plan/plan.js";
import type { ComposeResources } from "./service.js";

/** A size in the format of Compose, with binary units: `512m`, `2g`. */
export function composeBytes(bytes: Bytes): string {
  let count = Math.round(bytes);
  let suffix = "b";
  for (const larger of ["k", "m", "g"]) {
    if (count === 0 || count % 1024 !== 0) break;
    count /= 1024;
    suffix = larger;
  }
  return `${count}${suffix}`;
}

export function composeDuration(milliseconds: Milliseconds): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}

/** Limits as in the Plan. Memory requests become reservations; a single host cannot reserve CPU, so CPU requests are omitted. */
export function composeResources(resources: Resources): { readonly resources?: ComposeResources } {
  const { cpu, memory } = resources;
  const limits = {
    ...(cpu.limit !== undefined && { cpus: String(cpu.limit / 1000) }),
    ...(memory.limit !== undefined && { memory: composeBytes(memory.limit) }),
  };
  const reservations = { ...(memory.request !== undefined && { memory: composeBytes(memory.request) }) };
  const declared = {
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(Object.keys(reservations).length > 0 && { reservations }),
  };
  return Object.keys(declared).length > 0 ? { resources: declared } : {};
}
