import type { ModelStatus } from "../../contracts/models.js";

/** The gateway as other modules see it: in-process if it runs in this process, else over HTTP. */
export interface Gateway {
  /** @throws KeelsonError `gateway/unavailable` if a remote gateway is unreachable. */
  models(): Promise<readonly ModelStatus[]>;
}
