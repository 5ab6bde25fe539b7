import type { MeasuredModel, UsageEvent } from "../../contracts/usage.js";

/** The usage module as other modules see it: in-process if it runs in this process, else over HTTP. */
export interface Usage {
  /**
   * Resolves once every event is durable in PostgreSQL. Idempotent by `id`; a settled event replaces an estimated one.
   * @throws KeelsonError `usage/unavailable` if a remote module, or its database, is unreachable.
   */
  record(events: readonly UsageEvent[]): Promise<void>;
  /**
   * The load and the latency of each model in the last 24 hours, without the load of drills.
   * @throws KeelsonError `usage/unavailable` if a remote module is unreachable.
   */
  measuredModels(): Promise<readonly MeasuredModel[]>;
}
