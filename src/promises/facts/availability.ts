import { CLOUDS } from "../../plan/clouds/index.js";
import type { Cited, Cloud, Store } from "../../plan/plan.js";
import { hasServers, STORES, storeTraits } from "../../plan/stores/index.js";
import { failsOver } from "../subjects.js";

/** The availability of one machine, from the cloud's SLA; undefined without an SLA. */
export function machineAvailability(cloud: Cloud): Cited | undefined {
  return CLOUDS[cloud].machineSla;
}

/** The availability of what a whole region shares: network and power. */
export function siteAvailability(cloud: Cloud, zones: number): Cited | undefined {
  return CLOUDS[cloud].siteSla(zones);
}

/** The availability of a managed store, from its provider's SLA. */
export function managedAvailability(store: Store, cloud: Cloud): Cited | undefined {
  const { minZones } = storeTraits(store);
  return CLOUDS[cloud].managedSla({
    role: STORES[store.kind].role,
    failsOverAcrossZones: minZones !== undefined && hasServers(store) && failsOver(store),
  });
}
