import type { Store } from "../../plan/plan.js";
import { hasServer } from "../../plan/stores/index.js";

/** Whether the platform runs the store as containers. A bucket that is a folder on one machine has no server. */
export function runsAsContainers(store: Store): boolean {
  return store.provider.kind !== "managed" && hasServer(store);
}
