import type { Cloud } from "../plan.js";
import { aws } from "./aws.js";
import type { CloudDescriptor, MachineType } from "./descriptor.js";
import { linode } from "./linode.js";
import { none } from "./none.js";

export type { CloudDescriptor, MachineType } from "./descriptor.js";

/** Every cloud. A new cloud is one line here, and the compiler names what else it needs. */
export const CLOUDS: Readonly<Record<Cloud, CloudDescriptor>> = { none, aws, linode };

/** The machine type of any cloud with this name; names do not overlap. */
export function machineType(type: string): MachineType | undefined {
  for (const cloud of Object.values(CLOUDS)) {
    const found = cloud.machine(type);
    if (found) return found;
  }
  return undefined;
}
