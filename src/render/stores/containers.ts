import type { Store } from "../../plan/plan.js";
import { hasServer } from "../../plan/stores/index.js";

/** Whether a store runs as containers of the platform's own. A bucket that is a folder of one machine has no server. */
export function runsAsContainers(store: Store): boolean {
  return store.provider.kind !== "managed" && hasServer(store);
}
