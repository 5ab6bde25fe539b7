import { CLOUDS } from "../../plan/clouds/index.js";
import type { Cited, Cloud } from "../../plan/plan.js";

/** From an unschedulable pod to a new node that is Ready; undefined without a cluster autoscaler. */
export function nodeProvisioning(cloud: Cloud): Cited | undefined {
  return CLOUDS[cloud].nodeProvisioning;
}

/** Whether a region has zones that fail independently. */
export function hasZones(cloud: Cloud): boolean {
  return CLOUDS[cloud].hasZones;
}
